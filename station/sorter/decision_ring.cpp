#include "station/sorter/decision_ring.h"

#include <algorithm>
#include <array>
#include <bit>

namespace backstamp::station {
namespace {

using Words = std::array<std::uint64_t, 7>;

std::uint64_t pack_time(SteadyTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

SteadyTime unpack_time(std::uint64_t count) {
  return SteadyTime(SteadyTime::duration(static_cast<SteadyTime::rep>(count)));
}

Words pack(const SorterDecision& decision) {
  const std::uint64_t small = std::uint64_t{decision.outlet} |
                              std::uint64_t{static_cast<std::uint8_t>(decision.decision)} << 16 |
                              std::uint64_t{static_cast<std::uint8_t>(decision.reason)} << 24 |
                              std::uint64_t{decision.late} << 32 |
                              std::uint64_t{decision.encoder.has_value()} << 33;
  return {decision.piece,
          decision.machine_piece,
          std::uint64_t{decision.lane} << 32 | decision.encoder.value_or(0),
          small,
          pack_time(decision.due),
          pack_time(decision.triggered),
          pack_time(decision.decided)};
}

SorterDecision unpack(const Words& words) {
  SorterDecision decision;
  decision.piece = words[0];
  decision.machine_piece = words[1];
  decision.lane = static_cast<std::uint32_t>(words[2] >> 32);
  decision.outlet = static_cast<std::uint16_t>(words[3]);
  decision.decision = static_cast<postal::Decision>(words[3] >> 16 & 0xFF);
  decision.reason = static_cast<postal::Reason>(words[3] >> 24 & 0xFF);
  decision.late = (words[3] >> 32 & 1) != 0;
  if ((words[3] >> 33 & 1) != 0) decision.encoder = static_cast<std::uint32_t>(words[2]);
  decision.due = unpack_time(words[4]);
  decision.triggered = unpack_time(words[5]);
  decision.decided = unpack_time(words[6]);
  return decision;
}

}  // namespace

DecisionRing::DecisionRing(std::size_t keep)
    : capacity_(std::bit_ceil(std::clamp<std::size_t>(keep, 1, 1u << 20))),
      slots_(std::make_unique<Slot[]>(capacity_)) {}

std::uint64_t DecisionRing::oldest() const {
  const std::uint64_t newest = this->newest();
  return newest > capacity_ ? newest - capacity_ + 1 : 1;
}

std::uint64_t DecisionRing::push(const SorterDecision& decision) {
  const std::uint64_t sequence = next_.fetch_add(1, std::memory_order_acq_rel) + 1;
  Slot& slot = slots_[sequence & (capacity_ - 1)];
  std::uint64_t stamp = slot.stamp.load(std::memory_order_acquire);
  // A writer that was held up while all others went once around still has the slot, or one that
  // went around has written it: this decision is then lost, as it would be overwritten anyway.
  if (stamp % 2 != 0 || stamp > 2 * sequence) return sequence;
  if (!slot.stamp.compare_exchange_strong(stamp, 2 * sequence - 1, std::memory_order_acq_rel)) {
    return sequence;
  }
  const Words words = pack(decision);
  // Released one by one, so that who sees one of them sees the stamp that was before it.
  for (std::size_t i = 0; i < kWords; ++i) {
    slot.words[i].store(words[i], std::memory_order_release);
  }
  slot.stamp.store(2 * sequence, std::memory_order_release);
  return sequence;
}

DecisionRing::Found DecisionRing::read(std::uint64_t sequence, SorterDecision& into) const {
  const Slot& slot = slots_[sequence & (capacity_ - 1)];
  const std::uint64_t stamp = slot.stamp.load(std::memory_order_acquire);
  if (stamp > 2 * sequence) return Found::gone;
  if (stamp < 2 * sequence) return sequence < oldest() ? Found::gone : Found::not_yet;
  Words words;
  for (std::size_t i = 0; i < kWords; ++i) {
    words[i] = slot.words[i].load(std::memory_order_acquire);
  }
  if (slot.stamp.load(std::memory_order_acquire) != stamp) return Found::gone;
  into = unpack(words);
  return Found::yes;
}

}  // namespace backstamp::station
