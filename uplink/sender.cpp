#include "uplink/sender.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include "base/file.h"
#include "uplink/envelope.h"
#include "uplink/link/keys_in_parts.h"
#include "uplink/link/quiet_thread.h"
#include "uplink/link/window.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatchBytes = 512u << 10;                 ///< of events in one message
constexpr std::size_t kAnswerBytesMax = kKeysPartBytes + 4096;  ///< keys are the largest
constexpr milliseconds kFirstReopen{200};  ///< after a refused handshake, doubling
constexpr milliseconds kLongestReopen{10'000};
constexpr milliseconds kReopenLost{5'000};  ///< when ZeroMQ does not reconnect by itself
constexpr milliseconds kLongestPoll{1'000};
constexpr int kHeartbeat_ms = 2'000;
constexpr int kHeartbeatTimeout_ms = 6'000;
constexpr int kHandshake_ms = 5'000;

void drain_eventfd(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

/// Where a sender begins, given what the log held before: behind the acknowledged event, or, when
/// there is nothing else to send, with that event once more, so that the data center says how far
/// it is before anything new goes out.
std::uint64_t begin_after(const EventLog& log, std::uint64_t inherited) {
  const std::uint64_t acknowledged = log.acknowledged();
  if (acknowledged == 0 || acknowledged < inherited) return acknowledged;
  const auto last = log.read(acknowledged, 1);
  const bool there = last && last->size() == 1 && !is_gap(last->front());
  return there ? acknowledged - 1 : acknowledged;
}

}  // namespace

struct Sender::Impl {
  Impl(SenderOptions given, EventLog& spool, UniqueFd stop)
      : options(std::move(given)),
        log(spool),
        stop_descriptor(std::move(stop)),
        inherited(spool.committed()),
        window(options.window_messages, options.resend_after, begin_after(spool, inherited)),
        compared(window.next() > inherited) {
    status.acknowledged = log.acknowledged();
  }

  void run();
  void open_socket();
  void fill_window();
  void wait();
  bool take_monitor_event();
  void take_event(std::uint16_t event);
  void take_answers();
  void take_answer(const zmq::message_t& message);
  void take_acknowledgement(const AckMessage& ack);
  void take_keys(KeysMessage message);
  void tell_keys();
  void handshake_failed(bool certain, std::string detail);
  void look_at_the_clock();
  void set_state(LinkState state, std::string detail);

  const SenderOptions options;
  EventLog& log;
  const UniqueFd stop_descriptor;  // eventfd
  std::atomic<bool> stopping{false};

  // The thread's own.
  zmq::context_t context{1};
  zmq::socket_t dealer;
  zmq::socket_t monitor;
  unsigned generation = 0;  ///< of the socket: names its monitor
  bool connected = false;
  bool blocked = false;  ///< the socket takes no more for now
  unsigned failed_handshakes = 0;
  std::optional<SteadyTime> reopen_at;
  const std::uint64_t inherited;  ///< events that the log held before this sender
  link::SendWindow window;
  bool compared;         ///< the data center is not ahead of what was inherited, or cannot be asked
  std::string lost_end;  ///< why nothing is sent any more; empty while all is well
  link::KeysInParts keys_in_parts;
  SteadyTime tell_keys_at{};  ///< when the keys that are held are told next
  bool want_whole = false;    ///< a delta did not fit: the whole bundle is wanted

  mutable std::mutex mutex;  // guards status
  std::condition_variable changed;
  SenderStatus status;

  std::thread thread;
};

void Sender::Impl::set_state(LinkState state, std::string detail) {
  if (state == LinkState::connected && !lost_end.empty()) {
    state = LinkState::refused;
    detail = lost_end;
  }
  const std::lock_guard lock(mutex);
  status.state = state;
  status.detail = std::move(detail);
}

void Sender::Impl::open_socket() {
  monitor.close();
  dealer.close();
  connected = false;
  reopen_at.reset();
  dealer = zmq::socket_t(context, zmq::socket_type::dealer);
  dealer.set(zmq::sockopt::curve_publickey, options.keys.public_key);
  dealer.set(zmq::sockopt::curve_secretkey, options.keys.secret_key);
  dealer.set(zmq::sockopt::curve_serverkey, options.server_public_key);
  dealer.set(zmq::sockopt::linger, 0);  // the spool has it all
  dealer.set(zmq::sockopt::immediate, 1);
  dealer.set(zmq::sockopt::sndhwm, static_cast<int>(options.window_messages));
  // Never a small one together with heartbeats: libzmq 4.3 asserts when a full pipe reconnects.
  dealer.set(zmq::sockopt::rcvhwm, 1000);
  dealer.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kAnswerBytesMax));
  dealer.set(zmq::sockopt::heartbeat_ivl, kHeartbeat_ms);
  dealer.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeout_ms);
  dealer.set(zmq::sockopt::handshake_ivl, kHandshake_ms);
  dealer.set(zmq::sockopt::connect_timeout, kHandshake_ms);
  dealer.set(zmq::sockopt::reconnect_ivl, 100);
  dealer.set(zmq::sockopt::reconnect_ivl_max, 2'000);
  const std::string events = "inproc://monitor-" + std::to_string(++generation);
  if (zmq_socket_monitor(dealer.handle(), events.c_str(), ZMQ_EVENT_ALL) != 0) throw zmq::error_t();
  monitor = zmq::socket_t(context, zmq::socket_type::pair);
  monitor.set(zmq::sockopt::linger, 0);
  monitor.connect(events);
  dealer.connect(options.endpoint);
}

void Sender::Impl::fill_window() {
  blocked = false;
  if (!lost_end.empty()) return;
  const SteadyTime now = steady_clock::now();
  while (connected && !blocked && window.may_send(now)) {
    std::size_t most = window.batch_events();
    if (!compared) {
      if (window.next() > inherited) return;
      most = std::min<std::uint64_t>(most, inherited - window.next() + 1);
    }
    auto events = log.read_encoded(window.next(), most, kBatchBytes);
    if (!events) return set_state(LinkState::connected, events.error().message);
    if (events->empty()) return;
    const std::size_t count = events->size();
    const auto bytes = serialize_message(
        BatchMessage{log.station(), log.epoch(), window.next(), std::move(*events)});
    if (!bytes) return set_state(LinkState::connected, bytes.error().message);
    if (!dealer.send(zmq::const_buffer(bytes->data(), bytes->size()), zmq::send_flags::dontwait)) {
      blocked = true;
      return;
    }
    window.sent(count, now);
    const std::lock_guard lock(mutex);
    status.sent_events += count;
  }
}

void Sender::Impl::wait() {
  const SteadyTime now = steady_clock::now();
  milliseconds timeout = kLongestPoll;
  const std::optional<SteadyTime> telling =
      connected && options.station_keys ? std::optional(tell_keys_at) : std::nullopt;
  for (const auto& at : {window.deadline(now), reopen_at, telling})
    if (at) timeout = std::min(timeout, std::chrono::ceil<milliseconds>(*at - now));
  const short dealer_events = blocked ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
  std::array<zmq::pollitem_t, 4> items{{{dealer.handle(), 0, dealer_events, 0},
                                        {monitor.handle(), 0, ZMQ_POLLIN, 0},
                                        {nullptr, log.commit_descriptor(), ZMQ_POLLIN, 0},
                                        {nullptr, stop_descriptor.get(), ZMQ_POLLIN, 0}}};
  zmq::poll(items.data(), items.size(), std::max(timeout, milliseconds(0)));
  if ((items[2].revents & ZMQ_POLLIN) != 0) drain_eventfd(log.commit_descriptor());
}

void Sender::Impl::handshake_failed(bool certain, std::string detail) {
  connected = false;
  ++failed_handshakes;
  // A connection that breaks in the middle of a handshake tells nothing yet; twice in a row does.
  if (certain || failed_handshakes > 1) {
    set_state(LinkState::refused, std::move(detail));
  } else {
    set_state(LinkState::down, "the connection to " + options.endpoint + " broke; trying again");
  }
  // libzmq does not connect again after an error of protocol: a new socket does.
  const auto wait = std::min(kLongestReopen, kFirstReopen * (1 << std::min(failed_handshakes, 6u)));
  reopen_at = steady_clock::now() + wait;
}

/// Reads one event of the socket; false when there is none.
bool Sender::Impl::take_monitor_event() {
  zmq::message_t event;
  zmq::message_t address;
  if (!monitor.recv(event, zmq::recv_flags::dontwait)) return false;
  if (event.more() && !monitor.recv(address)) return false;
  std::uint16_t number = 0;
  std::memcpy(&number, event.data(), std::min(event.size(), sizeof number));
  take_event(number);
  return true;
}

void Sender::Impl::take_event(std::uint16_t event) {
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      connected = true;
      failed_handshakes = 0;
      reopen_at.reset();
      window.restart();
      keys_in_parts.forget();
      tell_keys_at = steady_clock::now();
      return set_state(LinkState::connected, "");
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return handshake_failed(true, options.endpoint +
                                        ": the data center does not know this key; "
                                        "add the station's public key to its list");
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return handshake_failed(event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
                              options.endpoint +
                                  ": ends every handshake; its public key is not "
                                  "the configured one, or it is no data center");
    case ZMQ_EVENT_DISCONNECTED:
      if (!connected) return;
      connected = false;
      window.restart();
      reopen_at = steady_clock::now() + kReopenLost;
      return set_state(LinkState::down, "the connection to " + options.endpoint + " was lost");
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_CONNECT_RETRIED:
      if (!connected && !reopen_at)
        set_state(LinkState::down, "no data center answers at " + options.endpoint);
      return;
    default:
      return;
  }
}

