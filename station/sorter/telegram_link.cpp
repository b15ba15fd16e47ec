#include "station/sorter/telegram_link.h"

#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

namespace backstamp::station {
namespace {

using telegram::Farewell;
using telegram::Role;
using namespace std::chrono_literals;

constexpr std::size_t kClients = 16;   ///< connections at a time
constexpr std::size_t kListeners = 8;  ///< of them those that listen
constexpr std::size_t kAcceptAtOnce = 16;
constexpr std::size_t kAlarmsMask = 0xFFFF;

std::uint64_t draw_session() {
  std::uint64_t session = 0;
  while (session == 0) {
    if (::getrandom(&session, sizeof session, 0) != sizeof session) session = 0;
  }
  return session;
}

/// Microseconds that fit; all ones for more. Less than nothing is nothing.
std::uint32_t microseconds32(SteadyTime::duration time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, 0xFFFFFFFF));
}

std::uint16_t milliseconds16(std::chrono::milliseconds time) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(time.count(), 1, 0xFFFF));
}

}  // namespace

TelegramLink::TelegramLink(const TelegramConfig& config, std::uint32_t lanes, SorterInput input,
                           AlarmSink alarms, UniqueFd listener, Bell bell)
    : config_(config),
      lanes_(lanes),
      input_(std::move(input)),
      listener_(std::move(listener)),
      bell_(std::move(bell)),
      port_(port_of(listener_.get())),
      session_(draw_session()),
      machines_(lanes, MachineState::unknown),
      ring_(config.keep),
      watch_({"telegram", config.silence, config.fallback}, std::move(alarms),
             std::chrono::steady_clock::now()),
      state_(static_cast<std::uint32_t>(VisionState::preoperational) << 16) {
  clients_.reserve(kClients);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TelegramLink::~TelegramLink() {
  thread_.request_stop();
  bell_.ring();
}

void TelegramLink::decide(const SorterDecision& decision) {
  const std::uint64_t sequence = ring_.push(decision);
  if (decision.late) late_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t overwritten = sequence - std::min<std::uint64_t>(sequence, ring_.capacity());
  if (overwritten > sent_.load(std::memory_order_relaxed)) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  bell_.ring();
}

void TelegramLink::state(VisionState state) {
  std::uint32_t old = state_.load();
  const auto with = [&] { return static_cast<std::uint32_t>(state) << 16 | (old & kAlarmsMask); };
  while (!state_.compare_exchange_weak(old, static_cast<std::uint32_t>(with()))) {
  }
  bell_.ring();
}

void TelegramLink::alarms(std::uint32_t standing) {
  std::uint32_t old = state_.load();
  const std::uint32_t count = std::min<std::uint32_t>(standing, kAlarmsMask);
  while (!state_.compare_exchange_weak(old, (old & ~std::uint32_t{kAlarmsMask}) | count)) {
  }
  bell_.ring();
}

SorterCounters TelegramLink::counters() const {
  SorterCounters counters;
  counters.decisions = ring_.newest();
  counters.late = late_.load();
  counters.triggers = triggers_.load();
  counters.nonsense = nonsense_.load();
  counters.links_lost = links_lost_.load();
  counters.repeated = repeated_.load();
  counters.dropped = dropped_.load();
  counters.up = up_.load();
  return counters;
}

void TelegramLink::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait();
    bell_.clear();
    const SteadyTime now = std::chrono::steady_clock::now();
    accept_all(now);
    for (const auto& client : clients_) {
      if (!client->closed) listen_to(*client, now);
      if (!client->closed) check_silence(*client, now);
      if (!client->closed) speak_to(*client, std::chrono::steady_clock::now());
    }
    std::erase_if(clients_, [](const auto& client) { return client->closed; });
    if (watch_.tick(now)) forget_machines();
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const auto& client : clients_) {
    speak_to(*client, now);
    if (!client->closed) client->pipe.close_with(Farewell::stopping, now);
  }
}

/// Until something comes, goes or is due.
void TelegramLink::wait() {
  std::array<pollfd, kClients + 2> waited{};
  std::size_t count = 0;
  waited[count++] = {exhausted_ ? -1 : listener_.get(), POLLIN, 0};
  waited[count++] = {bell_.fd(), POLLIN, 0};
  for (const auto& client : clients_) {
    const int events = client->pipe.empty() ? POLLIN : POLLIN | POLLOUT;
    waited[count++] = {client->pipe.fd(), static_cast<short>(events), 0};
  }
  const auto due = std::min(config_.heartbeat, config_.silence) / 8;
  ::poll(waited.data(), count, static_cast<int>(std::clamp<std::int64_t>(due.count(), 1, 100)));
}

void TelegramLink::accept_all(SteadyTime now) {
  for (std::size_t i = 0; i < kAcceptAtOnce; ++i) {
    Accepted accepted = accept_one(listener_.get());
    exhausted_ = accepted.exhausted;
    if (!accepted.fd) return;
    // One that finds no place is closed at once.
    if (!make_place(now)) continue;
    clients_.push_back(
        std::make_unique<Client>(std::move(accepted.fd), std::move(accepted.peer), now));
  }
}

