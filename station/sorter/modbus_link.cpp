#include "station/sorter/modbus_link.h"

#include <modbus.h>
#include <poll.h>
#include <sys/random.h>

#include <algorithm>

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using modbus::Request;

constexpr std::size_t kClients = 8;
constexpr std::size_t kAcceptAtOnce = 8;
constexpr std::uint32_t kMostPerSecond = 2000;  ///< requests of one client
constexpr auto kIdle = 60s;                     ///< without a request, a connection is closed
constexpr auto kHeartbeat = 100ms;

std::uint32_t draw_run() {
  std::uint32_t run = 0;
  while (run == 0) {
    if (::getrandom(&run, sizeof run, 0) != sizeof run) run = 0;
  }
  return run;
}

}  // namespace

struct ModbusLink::Registers {
  struct Free {
    void operator()(modbus_t* made) const { modbus_free(made); }
    void operator()(modbus_mapping_t* made) const { modbus_mapping_free(made); }
  };
  // What it would connect to is never used: sockets are given to it.
  std::unique_ptr<modbus_t, Free> context{modbus_new_tcp("127.0.0.1", 1)};
  std::unique_ptr<modbus_mapping_t, Free> mapping{
      modbus_mapping_new(0, 0, modbus::kHoldings, modbus::kInputs)};

  bool made() const { return context && mapping; }
  std::span<std::uint16_t> inputs() {
    return {mapping->tab_input_registers, static_cast<std::size_t>(modbus::kInputs)};
  }
  std::span<const std::uint16_t> holdings() const {
    return {mapping->tab_registers, static_cast<std::size_t>(modbus::kHoldings)};
  }
};

ModbusLink::ModbusLink(const ModbusConfig& config, std::uint32_t lanes, SorterInput input,
                       AlarmSink alarms, UniqueFd listener, Bell bell,
                       std::unique_ptr<Registers> registers)
    : config_(config),
      input_(std::move(input)),
      listener_(std::move(listener)),
      bell_(std::move(bell)),
      port_(port_of(listener_.get())),
      registers_(std::move(registers)),
      map_(lanes, draw_run(), config.silence),
      watch_({"modbus", config.silence, config.fallback}, std::move(alarms),
             std::chrono::steady_clock::now()) {
  // Should the library ever find fault with what was checked here, it must not wait for long.
  modbus_set_response_timeout(registers_->context.get(), 0, 1000);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ModbusLink::~ModbusLink() {
  thread_.request_stop();
  bell_.ring();
}

SorterCounters ModbusLink::counters() const {
  SorterCounters counters;
  counters.decisions = map_.newest();
  counters.late = map_.late();
  counters.triggers = map_.triggers();
  counters.nonsense = nonsense_.load();
  counters.links_lost = links_lost_.load();
  counters.dropped = map_.dropped();
  counters.up = up_.load();
  return counters;
}

void ModbusLink::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait();
    bell_.clear();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now - heartbeat_at_ >= kHeartbeat) {
      heartbeat_at_ = now;
      ++heartbeat_;
    }
    accept_all(now);
    asked_ = false;
    for (const auto& client : clients_) serve(*client, now);
    std::erase_if(clients_, [](const auto& client) { return !client->fd; });
    watch(now);
  }
}

void ModbusLink::wait() {
  std::array<pollfd, kClients + 2> waited{};
  std::size_t count = 0;
  waited[count++] = {exhausted_ ? -1 : listener_.get(), POLLIN, 0};
  waited[count++] = {bell_.fd(), POLLIN, 0};
  for (const auto& client : clients_) waited[count++] = {client->fd.get(), POLLIN, 0};
  const auto due = std::min<std::chrono::milliseconds>(config_.silence / 8, kHeartbeat);
  ::poll(waited.data(), count, static_cast<int>(std::max<std::int64_t>(due.count(), 1)));
}

void ModbusLink::accept_all(SteadyTime now) {
  for (std::size_t i = 0; i < kAcceptAtOnce; ++i) {
    Accepted accepted = accept_one(listener_.get());
    exhausted_ = accepted.exhausted;
    if (!accepted.fd) return;
    if (!make_place(now)) continue;
    auto client = std::make_unique<Client>();
    client->fd = std::move(accepted.fd);
    client->peer = std::move(accepted.peer);
    client->heard = client->begun = client->window = now;
    clients_.push_back(std::move(client));
  }
}

/// The one that has asked nothing for longest makes place, when it has been silent for long enough.
bool ModbusLink::make_place(SteadyTime now) {
  if (clients_.size() < kClients) return true;
  const auto idle =
      std::min_element(clients_.begin(), clients_.end(),
                       [](const auto& a, const auto& b) { return a->heard < b->heard; });
  if (now - (*idle)->heard < config_.silence) return false;
  clients_.erase(idle);
  return true;
}