void Sender::Impl::take_acknowledgement(const AckMessage& ack) {
  if (ack.epoch != log.epoch()) return;  // of another spool: says nothing of this one
  const std::uint64_t end = compared ? log.committed() : inherited;
  if (ack.sequence > end) {
    // It was put back to an older copy, or its disk lied. What is new there has numbers that the
    // data center knows otherwise: sent, it would be taken for known.
    lost_end = "the data center holds event " + std::to_string(ack.sequence) +
               " and the spool ended at " + std::to_string(end) +
               ": it lost its end; move its folder away, a new epoch begins";
    window.restart();
    return set_state(LinkState::refused, lost_end);
  }
  compared = true;
  const auto answer = window.acknowledge(ack.sequence, steady_clock::now());
  if (answer == link::SendWindow::Answer::went_back)
    return set_state(LinkState::connected, "the data center went back to event " +
                                               std::to_string(ack.sequence) + "; sending again");
  set_state(LinkState::connected, "");
}

void Sender::Impl::take_keys(KeysMessage message) {
  const auto file = keys_in_parts.add(std::move(message));
  if (!file) return;
  const KeysTaken taken = options.station_keys->take_keys(*file);
  // A station that does not want them must not ask in a circle: it tells at its usual time.
  if (taken == KeysTaken::refused || (taken == KeysTaken::want_whole && want_whole)) return;
  want_whole = taken == KeysTaken::want_whole;
  tell_keys_at = steady_clock::now();
}

