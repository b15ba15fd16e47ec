// Strangers at the door of a real data center, and a known station gone bad: counted, nothing of
// theirs stored, and an honest station beside them brings every event.
#include <signal.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>
#include <zmq.hpp>

#include "base/limits.h"
#include "tests/support/post_office.h"
#include "tests/unit/uplink/events.h"
#include "tests/unit/uplink/relay.h"
#include "uplink/curve_keys.h"
#include "uplink/envelope.h"
#include "uplink/wire.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
using uplink::AckMessage;
using uplink::CurveKeyPair;
using uplink::Message;
using uplink::RefusalMessage;

constexpr const char* kHonest = "LANE-1";
constexpr const char* kRogue = "LANE-2";
constexpr unsigned kPieces = 60;
constexpr std::uint64_t kRogueEpoch = 7;

/// A peer that sends whatever it is told; without keys it speaks plainly.
class Peer {
 public:
  Peer(const std::string& endpoint, const std::string& server_key,
       const std::optional<CurveKeyPair>& keys) {
    if (keys) {
      socket_.set(zmq::sockopt::curve_publickey, keys->public_key);
      socket_.set(zmq::sockopt::curve_secretkey, keys->secret_key);
      socket_.set(zmq::sockopt::curve_serverkey, server_key);
    }
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 20'000);
    socket_.connect(endpoint);
  }
  void send(const Bytes& bytes) { socket_.send(zmq::const_buffer(bytes.data(), bytes.size())); }
  /// What the data center answers.
  std::optional<Message> ask(const Bytes& bytes) {
    send(bytes);
    zmq::message_t answer;
    if (!socket_.recv(answer)) return std::nullopt;
    const auto parsed = uplink::parse_message({answer.data<std::uint8_t>(), answer.size()});
    return parsed ? std::optional(*parsed) : std::nullopt;
  }

 private:
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
};

/// Three events of a station; another `variant` has other contents under the same identities.
Bytes batch_of(const std::string& station, std::uint64_t variant) {
  uplink::BatchMessage batch{station, kRogueEpoch, 1, {}};
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    auto event = uplink::test::sample_event(sequence + 10 * variant);
    event.id = {station, kRogueEpoch, sequence};
    event.sample = "variant-" + std::to_string(variant);
    const auto bytes = uplink::serialize_event(event);
    REQUIRE(bytes);
    batch.events.push_back(*bytes);
  }
  const auto message = uplink::serialize_message(batch);
  REQUIRE(message);
  return *message;
}

