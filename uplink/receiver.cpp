#include "uplink/receiver.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <zmq.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "uplink/envelope.h"
#include "uplink/link/quiet_thread.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

constexpr int kMessagesPerStation = 64;  ///< received and not yet stored
constexpr int kMessagesPerTurn = 64;
constexpr int kHeartbeat_ms = 5'000;
constexpr int kHeartbeatTimeout_ms = 15'000;
constexpr int kHandshake_ms = 5'000;
/// ZeroMQ closes the connection of who sends more; up to here we count and answer.
constexpr std::int64_t kTransportBytes = 2 * static_cast<std::int64_t>(limits::kUplinkMessageBytes);
constexpr std::string_view kDomain = "backstamp-uplink";

/// So long a station that was sent keys is not sent the same again, unless it comes anew.
constexpr auto kKeysOnTheirWay = std::chrono::seconds(60);
/// More keys than these are sent to no station in half a minute, whatever it says that it holds.
constexpr std::size_t kKeysBytesAtOnce = 4 * limits::kKeyBundleBytes;
constexpr auto kAtOnce = std::chrono::seconds(30);

/// One message with all its parts; empty when there is none.
std::vector<zmq::message_t> receive_parts(zmq::socket_t& socket) {
  std::vector<zmq::message_t> parts;
  constexpr std::size_t kPartsKept = 16;  // further parts are read and forgotten
  bool more = true;
  while (more) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
    if (parts.size() < kPartsKept) parts.push_back(std::move(part));
  }
  return parts;
}

void send_text(zmq::socket_t& socket, std::string_view text, zmq::send_flags flags) {
  socket.send(zmq::const_buffer(text.data(), text.size()), flags | zmq::send_flags::dontwait);
}

/// The station that the transport has authenticated; empty when there is none.
std::string station_of(zmq::message_t& message) {
  const char* user = zmq_msg_gets(message.handle(), "User-Id");
  return user == nullptr ? std::string() : user;
}

/// Events of a message, each with the identity that the message claims for it.
Result<EventBatch> open_batch(const BatchMessage& message) {
  EventBatch batch{message.station, message.epoch, message.first_sequence, {}};
  batch.events.reserve(message.events.size());
  std::uint64_t sequence = message.first_sequence;
  for (const Bytes& bytes : message.events) {
    auto event = parse_event(bytes);
    if (!event) return std::unexpected(event.error());
    if (event->id != postal::EventId{message.station, message.epoch, sequence++})
      return fail(ErrorKind::invalid, "uplink message: an event that is not the next one");
    batch.events.push_back(std::move(*event));
  }
  return batch;
}

}  // namespace

struct Receiver::Impl {
  Impl(ReceiverOptions given, StoreBatch callback, UniqueFd stop)
      : options(std::move(given)), store(std::move(callback)), stop_descriptor(std::move(stop)) {}

  void open_sockets();
  void run();
  void answer_zap();
  void take_monitor_event();
  void take_message(zmq::message_t routing_id, std::vector<zmq::message_t> parts);
  void take_batch(const zmq::message_t& routing_id, const EventBatch& batch);
  void refuse(const zmq::message_t& routing_id, RefusalMessage::Reason reason,
              std::uint64_t ReceiverCounters::*counter);
  bool answer(const zmq::message_t& routing_id, const Message& message);
  void take_keys_held(const zmq::message_t& routing_id, const std::string& station,
                      const KeysHeldMessage& held);
  void bring_keys(const std::string& station);
  bool send_keys(const zmq::message_t& routing_id, const KeysToSend& keys);
  void count(std::uint64_t ReceiverCounters::*counter, std::uint64_t by = 1) {
    const std::lock_guard lock(mutex);
    counters.*counter += by;
  }

  const ReceiverOptions options;
  const StoreBatch store;
  const UniqueFd stop_descriptor;  // eventfd
  std::string endpoint;