void Sender::Impl::tell_keys() {
  KeysHeldMessage held = options.station_keys->held();
  if (want_whole) held.sequence = 0;
  const auto bytes = serialize_message(held);
  if (!bytes) return;
  constexpr milliseconds kSoon{1000};
  const auto sent =
      dealer.send(zmq::const_buffer(bytes->data(), bytes->size()), zmq::send_flags::dontwait);
  tell_keys_at = steady_clock::now() + (sent ? options.tell_keys_every : kSoon);
}

void Sender::Impl::take_answer(const zmq::message_t& message) {
  auto answer = parse_message({message.data<std::uint8_t>(), message.size()});
  if (!answer) return set_state(LinkState::connected, answer.error().message);
  if (const auto* ack = std::get_if<AckMessage>(&*answer)) return take_acknowledgement(*ack);
  if (auto* keys = std::get_if<KeysMessage>(&*answer); keys && options.station_keys)
    return take_keys(std::move(*keys));
  if (const auto* time = std::get_if<TimeMessage>(&*answer); time && options.station_keys)
    return options.station_keys->take_time(time->statement);
  const auto* refusal = std::get_if<RefusalMessage>(&*answer);
  if (refusal == nullptr) return;
  window.back_off(steady_clock::now());
  const bool passing = refusal->reason == RefusalMessage::Reason::not_stored;
  set_state(passing ? LinkState::connected : LinkState::refused,
            std::string(to_string(refusal->reason)));
}