/// Connections that do not speak the protocol, or only its first words. Some stay open.
std::vector<UniqueFd> knock(const std::string& endpoint) {
  std::mt19937_64 random(5);
  std::vector<UniqueFd> open;
  for (int i = 0; i < 30; ++i) {
    UniqueFd fd = uplink::test::connect_to(uplink::test::port_of(endpoint));
    REQUIRE(fd);
    Bytes bytes(random() % 4000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (i % 3 == 0) {  // a ZMTP 3.1 greeting with mechanism NULL, then a frame of 2^40 bytes
      const Bytes frame = {0x02, 0, 0, 1, 0, 0, 0, 0, 0};
      bytes.assign(64, 0);
      bytes[0] = 0xFF;
      bytes[9] = 0x7F;
      bytes[10] = 3;
      bytes[11] = 1;
      std::copy_n("NULL", 4, bytes.begin() + 12);
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    (void)::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (i % 2 == 0) open.push_back(std::move(fd));
  }
  return open;
}

void misbehave(Peer& rogue) {
  using Reason = RefusalMessage::Reason;
  CHECK(rogue.ask(Bytes(777, 0x5A)) == Message(RefusalMessage{Reason::malformed}));
  CHECK(rogue.ask(Bytes(limits::kUplinkMessageBytes + 1)) ==
        Message(RefusalMessage{Reason::oversized}));
  CHECK(rogue.ask(batch_of(kHonest, 1)) == Message(RefusalMessage{Reason::impostor}));
  for (int round = 0; round < 3; ++round) {  // its own, again and again: taken once
    CHECK(rogue.ask(batch_of(kRogue, 1)) == Message(AckMessage{kRogueEpoch, 3}));
  }
  CHECK(rogue.ask(batch_of(kRogue, 2)).has_value());  // other contents under the same identities
}

void check_stored(const PostOffice& office) {
  std::set<std::uint64_t> sequences;
  unsigned rogue = 0;
  for (const Json& event : office.report("--events")) {
    INFO(event.dump());
    if (event.at("station") == kRogue) {
      CHECK(event.at("sample") == "variant-1");
      ++rogue;
      continue;
    }
    CHECK(event.at("station") == kHonest);
    CHECK(event.at("epoch") != kRogueEpoch);
    CHECK(event.at("verdict") == "genuine");
    CHECK(sequences.insert(event.at("sequence").get<std::uint64_t>()).second);
  }
  CHECK(rogue == 3);
  CHECK(sequences.size() == kPieces);
  for (const Json& piece : office.report("--pieces")) {
    if (piece.at("registered") == true) CHECK(piece.at("state") == "read");
  }
}

TEST_CASE("strangers and a rogue are refused and counted while an honest station is served") {
  const TemporaryFolder folder;
  PostOffice office(folder, "1h");
  office.add_station(kHonest);
  office.add_station(kRogue);
  office.add_meter(101);
  office.publish_keys({101});
  std::vector<Face> faces;
  for (const Minted& piece : office.mint(101, kPieces)) {
    faces.push_back({piece.token_hex, piece.code, false});
  }
  draw_faces(office.path("faces"), faces);
  ChildProcess datacenter = office.start_datacenter();
  REQUIRE(wait_until([&] { return office.datacenter_ready(); }, 60s));
  REQUIRE(office.register_pieces(101));

  const std::string endpoint = office.uplink_endpoint();
  const auto server_key = uplink::load_curve_public_key(office.server_public_key());
  const auto rogue_keys = uplink::load_curve_keys(office.path(std::string(kRogue) + ".secret"));
  const auto unknown_keys = uplink::generate_curve_keys();
  REQUIRE((server_key && rogue_keys && unknown_keys));

  ChildProcess station =
      start("backstamp-station", {"--config", office.station_config(kHonest, 144'000), "--json"},
            office.path("station.out"), office.path("station.err"));
  const auto silent = knock(endpoint);
  Peer plain(endpoint, *server_key, {});
  Peer unknown(endpoint, *server_key, *unknown_keys);
  Peer rogue(endpoint, *server_key, *rogue_keys);
  plain.send(batch_of(kHonest, 3));
  unknown.send(batch_of(kHonest, 3));
  misbehave(rogue);

  INFO(read_text(office.path("station.err")));
  REQUIRE(exit_of(station, 200s) == 0);
  const Json report = json_lines(read_text(office.path("station.out"))).at(0);
  CHECK(report.at("committed") == kPieces);
  CHECK(report.at("acknowledged") == kPieces);
  const auto counted = [&](const char* name, int least) {
    return office.totals().at("counters").value(name, 0) >= least;
  };
  CHECK(wait_until([&] { return counted("uplink_refused_handshakes", 3); }, 30s));
  CHECK(wait_until([&] { return counted("uplink_malformed", 1); }, 30s));
  CHECK(wait_until([&] { return counted("uplink_oversized", 1); }, 30s));
  CHECK(wait_until([&] { return counted("uplink_impostors", 1); }, 30s));
  const Json totals = office.totals();
  INFO(totals.dump(2));
  CHECK(totals.at("events") == kPieces + 3);
  CHECK(totals.at("stations").size() == 2);
  CHECK(totals.at("conflicts").get<int>() > 0);
  check_stored(office);
  datacenter.signal(SIGTERM);
  CHECK(exit_of(datacenter, 30s) == 0);
}

}  // namespace
}  // namespace backstamp::test
