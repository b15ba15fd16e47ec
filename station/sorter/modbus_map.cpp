#include "station/sorter/modbus_map.h"

#include <algorithm>
#include <utility>

namespace backstamp::station::modbus {
namespace {

/// Far more than are shown, so that a slot is never written again while it may be read.
constexpr std::size_t kKept = 16 * kRingEntries;

// A lane's holding registers.
constexpr std::size_t kMachineState = 0;
constexpr std::size_t kFlags = 1;
constexpr std::size_t kMachinePiece = 2;
constexpr std::size_t kEncoder = 4;
constexpr std::size_t kCounter = 6;
constexpr std::size_t kUsed = 7;

constexpr std::uint16_t kDivertFlag = 1;
constexpr std::uint16_t kLateFlag = 2;
constexpr std::uint16_t kEncoderFlag = 4;

/// The more significant half first.
void put32(std::span<std::uint16_t> to, std::size_t at, std::uint64_t value) {
  to[at] = static_cast<std::uint16_t>(value >> 16);
  to[at + 1] = static_cast<std::uint16_t>(value);
}

std::uint32_t get32(std::span<const std::uint16_t> from, std::size_t at) {
  return std::uint32_t{from[at]} << 16 | from[at + 1];
}

std::uint16_t milliseconds16(SteadyTime::duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(ms, 0, 0xFFFF));
}

}  // namespace

Map::Map(std::uint32_t lanes, std::uint32_t run, std::chrono::milliseconds silence)
    : lanes_(std::min(lanes, kLanes)),
      run_(run),
      silence_ms_(milliseconds16(silence)),
      ring_(kKept) {}

void Map::decide(const SorterDecision& decision) {
  if (decision.lane < lanes_) {
    Lane& lane = lane_[decision.lane];
    lane.decisions.fetch_add(1, std::memory_order_relaxed);
    if (decision.late) lane.late.fetch_add(1, std::memory_order_relaxed);
    if (decision.decision == postal::Decision::divert) {
      lane.diverted.fetch_add(1, std::memory_order_relaxed);
    }
  }
  const std::uint64_t sequence = ring_.push(decision);
  if (sequence > kRingEntries && sequence - kRingEntries > read_.load(std::memory_order_relaxed)) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Map::alarms(std::uint32_t standing) {
  alarms_.store(static_cast<std::uint16_t>(std::min<std::uint32_t>(standing, 0xFFFF)));
}

std::uint64_t Map::late() const {
  std::uint64_t late = 0;
  for (const Lane& lane : lane_) late += lane.late.load();
  return late;
}

std::optional<Exception> Map::check(const Request& request) const {
  for (std::size_t i = 0; i < request.count; ++i) {
    const std::size_t address = request.address + i;
    if (address == 0) continue;  // the control's heartbeat
    if (address < kLanesAt) return Exception::address;
    const std::size_t lane = (address - kLanesAt) / kLaneRegisters;
    const std::size_t field = (address - kLanesAt) % kLaneRegisters;
    if (lane >= lanes_ || field >= kUsed) return Exception::address;
    const std::uint16_t most = field == kMachineState ? std::uint16_t{3}
                               : field == kFlags      ? std::uint16_t{1}
                                                      : std::uint16_t{0xFFFF};
    if (request.value(i) > most) return Exception::value;
  }
  return std::nullopt;
}

void Map::written(const Request& request, std::span<const std::uint16_t> holdings,
                  const SorterInput& input, SteadyTime now) {
  const std::size_t end = request.address + std::size_t{request.count};
  if (request.address == 0) {
    if (!has_heartbeat_ || holdings[0] != heartbeat_) heartbeat_changed_ = true;
    has_heartbeat_ = true;
    heartbeat_ = holdings[0];
  }
  for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
    const std::size_t at = kLanesAt + lane * kLaneRegisters;
    const auto holds = [&](std::size_t field) {
      return request.address <= at + field && at + field < end;
    };
    if (holds(kMachineState)) {
      const auto state = static_cast<MachineState>(holdings[at + kMachineState]);
      if (state != lane_[lane].machine && input.on_machine) input.on_machine(lane, state);
      lane_[lane].machine = state;
    }
    if (holds(kCounter)) take_mailbox(lane, holdings.subspan(at, kUsed), input, now);
  }
}

