#include "programs/simulate/machine.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <ranges>
#include <vector>

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;
using station::MachineState;

/// What the control does at a moment: announces a piece, or tells how a lane's belt moves.
struct Due {
  Micros at{};
  std::uint32_t lane = 0;
  std::size_t piece = 0;
  std::optional<MachineState> state;   ///< instead of a piece
  std::optional<Micros> stands_until;  ///< with `jammed`
};

void add_pieces(std::vector<Due>& dues, const Belt& belt, std::uint32_t lane) {
  for (std::size_t piece = 0; piece < belt.pieces().size(); ++piece) {
    if (!belt.pieces()[piece].triggered) continue;
    dues.push_back({belt.pieces()[piece].trigger_at, lane, piece, std::nullopt, std::nullopt});
  }
}

void add_states(std::vector<Due>& dues, const Belt& belt, std::uint32_t lane) {
  dues.push_back({Micros(0), lane, 0, MachineState::running, std::nullopt});
  const auto& spans = belt.spans();
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (!spans[i].jam || (i > 0 && spans[i - 1].jam)) continue;
    std::size_t end = i;
    while (end < spans.size() && spans[end].jam) ++end;
    const Micros until = end < spans.size() ? spans[end].from : spans.back().from;
    dues.push_back({spans[i].from, lane, 0, MachineState::jammed, until});
    dues.push_back({until, lane, 0, MachineState::running, std::nullopt});
  }
}

}  // namespace

Machine::Machine(Stage& stage, std::uint16_t port, std::size_t under_way)
    : stage_(stage), under_way_(under_way) {
  std::jthread([this, port] {  // the client's thread is named as the one that starts it
    be_simulation_thread("sim-machine");
    station::TelegramClientOptions options;
    options.port = port;
    client_ = std::make_unique<station::TelegramClient>(options);
  })
      .join();
  receiver_ = std::jthread([this](const std::stop_token& stop) { receive(stop); });
}

Machine::~Machine() {
  sender_.request_stop();
  receiver_.request_stop();
  if (sender_.joinable()) sender_.join();
  receiver_.join();
}

Result<void> Machine::await_station(std::chrono::seconds limit) {
  const SteadyTime end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    const auto state = client_->connected() ? client_->station_state() : std::nullopt;
    if (state == station::VisionState::ready ||
        state == station::VisionState::continuous_execution) {
      return {};
    }
    std::this_thread::sleep_for(10ms);
  }
  return fail(ErrorKind::unavailable, "the station was not ready for pieces within " +
                                          std::to_string(limit.count()) + " s");
}

void Machine::begin() {
  sender_ = std::jthread([this](const std::stop_token& stop) { send(stop); });
}

void Machine::receive(const std::stop_token& stop) {
  be_simulation_thread("sim-machine");
  while (!stop.stop_requested()) {
    const auto told = client_->next(100ms);
    if (!told) continue;
    const station::SorterDecision& decision = told->decision;
    stage_.ledger.decided({decision.lane, decision.machine_piece, decision.late, decision.decided});
  }
}

void Machine::trigger(std::size_t lane, std::size_t index) {
  const Belt& belt = stage_.plan.lanes[lane].belt;
  station::Trigger trigger;
  trigger.lane = static_cast<std::uint32_t>(lane);
  trigger.machine_piece = index + 1;
  trigger.encoder = belt.encoder_at(belt.pieces()[index].leading_mm);
  trigger.at = std::chrono::steady_clock::now();
  stage_.ledger.triggered(trigger.lane, index, trigger.at);
  if (client_->trigger(trigger)) return;
  stage_.ledger.not_sent(trigger.lane, index);
  ++not_sent_;
}

void Machine::send(const std::stop_token& stop) {
  be_simulation_thread("sim-machine");
  const auto start = stage_.start.await(stop);
  if (!start) return;
  if (stage_.paced) {
    send_paced(*start, stop);
  } else {
    send_unpaced(stop);
  }
  done_ = true;
  stay_until(stop);
}

void Machine::send_paced(SteadyTime start, const std::stop_token& stop) {
  std::vector<Due> dues;
  for (std::uint32_t lane = 0; lane < stage_.plan.lanes.size(); ++lane) {
    add_pieces(dues, stage_.plan.lanes[lane].belt, lane);
    add_states(dues, stage_.plan.lanes[lane].belt, lane);
  }
  std::stable_sort(dues.begin(), dues.end(), [](const Due& a, const Due& b) {
    return a.at != b.at ? a.at < b.at : a.state.has_value() > b.state.has_value();
  });
  for (const Due& due : dues) {
    const auto late = sleep_until(start + due.at, stop);
    if (!late) return;
    if (due.state) {
      if (due.stands_until) {
        stage_.ledger.stood(due.lane, start + due.at, start + *due.stands_until);
      }
      (void)client_->machine(due.lane, *due.state);
      continue;
    }
    stage_.triggers_late.note(*late);
    trigger(due.lane, due.piece);
  }
}

void Machine::send_unpaced(const std::stop_token& stop) {
  const auto& lanes = stage_.plan.lanes;
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    (void)client_->machine(lane, MachineState::running);
  }
  const SteadyTime start = std::chrono::steady_clock::now();
  std::vector<std::size_t> next(lanes.size(), 0);
  while (!stop.stop_requested() &&
         std::chrono::steady_clock::now() - start < stage_.plan.duration) {
    const std::uint64_t decisions = stage_.ledger.decisions();
    bool any = false;
    for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
      const auto& pieces = lanes[lane].belt.pieces();
      if (next[lane] >= pieces.size() || stage_.ledger.under_way(lane) >= under_way_) continue;
      const std::size_t piece = next[lane]++;
      stage_.gate.pass(lane, std::chrono::steady_clock::now());
      if (pieces[piece].triggered) trigger(lane, piece);
      any = true;
    }
    const bool more = std::ranges::any_of(
        std::views::iota(std::size_t{0}, lanes.size()),
        [&](std::size_t lane) { return next[lane] < lanes[lane].belt.pieces().size(); });
    if (!more) return;
    if (!any) stage_.ledger.wait_beyond(decisions, 5ms);
  }
}

}  // namespace backstamp::simulate