  // The thread's own, once it runs.
  zmq::context_t context{1};
  zmq::socket_t zap;
  zmq::socket_t router;
  zmq::socket_t monitor;

  /// A station that told which keys it holds, under the routing id that it has now.
  struct Peer {
    zmq::message_t routing_id;
    KeysHeldMessage held;
    std::uint64_t sent = 0;  ///< the sequence that is on its way for what it holds
    SteadyTime sent_at{};
    std::size_t bytes = 0;  ///< of keys that were sent since
    SteadyTime counted_from{};
  };
  std::map<std::string, Peer> peers;  ///< by station: the list bounds it

  std::mutex mutex;  // guards counters
  ReceiverCounters counters;

  std::atomic<bool> stopping{false};
  std::atomic<bool> publishing{false};
  std::thread thread;
};

void Receiver::Impl::open_sockets() {
  // The door-keeper first: without one, CURVE lets in whoever knows our public key.
  zap = zmq::socket_t(context, zmq::socket_type::rep);
  zap.set(zmq::sockopt::linger, 0);
  zap.bind("inproc://zeromq.zap.01");
  router = zmq::socket_t(context, zmq::socket_type::router);
  router.set(zmq::sockopt::curve_server, true);
  router.set(zmq::sockopt::curve_secretkey, options.keys.secret_key);
  router.set(zmq::sockopt::zap_domain, std::string(kDomain));
  router.set(zmq::sockopt::linger, 0);
  router.set(zmq::sockopt::router_mandatory, true);
  router.set(zmq::sockopt::rcvhwm, kMessagesPerStation);
  router.set(zmq::sockopt::sndhwm, 1000);
  router.set(zmq::sockopt::maxmsgsize, kTransportBytes);
  router.set(zmq::sockopt::heartbeat_ivl, kHeartbeat_ms);
  router.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeout_ms);
  router.set(zmq::sockopt::handshake_ivl, kHandshake_ms);
  // A peer without CURVE often hangs up first: what is left of it is a handshake broken off.
  constexpr int kWatched = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
  if (zmq_socket_monitor(router.handle(), "inproc://monitor", kWatched) != 0) throw zmq::error_t();
  monitor = zmq::socket_t(context, zmq::socket_type::pair);
  monitor.set(zmq::sockopt::linger, 0);
  monitor.connect("inproc://monitor");
  router.bind(options.endpoint);
  endpoint = router.get(zmq::sockopt::last_endpoint);
}

/// ZAP (ZeroMQ RFC 27): says of each key whether it may come in, and under which name.
void Receiver::Impl::answer_zap() {
  auto request = receive_parts(zap);
  if (request.empty()) return;
  // version, request id, domain, address, routing id, mechanism, credentials
  std::string user;
  if (request.size() == 7 && request[0].to_string_view() == "1.0" &&
      request[2].to_string_view() == kDomain && request[5].to_string_view() == "CURVE" &&
      request[6].size() == 32) {
    std::array<char, 41> key{};
    zmq_z85_encode(key.data(), request[6].data<std::uint8_t>(), request[6].size());
    const auto found = options.allowed.find(key.data());
    if (found != options.allowed.end()) user = found->second;
  }
  send_text(zap, "1.0", zmq::send_flags::sndmore);
  send_text(zap, request.size() > 1 ? request[1].to_string_view() : "", zmq::send_flags::sndmore);
  send_text(zap, user.empty() ? "400" : "200", zmq::send_flags::sndmore);
  send_text(zap, user.empty() ? "not in the list" : "", zmq::send_flags::sndmore);
  send_text(zap, user, zmq::send_flags::sndmore);
  send_text(zap, "", zmq::send_flags::none);
}

void Receiver::Impl::take_monitor_event() {
  // Only failed handshakes are watched, so that each event is one.
  if (!receive_parts(monitor).empty()) count(&ReceiverCounters::refused_handshakes);
}

