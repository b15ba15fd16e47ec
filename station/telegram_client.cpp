#include "station/telegram_client.h"

#include <poll.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "station/sorter/telegram_pipe.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOutgoing = 4096;   ///< telegrams that wait for the link
constexpr std::size_t kIncoming = 65536;  ///< decisions that wait for `next`
constexpr std::chrono::milliseconds kFirstPause = 20ms;
constexpr std::chrono::milliseconds kLongestPause = 1000ms;

}  // namespace

struct TelegramClient::Impl {
  Impl(TelegramClientOptions given, Bell rung) : options(std::move(given)), bell(std::move(rung)) {}

  void run(const std::stop_token& stop);
  bool converse(const std::stop_token& stop, UniqueFd fd);
  std::optional<UniqueFd> connect(const std::stop_token& stop);
  bool take(const telegram::Telegram& telegram);
  bool take_welcome(const telegram::Welcome& welcome);
  bool take_decision(const telegram::Decision& decision);
  bool take_all(TelegramPipe& pipe);
  void put_all(TelegramPipe& pipe, SteadyTime now, SteadyTime& heartbeat);
  bool queue(const telegram::Message& message);
  void wait(const TelegramPipe& pipe);
  bool full();

  TelegramClientOptions options;
  Bell bell;
  // What is known of the station's run; of the thread alone.
  std::uint64_t session = 0;
  std::uint64_t last = 0;
  bool welcomed = false;

  mutable std::mutex mutex;
  std::condition_variable arrived;
  std::deque<telegram::Message> outgoing;
  std::deque<TelegramDecision> incoming;
  std::map<std::uint16_t, MachineState> machines;  ///< by lane: told again after each welcome
  std::optional<VisionState> station;
  std::uint32_t alarms = 0;
  bool up = false;
  TelegramClientCounters counters;
  std::jthread thread;  ///< last: it ends first
};

void TelegramClient::Impl::run(const std::stop_token& stop) {
  std::chrono::milliseconds pause = kFirstPause;
  while (!stop.stop_requested()) {
    if (auto fd = connect(stop)) {
      if (converse(stop, std::move(*fd))) pause = kFirstPause;
      const std::lock_guard lock(mutex);
      up = false;
      outgoing.clear();  // of pieces that the machine has given up by now
    }
    pollfd rung{bell.fd(), POLLIN, 0};
    if (!stop.stop_requested()) ::poll(&rung, 1, static_cast<int>(pause.count()));
    bell.clear();
    pause = std::min(2 * pause, kLongestPause);
  }
}

std::optional<UniqueFd> TelegramClient::Impl::connect(const std::stop_token& stop) {
  auto fd = begin_connect(options.address, options.port);
  if (!fd) return std::nullopt;
  const SteadyTime until = std::chrono::steady_clock::now() + options.silence;
  pollfd writable{fd->get(), POLLOUT, 0};
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
    if (::poll(&writable, 1, 10) <= 0) continue;
    if (connect_result(fd->get()) != 0) return std::nullopt;
    return std::move(*fd);
  }
  return std::nullopt;
}

/// Until the link is lost; whether the station bade welcome.
bool TelegramClient::Impl::converse(const std::stop_token& stop, UniqueFd fd) {
  SteadyTime now = std::chrono::steady_clock::now();
  SteadyTime heartbeat = now;
  TelegramPipe pipe(std::move(fd), now);
  welcomed = false;
  const auto role = options.listen ? telegram::Role::listener : telegram::Role::control;
  pipe.put(telegram::Hello{session, last, options.control, role});
  bool open = true;
  while (open && !stop.stop_requested()) {
    if (!pipe.flush(now)) break;
    wait(pipe);
    bell.clear();
    now = std::chrono::steady_clock::now();
    if (!full()) open = pipe.receive();
    if (!take_all(pipe)) break;
    if (now - pipe.heard() >= options.silence && !full()) break;
    if (welcomed) put_all(pipe, now, heartbeat);
  }
  if (open && welcomed) put_all(pipe, now, heartbeat);  // what was queued before a stop still goes
  pipe.end(now);
  return welcomed;
}

bool TelegramClient::Impl::full() {
  const std::lock_guard lock(mutex);
  return incoming.size() >= kIncoming;
}

void TelegramClient::Impl::wait(const TelegramPipe& pipe) {
  short events = full() ? 0 : POLLIN;
  if (!pipe.empty()) events = static_cast<short>(events | POLLOUT);
  pollfd waited[] = {{pipe.fd(), events, 0}, {bell.fd(), POLLIN, 0}};
  const auto due = std::min(options.heartbeat, options.silence) / 8;
  ::poll(waited, 2, static_cast<int>(std::clamp<std::int64_t>(due.count(), 1, 100)));
}

void TelegramClient::Impl::put_all(TelegramPipe& pipe, SteadyTime now, SteadyTime& heartbeat) {
  if (now - heartbeat >= options.heartbeat && pipe.room()) {
    heartbeat = now;
    pipe.put(telegram::MachineHeartbeat{});
  }
  const std::lock_guard lock(mutex);
  while (!outgoing.empty() && pipe.room()) {
    pipe.put(outgoing.front());
    outgoing.pop_front();
  }
}

