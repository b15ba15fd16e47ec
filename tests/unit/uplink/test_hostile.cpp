// Strangers and stations gone bad: refused, counted, nothing stored, nobody else harmed.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <zmq.hpp>

#include "base/limits.h"
#include "tests/unit/uplink/center.h"
#include "tests/unit/uplink/relay.h"
#include "tests/unit/uplink/station.h"
#include "uplink/envelope.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::Center;
using test::sample_event;
using test::Station;
using test::wait_until;

/// A peer that sends whatever it is told.
class RawPeer {
 public:
  explicit RawPeer(const std::string& endpoint) { connect(endpoint); }
  RawPeer(const std::string& endpoint, const CurveKeyPair& keys, const std::string& server_key) {
    socket_.set(zmq::sockopt::curve_publickey, keys.public_key);
    socket_.set(zmq::sockopt::curve_secretkey, keys.secret_key);
    socket_.set(zmq::sockopt::curve_serverkey, server_key);
    connect(endpoint);
  }

  void send(const Bytes& bytes, bool more = false) {
    socket_.send(zmq::const_buffer(bytes.data(), bytes.size()),
                 more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  /// The answer; none when there is none within 10 s.
  std::optional<Message> receive() {
    zmq::message_t message;
    if (!socket_.recv(message)) return std::nullopt;
    const auto parsed = parse_message({message.data<std::uint8_t>(), message.size()});
    if (!parsed) return std::nullopt;
    return *parsed;
  }
  bool refused(const Bytes& bytes, RefusalMessage::Reason reason) {
    send(bytes);
    return receive() == Message(RefusalMessage{reason});
  }

 private:
  void connect(const std::string& endpoint) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10'000);
    socket_.connect(endpoint);
  }
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

BatchMessage batch_of(const std::string& station, std::uint64_t epoch, std::uint64_t first,
                      std::uint64_t count) {
  BatchMessage batch{station, epoch, first, {}};
  for (std::uint64_t sequence = first; sequence < first + count; ++sequence) {
    auto event = sample_event(sequence);
    event.id = {station, epoch, sequence};
    batch.events.push_back(*serialize_event(event));
  }
  return batch;
}

/// An honest station beside the hostile one still gets everything through.
void others_are_served(Center& center, Station& honest) {
  const std::uint64_t next = honest.log->committed() + 1;
  honest.append(next, next + 20);
  auto sender = Sender::start(honest.sender_options(center.endpoint(), center.keys().public_key),
                              *honest.log);
  REQUIRE(sender);
  CHECK(sender->drain(20s));
}

TEST_CASE("a stranger without CURVE gets nowhere and is counted") {
  Station honest;
  Center center({{honest.keys.public_key, "leeds-7"}});
  RawPeer stranger(center.endpoint());
  stranger.send(*serialize_message(batch_of("leeds-7", 1, 1, 3)));
  CHECK(wait_until([&] { return center.counters().refused_handshakes > 0; }));
  CHECK(center.stored() == 0);
  others_are_served(center, honest);
}

TEST_CASE("bytes that are no ZMTP harm nobody") {
  Station honest;
  Center center({{honest.keys.public_key, "leeds-7"}});
  std::mt19937_64 random(9);
  std::vector<UniqueFd> open;
  for (int i = 0; i < 40; ++i) {
    UniqueFd fd = test::connect_to(test::port_of(center.endpoint()));
    REQUIRE(fd);
    Bytes bytes(random() % 2000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (i % 4 == 0) bytes.assign({'G', 'E', 'T', ' ', '/', '\r', '\n', '\r', '\n'});
    (void)::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (i % 2 == 0) open.push_back(std::move(fd));  // some stay, silent
  }
  others_are_served(center, honest);
  CHECK(center.stored() == 21);
}

TEST_CASE("garbage from a known station is refused, counted and not stored") {
  Station honest;
  Station rogue("york-1");
  Center center({{honest.keys.public_key, "leeds-7"}, {rogue.keys.public_key, "york-1"}});
  RawPeer peer(center.endpoint(), rogue.keys, center.keys().public_key);
  using Reason = RefusalMessage::Reason;
  std::mt19937_64 random(4);
  for (int i = 0; i < 50; ++i) {
    Bytes bytes(random() % 3000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    REQUIRE(peer.refused(bytes, Reason::malformed));
  }
  CHECK(peer.refused(*serialize_message(AckMessage{1, 1}), Reason::malformed));
  auto batch = batch_of("york-1", 5, 1, 3);
  std::swap(batch.events[0], batch.events[1]);
  CHECK(peer.refused(*serialize_message(batch), Reason::malformed));
  batch = batch_of("york-1", 5, 1, 3);
  batch.epoch = 6;
  CHECK(peer.refused(*serialize_message(batch), Reason::malformed));
  batch = batch_of("leeds-7", 5, 1, 3);
  batch.station = "york-1";  // the envelope is its own, the events are another's
  CHECK(peer.refused(*serialize_message(batch), Reason::malformed));
  const Bytes good = *serialize_message(batch_of("york-1", 5, 1, 3));
  peer.send(good, true);  // two parts
  peer.send(good);
  CHECK(peer.receive() == Message(RefusalMessage{Reason::malformed}));
  CHECK(center.counters().malformed == 55);
  CHECK(peer.refused(*serialize_message(batch_of("leeds-7", 5, 1, 3)), Reason::impostor));
  CHECK(center.counters().impostors == 1);
  CHECK(center.stored() == 0);
  others_are_served(center, honest);
}

TEST_CASE("oversized messages are refused, and far too large ones end the connection") {
  Station honest;
  Station rogue("york-1");
  Center center({{honest.keys.public_key, "leeds-7"}, {rogue.keys.public_key, "york-1"}});
  RawPeer peer(center.endpoint(), rogue.keys, center.keys().public_key);
  CHECK(peer.refused(Bytes(limits::kUplinkMessageBytes + 1), RefusalMessage::Reason::oversized));
  CHECK(center.counters().oversized == 1);
  peer.send(Bytes(3 * limits::kUplinkMessageBytes));
  others_are_served(center, honest);
  CHECK(center.counters().oversized == 1);
  CHECK(center.stored() == 21);
}

TEST_CASE("batches sent again are acknowledged and stored once") {
  Station station("york-1");
  Center center({{station.keys.public_key, "york-1"}});
  RawPeer peer(center.endpoint(), station.keys, center.keys().public_key);
  for (int round = 0; round < 3; ++round) {
    peer.send(*serialize_message(batch_of("york-1", 5, 1, 10)));
    CHECK(peer.receive() == Message(AckMessage{5, 10}));
  }
  peer.send(*serialize_message(batch_of("york-1", 5, 6, 10)));
  CHECK(peer.receive() == Message(AckMessage{5, 15}));
  peer.send(*serialize_message(batch_of("york-1", 5, 1, 3)));
  CHECK(peer.receive() == Message(AckMessage{5, 15}));
  CHECK(center.stored() == 15);
  CHECK(center.counters().gaps == 0);
  peer.send(*serialize_message(batch_of("york-1", 5, 18, 3)));  // 16 and 17 are missing
  CHECK(peer.receive() == Message(AckMessage{5, 15}));
  CHECK(center.counters().gaps == 1);
  CHECK(center.stored() == 15);
  CHECK(center.contradictions() == 0);
}

TEST_CASE("a station that asks for the whole bundle without end is sent it a few times only") {
  Station greedy;
  Center center({{greedy.keys.public_key, "leeds-7"}});
  center.stop();
  const auto bundle = std::make_shared<const Bytes>(Bytes(limits::kKeyBundleBytes, 7));
  std::atomic<unsigned> asked = 0;
  center.publish_by({[&](const std::string&, const KeysHeldMessage&) {
                       ++asked;
                       return std::optional(KeysToSend{9, bundle});
                     },
                     [] { return Bytes(); }});
  center.start("tcp://127.0.0.1:0");
  RawPeer peer(center.endpoint(), greedy.keys, center.keys().public_key);
  for (std::uint64_t i = 0; i < 50; ++i) {
    peer.send(serialize_message(KeysHeldMessage{{}, i}).value());
  }
  REQUIRE(wait_until([&] { return asked == 50; }));
  CHECK(center.counters().keys_sent <= 4);
}

}  // namespace
}  // namespace backstamp::uplink