/// False when it could not be queued: the station has gone, or does not keep up.
bool Receiver::Impl::answer(const zmq::message_t& routing_id, const Message& message) {
  const auto bytes = serialize_message(message);
  if (!bytes) return false;
  try {
    return router.send(zmq::const_buffer(routing_id.data(), routing_id.size()),
                       zmq::send_flags::sndmore | zmq::send_flags::dontwait) &&
           router.send(zmq::const_buffer(bytes->data(), bytes->size()), zmq::send_flags::dontwait);
  } catch (const zmq::error_t& error) {
    // The station has gone; it sends again what it has no answer to.
    if (error.num() != EHOSTUNREACH) throw;
    return false;
  }
}

void Receiver::Impl::refuse(const zmq::message_t& routing_id, RefusalMessage::Reason reason,
                            std::uint64_t ReceiverCounters::*counter) {
  count(counter);
  answer(routing_id, RefusalMessage{reason});
}

void Receiver::Impl::take_batch(const zmq::message_t& routing_id, const EventBatch& batch) {
  const auto stored = store(batch);
  if (!stored) {
    answer(routing_id, RefusalMessage{RefusalMessage::Reason::not_stored});
    return;
  }
  count(&ReceiverCounters::batches);
  count(&ReceiverCounters::events, batch.events.size());
  if (*stored + 1 < batch.first_sequence) count(&ReceiverCounters::gaps);
  answer(routing_id, AckMessage{batch.epoch, *stored});
}

void Receiver::Impl::take_keys_held(const zmq::message_t& routing_id, const std::string& station,
                                    const KeysHeldMessage& held) {
  if (!options.published) return;
  Peer& peer = peers[station];
  if (peer.held != held || peer.routing_id != routing_id) peer.sent = 0;
  peer.routing_id.copy(const_cast<zmq::message_t&>(routing_id));  // takes what it only reads so
  peer.held = held;
  bring_keys(station);
}

/// The time, and what the station lacks, unless it is on its way.
void Receiver::Impl::bring_keys(const std::string& station) {
  Peer& peer = peers[station];
  if (Bytes time = options.published->time(); !time.empty()) {
    if (!answer(peer.routing_id, TimeMessage{std::move(time)})) {
      peers.erase(station);
      return;
    }
  }
  const auto keys = options.published->lacking(station, peer.held);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!keys || (peer.sent == keys->sequence && now < peer.sent_at + kKeysOnTheirWay)) return;
  if (now >= peer.counted_from + kAtOnce) {
    peer.counted_from = now;
    peer.bytes = 0;
  }
  if (peer.bytes + keys->file->size() > kKeysBytesAtOnce) return;
  peer.bytes += keys->file->size();
  if (!send_keys(peer.routing_id, *keys)) return;
  peer.sent = keys->sequence;
  peer.sent_at = now;
  count(&ReceiverCounters::keys_sent);
}

bool Receiver::Impl::send_keys(const zmq::message_t& routing_id, const KeysToSend& keys) {
  const ByteView file = *keys.file;
  for (std::size_t at = 0; at < file.size(); at += kKeysPartBytes) {
    const ByteView part = file.subspan(at, std::min(kKeysPartBytes, file.size() - at));
    if (!answer(routing_id,
                KeysMessage{keys.sequence, file.size(), at, {part.begin(), part.end()}}))
      return false;
  }
  return true;
}