/// False when the link is to be given up.
bool TelegramClient::Impl::take_all(TelegramPipe& pipe) {
  for (;;) {
    const auto telegram = pipe.next(std::chrono::steady_clock::now());
    if (telegram && !*telegram) return true;
    if (telegram && std::holds_alternative<telegram::FarewellTelegram>((*telegram)->message)) {
      return false;
    }
    if (telegram && take(**telegram)) continue;
    const std::lock_guard lock(mutex);
    ++counters.nonsense;
    return false;
  }
}

bool TelegramClient::Impl::take(const telegram::Telegram& telegram) {
  if (const auto* welcome = std::get_if<telegram::Welcome>(&telegram.message)) {
    return !welcomed && take_welcome(*welcome);
  }
  if (!welcomed) return false;
  if (const auto* decision = std::get_if<telegram::Decision>(&telegram.message)) {
    return take_decision(*decision);
  }
  if (const auto* state = std::get_if<telegram::State>(&telegram.message)) {
    const std::lock_guard lock(mutex);
    station = state->state;
    alarms = state->alarms;
    return true;
  }
  return std::holds_alternative<telegram::StationHeartbeat>(telegram.message);
}

bool TelegramClient::Impl::take_welcome(const telegram::Welcome& welcome) {
  const bool resumed = welcome.numbering == telegram::Numbering::resumed;
  if (resumed != (welcome.session == session)) return false;
  if (welcome.first - welcome.missed != (resumed ? last : 0) + 1) return false;
  const std::lock_guard lock(mutex);
  if (!resumed) {
    if (session != 0) ++counters.restarts;
    session = welcome.session;
  }
  welcomed = true;
  up = true;
  last = welcome.first - 1;
  counters.missed += welcome.missed;
  ++counters.connections;
  for (const auto& [lane, state] : machines) {
    outgoing.push_back(telegram::MachineTelegram{lane, state});
  }
  return true;
}

bool TelegramClient::Impl::take_decision(const telegram::Decision& decision) {
  const SteadyTime now = std::chrono::steady_clock::now();
  TelegramDecision taken;
  taken.sequence = decision.sequence;
  taken.age = std::chrono::microseconds(decision.age_us);
  taken.since_trigger = std::chrono::microseconds(decision.since_trigger_us);
  taken.sent_again = decision.sent_again;
  taken.decision.lane = decision.lane;
  taken.decision.piece = decision.piece;
  taken.decision.machine_piece = decision.machine_piece;
  taken.decision.encoder = decision.encoder;
  taken.decision.decision = decision.decision;
  taken.decision.reason = decision.reason;
  taken.decision.outlet = decision.outlet;
  taken.decision.late = decision.late;
  taken.decision.decided = now;
  taken.decision.triggered = now - taken.since_trigger;
  const std::lock_guard lock(mutex);
  if (decision.sequence <= last) {
    ++counters.repeated;
    return true;
  }
  if (decision.sequence != last + 1) return false;  // the next welcome tells what became of it
  last = decision.sequence;
  ++counters.received;
  incoming.push_back(taken);
  arrived.notify_one();
  return true;
}

bool TelegramClient::Impl::queue(const telegram::Message& message) {
  {
    const std::lock_guard lock(mutex);
    if (!up || outgoing.size() >= kOutgoing) return false;
    outgoing.push_back(message);
  }
  bell.ring();
  return true;
}

TelegramClient::TelegramClient(TelegramClientOptions options) {
  auto bell = Bell::make();
  if (!bell) throw std::runtime_error(bell.error().message);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(*bell));
  impl_->thread =
      std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

TelegramClient::~TelegramClient() {
  impl_->thread.request_stop();
  impl_->bell.ring();
}

bool TelegramClient::trigger(const Trigger& trigger) {
  return impl_->queue(telegram::TriggerTelegram{trigger.machine_piece, trigger.encoder,
                                                static_cast<std::uint16_t>(trigger.lane)});
}

bool TelegramClient::machine(std::uint32_t lane, MachineState state) {
  const telegram::MachineTelegram told{static_cast<std::uint16_t>(lane), state};
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->machines[told.lane] = state;
  }
  return impl_->queue(told);
}

std::optional<TelegramDecision> TelegramClient::next(std::chrono::milliseconds limit) {
  std::unique_lock lock(impl_->mutex);
  if (!impl_->arrived.wait_for(lock, limit, [&] { return !impl_->incoming.empty(); })) {
    return std::nullopt;
  }
  const TelegramDecision decision = impl_->incoming.front();
  impl_->incoming.pop_front();
  if (impl_->incoming.size() + 1 == kIncoming) impl_->bell.ring();
  return decision;
}

bool TelegramClient::connected() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->up;
}

std::optional<VisionState> TelegramClient::station_state() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->station;
}

std::uint32_t TelegramClient::station_alarms() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->alarms;
}

TelegramClientCounters TelegramClient::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

}  // namespace backstamp::station