void ModbusLink::serve(Client& client, SteadyTime now) {
  if (now - client.window >= 1s) {
    client.window = now;
    client.in_window = 0;
  }
  std::size_t count = 0;
  const Moved moved =
      receive_some(client.fd.get(), std::span(client.in).subspan(client.size), count);
  if (moved == Moved::ended) return client.fd.reset();
  if (client.size == 0) client.begun = now;
  client.size += count;
  for (;;) {
    const ByteView front(client.in.data(), client.size);
    const auto length = modbus::front_length(front);
    if (!length) return nonsense(client, length.error().message, now);
    if (!*length || client.size < **length) break;
    if (++client.in_window > kMostPerSecond) {
      return nonsense(client, "Modbus: more requests than a control has", now);
    }
    if (!answer(client, front.first(**length), now)) return;
    std::copy(client.in.begin() + static_cast<std::ptrdiff_t>(**length),
              client.in.begin() + static_cast<std::ptrdiff_t>(client.size), client.in.begin());
    client.size -= **length;
    client.heard = client.begun = now;
  }
  if (client.size > 0 && now - client.begun >= config_.silence) {
    return nonsense(client, "Modbus: a frame that does not end", now);
  }
  if (now - client.heard >= kIdle) client.fd.reset();
}

/// False when the client is gone.
bool ModbusLink::answer(Client& client, ByteView frame, SteadyTime now) {
  auto request = modbus::parse(frame, {modbus::kInputs, modbus::kHoldings});
  if (!request) {
    nonsense(client, request.error().message, now);
    return false;
  }
  const bool writes = *request && !(*request)->values.empty();
  if (writes) {
    if (const auto refused = map_.check(**request)) *request = std::unexpected(*refused);
  }
  modbus_set_socket(registers_->context.get(), client.fd.get());
  bool sent = false;
  if (*request) {
    sent = reply(frame, **request, now);
  } else {
    sent = modbus_reply_exception(registers_->context.get(), frame.data(),
                                  static_cast<unsigned>(request->error())) > 0;
  }
  // The socket does not wait: a client whose buffer is full has not read its answers.
  if (!sent) client.fd.reset();
  return sent;
}

bool ModbusLink::reply(ByteView frame, const Request& request, SteadyTime now) {
  asked_ = true;
  if (request.function == modbus::Function::read_input) {
    map_.fill(registers_->inputs(), heartbeat_, std::chrono::steady_clock::now());
  }
  const bool sent = modbus_reply(registers_->context.get(), frame.data(),
                                 static_cast<int>(frame.size()), registers_->mapping.get()) > 0;
  if (!request.values.empty()) {
    map_.written(request, registers_->holdings(), input_, now);
  } else if (sent) {
    map_.read(request);
  }
  return sent;
}

void ModbusLink::nonsense(Client& client, std::string_view what, SteadyTime now) {
  nonsense_.fetch_add(1, std::memory_order_relaxed);
  watch_.nonsense(now, client.peer, what);
  client.fd.reset();
}

/// The control is there while its heartbeat changes; one that gives none, while somebody asks.
void ModbusLink::watch(SteadyTime now) {
  const bool changed = map_.heartbeat_changed();
  if (map_.has_heartbeat() ? changed : asked_) {
    heard_ = now;
    up_.store(true);
    watch_.heard(now);
  } else if (up_.load() && now - heard_ >= config_.silence) {
    up_.store(false);
    links_lost_.fetch_add(1, std::memory_order_relaxed);
    watch_.lost(map_.has_heartbeat() ? "its heartbeat stands still" : "it asks nothing");
  }
  if (watch_.tick(now)) map_.forget_machines(input_);
}

Result<std::unique_ptr<SorterLink>> ModbusLink::serve(const ModbusConfig& config,
                                                      std::uint32_t lanes, SorterInput input,
                                                      AlarmSink alarms) {
  if (lanes == 0 || lanes > modbus::kLanes || config.silence < 1ms) {
    return fail(ErrorKind::invalid, "Modbus: its registers have places for 1 to " +
                                        std::to_string(modbus::kLanes) + " lanes");
  }
  auto listener = listen_on(config.address, config.port);
  if (!listener) return fail("Modbus", listener.error());
  auto bell = Bell::make();
  if (!bell) return fail("Modbus", bell.error());
  auto registers = std::make_unique<Registers>();
  if (!registers->made()) return fail(ErrorKind::internal, "Modbus: no memory for its registers");
  return std::unique_ptr<SorterLink>(new ModbusLink(config, lanes, std::move(input),
                                                    std::move(alarms), std::move(*listener),
                                                    std::move(*bell), std::move(registers)));
}

Result<std::unique_ptr<SorterLink>> serve_modbus(const ModbusConfig& config, std::uint32_t lanes,
                                                 SorterInput input, AlarmSink alarms) {
  return ModbusLink::serve(config, lanes, std::move(input), std::move(alarms));
}

}  // namespace backstamp::station