/// Whoever has not said who he is makes place for one who may: the oldest first.
bool TelegramLink::make_place(SteadyTime now) {
  if (clients_.size() < kClients) return true;
  const auto stranger = std::find_if(clients_.begin(), clients_.end(),
                                     [](const auto& client) { return !client->welcomed; });
  if (stranger == clients_.end()) return false;
  close(**stranger, Farewell::occupied, "", now);
  clients_.erase(stranger);
  return true;
}

void TelegramLink::listen_to(Client& client, SteadyTime now) {
  if (now - client.window >= 1s) {
    client.window = now;
    client.in_window = 0;
  }
  const bool open = client.pipe.receive();
  while (!client.closed) {
    const auto telegram = client.pipe.next(now);
    if (!telegram) {
      const bool version = client.pipe.wrong_version();
      return nonsense(client, telegram.error().message,
                      version ? Farewell::version : Farewell::nonsense, now);
    }
    if (!*telegram) break;
    if (++client.in_window > telegram::kMostPerSecond) {
      return nonsense(client, "telegram: more of them than a machine has to send", Farewell::flood,
                      now);
    }
    take(client, **telegram, now);
  }
  if (!open && !client.closed) broken(client);
}

void TelegramLink::take(Client& client, const telegram::Telegram& telegram, SteadyTime now) {
  const auto* hello = std::get_if<telegram::Hello>(&telegram.message);
  if ((hello != nullptr) == client.welcomed) {
    return nonsense(client,
                    hello != nullptr ? "telegram: a second hello" : "telegram: no hello at first",
                    Farewell::nonsense, now);
  }
  if (hello != nullptr) return welcome(client, *hello, now);
  if (client.role == Role::control) watch_.heard(now);
  if (std::holds_alternative<telegram::MachineHeartbeat>(telegram.message)) return;
  if (client.role == Role::control) {
    if (const auto* trigger = std::get_if<telegram::TriggerTelegram>(&telegram.message)) {
      return on_trigger(client, *trigger, now);
    }
    if (const auto* machine = std::get_if<telegram::MachineTelegram>(&telegram.message)) {
      return on_machine(client, *machine, now);
    }
  }
  nonsense(client, "telegram: a type that is not for it to send", Farewell::nonsense, now);
}

void TelegramLink::on_trigger(Client& client, const telegram::TriggerTelegram& trigger,
                              SteadyTime now) {
  if (trigger.lane >= lanes_) {
    return nonsense(client, "telegram: a lane that is not there", Farewell::nonsense, now);
  }
  triggers_.fetch_add(1, std::memory_order_relaxed);
  if (!input_.on_trigger) return;
  input_.on_trigger({trigger.lane, trigger.machine_piece, trigger.encoder, now});
}

void TelegramLink::on_machine(Client& client, const telegram::MachineTelegram& machine,
                              SteadyTime now) {
  if (machine.lane >= lanes_) {
    return nonsense(client, "telegram: a lane that is not there", Farewell::nonsense, now);
  }
  machines_[machine.lane] = machine.state;
  if (input_.on_machine) input_.on_machine(machine.lane, machine.state);
}

/// What a machine that is no longer heard of does, nobody knows.
void TelegramLink::forget_machines() {
  for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
    if (std::exchange(machines_[lane], MachineState::unknown) == MachineState::unknown) continue;
    if (input_.on_machine) input_.on_machine(lane, MachineState::unknown);
  }
}

void TelegramLink::welcome(Client& client, const telegram::Hello& hello, SteadyTime now) {
  const std::uint64_t newest = ring_.newest();
  const bool known = hello.session == session_;
  if (known && hello.last != telegram::kFromNow && hello.last > newest) {
    return nonsense(client, "telegram: a hello with a sequence that never was", Farewell::nonsense,
                    now);
  }
  if (hello.role == Role::control) {
    if (Client* other = control()) {
      if (other->control != hello.control) {
        return close(client, Farewell::occupied, "", now);
      }
      close(*other, Farewell::replaced, "it has connected again", now);
    }
    up_.store(true);
    watch_.heard(now);
  } else if (listeners() >= kListeners) {
    return close(client, Farewell::occupied, "", now);
  }
  std::uint64_t had = known ? hello.last : 0;
  if (hello.last == telegram::kFromNow) had = newest;
  client.cursor = std::max(had + 1, ring_.oldest());
  client.welcomed = true;
  client.role = hello.role;
  client.control = hello.control;
  client.told = ~0u;
  client.heartbeat = now;
  telegram::Welcome answer;
  answer.session = session_;
  answer.first = client.cursor;
  answer.missed = client.cursor - (had + 1);
  answer.numbering = known ? telegram::Numbering::resumed : telegram::Numbering::anew;
  answer.role = hello.role;
  answer.lanes = static_cast<std::uint16_t>(lanes_);
  answer.heartbeat_ms = milliseconds16(config_.heartbeat);
  answer.silence_ms = milliseconds16(config_.silence);
  client.pipe.put(answer);
}