void Receiver::Impl::take_message(zmq::message_t routing_id, std::vector<zmq::message_t> parts) {
  using Reason = RefusalMessage::Reason;
  if (parts.size() != 1) return refuse(routing_id, Reason::malformed, &ReceiverCounters::malformed);
  zmq::message_t& payload = parts.front();
  if (payload.size() > limits::kUplinkMessageBytes)
    return refuse(routing_id, Reason::oversized, &ReceiverCounters::oversized);
  const auto message = parse_message({payload.data<std::uint8_t>(), payload.size()});
  if (const auto* held = message ? std::get_if<KeysHeldMessage>(&*message) : nullptr)
    return take_keys_held(routing_id, station_of(payload), *held);
  const auto* claimed = message ? std::get_if<BatchMessage>(&*message) : nullptr;
  if (claimed == nullptr)
    return refuse(routing_id, Reason::malformed, &ReceiverCounters::malformed);
  // Who speaks is what the transport has proved, never what the message says.
  if (claimed->station != station_of(payload))
    return refuse(routing_id, Reason::impostor, &ReceiverCounters::impostors);
  const auto batch = open_batch(*claimed);
  if (!batch) return refuse(routing_id, Reason::malformed, &ReceiverCounters::malformed);
  take_batch(routing_id, *batch);
}

void Receiver::Impl::run() {
  std::array<zmq::pollitem_t, 4> items{{{zap.handle(), 0, ZMQ_POLLIN, 0},
                                        {router.handle(), 0, ZMQ_POLLIN, 0},
                                        {monitor.handle(), 0, ZMQ_POLLIN, 0},
                                        {nullptr, stop_descriptor.get(), ZMQ_POLLIN, 0}}};
  while (!stopping) {
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
    if ((items[3].revents & ZMQ_POLLIN) != 0) {
      std::uint64_t signals = 0;
      [[maybe_unused]] const ssize_t got = ::read(stop_descriptor.get(), &signals, sizeof signals);
    }
    if (publishing.exchange(false)) {
      std::vector<std::string> names;  // a station that has gone is forgotten on the way
      for (const auto& [name, peer] : peers) names.push_back(name);
      for (const std::string& name : names) bring_keys(name);
    }
    if ((items[0].revents & ZMQ_POLLIN) != 0) answer_zap();
    if ((items[2].revents & ZMQ_POLLIN) != 0) take_monitor_event();
    if ((items[1].revents & ZMQ_POLLIN) == 0) continue;
    for (int i = 0; i < kMessagesPerTurn && !stopping; ++i) {
      auto parts = receive_parts(router);
      if (parts.empty()) break;
      zmq::message_t routing_id = std::move(parts.front());
      parts.erase(parts.begin());
      take_message(std::move(routing_id), std::move(parts));
    }
  }
}

Result<Receiver> Receiver::start(ReceiverOptions options, StoreBatch store) {
  if (!valid_z85_key(options.keys.secret_key))
    return fail(ErrorKind::invalid, "uplink: the data center's CURVE key is not one");
  for (const auto& [key, station] : options.allowed)
    if (!valid_z85_key(key) || !postal::valid_station_name(station))
      return fail(ErrorKind::invalid, "uplink: list of stations: \"" + station +
                                          "\" has no valid name or no valid public key");
  UniqueFd stop(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!stop) return std::unexpected(system_error("eventfd", errno));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(store), std::move(stop));
  try {
    impl->open_sockets();
  } catch (const zmq::error_t& error) {
    return fail(ErrorKind::io, "uplink: " + impl->options.endpoint + ": " + error.what());
  }
  impl->thread = link::quiet_thread([receiver = impl.get()] { receiver->run(); });
  return Receiver(std::move(impl));
}

std::string Receiver::endpoint() const {
  return impl_->endpoint;
}

void Receiver::publish() {
  impl_->publishing = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t signalled =
      ::write(impl_->stop_descriptor.get(), &one, sizeof one);
}

ReceiverCounters Receiver::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

Receiver::Receiver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Receiver::Receiver(Receiver&&) noexcept = default;

Receiver& Receiver::operator=(Receiver&& other) noexcept {
  if (this != &other) {
    Receiver old(std::move(*this));
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Receiver::~Receiver() {
  if (!impl_) return;
  impl_->stopping = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t signalled =
      ::write(impl_->stop_descriptor.get(), &one, sizeof one);
  impl_->thread.join();
}

}  // namespace backstamp::uplink