void Sender::Impl::take_answers() {
  for (std::size_t i = 0; i < 2 * options.window_messages; ++i) {
    zmq::message_t message;
    if (!dealer.recv(message, zmq::recv_flags::dontwait)) break;
    const bool single = !message.more();
    for (zmq::message_t rest; dealer.get(zmq::sockopt::rcvmore);)
      if (!dealer.recv(rest)) break;
    if (single) take_answer(message);
  }
  // However many acknowledgements came, the position goes to the disk once.
  if (window.acknowledged() <= log.acknowledged()) return;
  if (const auto kept = log.acknowledge(window.acknowledged()); !kept)
    return set_state(LinkState::connected, kept.error().message);
  {
    const std::lock_guard lock(mutex);
    status.acknowledged = log.acknowledged();
  }
  changed.notify_all();
}

void Sender::Impl::look_at_the_clock() {
  const SteadyTime now = steady_clock::now();
  if (connected && window.overdue(now)) {
    window.resend();
    const std::lock_guard lock(mutex);
    ++status.resends;
  }
  if (connected && options.station_keys && now >= tell_keys_at) tell_keys();
  if (reopen_at && now >= *reopen_at) open_socket();
}

void Sender::Impl::run() {
  try {
    while (!stopping) {
      fill_window();
      wait();
      while (take_monitor_event()) continue;
      take_answers();
      look_at_the_clock();
    }
    monitor.close();
    dealer.close();
  } catch (const zmq::error_t& error) {
    set_state(LinkState::down, std::string("ZeroMQ: ") + error.what());
  }
}

Result<Sender> Sender::start(SenderOptions options, EventLog& log) {
  if (!valid_z85_key(options.server_public_key) || !valid_z85_key(options.keys.public_key) ||
      !valid_z85_key(options.keys.secret_key))
    return fail(ErrorKind::invalid, "uplink: a CURVE key is not 40 characters of Z85");
  if (options.window_messages < 1 || options.window_messages > 64 ||
      options.resend_after <= milliseconds(0))
    return fail(ErrorKind::invalid, "uplink: window of 1 to 64 messages, resend after a while");
  UniqueFd stop(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!stop) return std::unexpected(system_error("eventfd", errno));
  auto impl = std::make_unique<Impl>(std::move(options), log, std::move(stop));
  try {
    impl->open_socket();
  } catch (const zmq::error_t& error) {
    return fail(ErrorKind::invalid, "uplink: " + impl->options.endpoint + ": " + error.what() +
                                        "; wanted tcp://HOST:PORT");
  }
  impl->thread = link::quiet_thread([sender = impl.get()] { sender->run(); });
  return Sender(std::move(impl));
}

SenderStatus Sender::status() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->status;
}

bool Sender::drain(std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(
      lock, limit, [&] { return impl_->log.acknowledged() >= impl_->log.committed(); });
}

Sender::Sender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sender::Sender(Sender&&) noexcept = default;

Sender& Sender::operator=(Sender&& other) noexcept {
  if (this != &other) {
    Sender old(std::move(*this));
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Sender::~Sender() {
  if (!impl_) return;
  impl_->stopping = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t signalled =
      ::write(impl_->stop_descriptor.get(), &one, sizeof one);
  impl_->thread.join();
}

}  // namespace backstamp::uplink