void TelegramLink::speak_to(Client& client, SteadyTime now) {
  if (!client.pipe.flush(now)) return broken(client);
  while (client.welcomed && client.pipe.room()) {
    put_news(client, now);
    // Only when all before them have gone: a decision that waits here would grow older than it
    // says.
    if (client.pipe.empty() && !put_decisions(client, now)) {
      return close(client, Farewell::slow, "it took decisions too slowly", now);
    }
    if (client.pipe.empty()) return;
    if (!client.pipe.flush(now)) return broken(client);
    if (!client.pipe.empty()) return;
    now = std::chrono::steady_clock::now();
  }
}

/// What it has not been told of the station's state, and that the station is alive.
void TelegramLink::put_news(Client& client, SteadyTime now) {
  const std::uint32_t state = state_.load();
  if (client.told != state && client.pipe.room()) {
    client.told = state;
    client.pipe.put(telegram::State{static_cast<VisionState>(state >> 16),
                                    static_cast<std::uint16_t>(state & kAlarmsMask)});
  }
  if (now - client.heartbeat >= config_.heartbeat && client.pipe.room()) {
    client.heartbeat = now;
    client.pipe.put(telegram::StationHeartbeat{ring_.newest()});
  }
}

/// As many as there are and there is room for; false when its next one is no longer kept.
bool TelegramLink::put_decisions(Client& client, SteadyTime now) {
  SorterDecision decision;
  while (client.pipe.room()) {
    const DecisionRing::Found found = ring_.read(client.cursor, decision);
    if (found == DecisionRing::Found::gone) return false;
    if (found == DecisionRing::Found::not_yet) return true;
    client.pipe.put(letter(client, decision, now));
    ++client.cursor;
  }
  return true;
}

telegram::Decision TelegramLink::letter(Client& client, const SorterDecision& decision,
                                        SteadyTime now) {
  telegram::Decision letter;
  letter.sequence = client.cursor;
  letter.piece = decision.piece;
  letter.machine_piece = decision.machine_piece;
  letter.encoder = decision.encoder;
  letter.age_us = microseconds32(now - decision.decided);
  letter.since_trigger_us = microseconds32(now - decision.triggered);
  letter.lane = static_cast<std::uint16_t>(decision.lane);
  letter.outlet = decision.outlet;
  letter.decision = decision.decision;
  letter.reason = decision.reason;
  letter.late = decision.late || (decision.due != SteadyTime{} && now > decision.due);
  if (client.role != Role::control) return letter;
  if (client.cursor <= sent_.load()) {
    letter.sent_again = true;
    repeated_.fetch_add(1, std::memory_order_relaxed);
  } else {
    sent_.store(client.cursor);
    if (letter.late && !decision.late) late_.fetch_add(1, std::memory_order_relaxed);
  }
  return letter;
}

void TelegramLink::check_silence(Client& client, SteadyTime now) {
  if (now - client.pipe.heard() >= config_.silence) {
    return close(client, Farewell::silent, "nothing was heard of it", now);
  }
  if (!client.pipe.empty() && now - client.pipe.progress() >= config_.silence) {
    close(client, Farewell::slow, "it takes nothing of what it is sent", now);
  }
}

void TelegramLink::nonsense(Client& client, std::string_view what, Farewell why, SteadyTime now) {
  nonsense_.fetch_add(1, std::memory_order_relaxed);
  watch_.nonsense(now, client.peer, what);
  close(client, why, "it sent nonsense", now);
}

void TelegramLink::close(Client& client, Farewell why, std::string because, SteadyTime now) {
  client.pipe.close_with(why, now);
  forget(client, std::move(because));
}

void TelegramLink::broken(Client& client) {
  forget(client, "the connection to " + client.peer + " ended");
}

void TelegramLink::forget(Client& client, std::string because) {
  client.closed = true;
  if (!client.welcomed || client.role != Role::control) return;
  links_lost_.fetch_add(1, std::memory_order_relaxed);
  up_.store(false);
  watch_.lost(std::move(because));
}

TelegramLink::Client* TelegramLink::control() {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [](const auto& client) {
    return !client->closed && client->welcomed && client->role == Role::control;
  });
  return found == clients_.end() ? nullptr : found->get();
}

std::size_t TelegramLink::listeners() const {
  return static_cast<std::size_t>(
      std::count_if(clients_.begin(), clients_.end(), [](const auto& client) {
        return !client->closed && client->welcomed && client->role == Role::listener;
      }));
}

Result<std::unique_ptr<SorterLink>> serve_telegram(const TelegramConfig& config,
                                                   std::uint32_t lanes, SorterInput input,
                                                   AlarmSink alarms) {
  if (lanes == 0 || lanes > 0xFFFF || config.heartbeat < 1ms || config.silence < config.heartbeat) {
    return fail(ErrorKind::invalid, "telegram: its silence must be longer than its heartbeat");
  }
  auto listener = listen_on(config.address, config.port);
  if (!listener) return fail("telegram", listener.error());
  auto bell = Bell::make();
  if (!bell) return fail("telegram", bell.error());
  return std::make_unique<TelegramLink>(config, lanes, std::move(input), std::move(alarms),
                                        std::move(*listener), std::move(*bell));
}

}  // namespace backstamp::station