/// A counter that is the next one announces a piece. Any other says where the control counts: one
/// that writes all its registers in turn must not announce a piece because the station is new.
void Map::take_mailbox(std::uint32_t lane, std::span<const std::uint16_t> mailbox,
                       const SorterInput& input, SteadyTime now) {
  Lane& to = lane_[lane];
  const std::uint16_t counter = mailbox[kCounter];
  if (counter == to.counter) return;
  const auto next = to.counter == 0xFFFF ? 1 : to.counter + 1;  // 0 is where a new station stands
  to.counter = counter;
  to.mailbox = counter == next ? Mailbox::taken : Mailbox::synchronized;
  if (to.mailbox != Mailbox::taken) return;
  ++to.triggers;
  triggers_.fetch_add(1, std::memory_order_relaxed);
  if (!input.on_trigger) return;
  Trigger trigger{lane, get32(mailbox, kMachinePiece), std::nullopt, now};
  if ((mailbox[kFlags] & 1) != 0) trigger.encoder = get32(mailbox, kEncoder);
  input.on_trigger(trigger);
}

void Map::forget_machines(const SorterInput& input) {
  for (std::uint32_t lane = 0; lane < lanes_; ++lane) {
    MachineState& machine = lane_[lane].machine;
    if (std::exchange(machine, MachineState::unknown) == MachineState::unknown) continue;
    if (input.on_machine) input.on_machine(lane, MachineState::unknown);
  }
}

bool Map::heartbeat_changed() {
  return std::exchange(heartbeat_changed_, false);
}

void Map::fill(std::span<std::uint16_t> inputs, std::uint16_t heartbeat, SteadyTime now) const {
  const std::uint64_t newest = ring_.newest();
  const std::uint64_t oldest = newest > kRingEntries ? newest - kRingEntries + 1 : 1;
  inputs[0] = kIdentity;
  inputs[1] = kMapVersion;
  inputs[2] = state_.load();
  inputs[3] = heartbeat;
  inputs[4] = alarms_.load();
  inputs[5] = static_cast<std::uint16_t>(lanes_);
  put32(inputs, 6, run_);
  put32(inputs, 8, newest);
  put32(inputs, 10, newest == 0 ? 0 : oldest);
  inputs[12] = silence_ms_;
  for (std::uint32_t i = 0; i < lanes_; ++i) {
    const Lane& lane = lane_[i];
    const auto at = inputs.subspan(kLanesAt + i * kLaneRegisters, kLaneRegisters);
    put32(at, 0, lane.decisions.load());
    put32(at, 2, lane.diverted.load());
    put32(at, 4, lane.late.load());
    put32(at, 6, lane.triggers);
    at[8] = lane.counter;
    at[9] = static_cast<std::uint16_t>(lane.mailbox);
    at[10] = static_cast<std::uint16_t>(lane.machine);
  }
  const auto entries = inputs.subspan(kRingAt, kRingEntries * kEntryRegisters);
  std::fill(entries.begin(), entries.end(), std::uint16_t{0});
  for (std::uint64_t sequence = oldest; sequence <= newest; ++sequence) {
    const std::size_t slot = (sequence - 1) % kRingEntries;
    fill_entry(entries.subspan(slot * kEntryRegisters, kEntryRegisters), sequence, now);
  }
}

/// An entry that is not whole yet, or no more, stays as it is: zeros.
void Map::fill_entry(std::span<std::uint16_t> entry, std::uint64_t sequence, SteadyTime now) const {
  SorterDecision decision;
  if (ring_.read(sequence, decision) != DecisionRing::Found::yes) return;
  const bool late = decision.late || (decision.due != SteadyTime{} && now > decision.due);
  put32(entry, 0, sequence);
  entry[2] = static_cast<std::uint16_t>(decision.lane);
  put32(entry, 3, decision.piece);
  put32(entry, 5, decision.machine_piece);
  put32(entry, 7, decision.encoder.value_or(0));
  const int flags = (decision.decision == postal::Decision::divert ? kDivertFlag : 0) |
                    (late ? kLateFlag : 0) | (decision.encoder ? kEncoderFlag : 0);
  entry[9] = static_cast<std::uint16_t>(flags);
  entry[10] = static_cast<std::uint16_t>(decision.reason);
  entry[11] = decision.outlet;
  entry[12] = milliseconds16(now - decision.decided);
  entry[13] = milliseconds16(now - decision.triggered);
  put32(entry, 14, sequence);
}

void Map::read(const Request& request) {
  const std::size_t end = request.address + std::size_t{request.count};
  if (request.function != Function::read_input || end <= kRingAt) return;
  const std::uint64_t newest = ring_.newest();
  const std::uint64_t oldest = newest > kRingEntries ? newest - kRingEntries + 1 : 1;
  for (std::uint64_t sequence = newest; sequence >= oldest && sequence > 0; --sequence) {
    const std::size_t at = kRingAt + (sequence - 1) % kRingEntries * kEntryRegisters;
    if (at < request.address || at + kEntryRegisters > end) continue;
    if (sequence > read_.load()) read_.store(sequence);
    return;
  }
}

}  // namespace backstamp::station::modbus
