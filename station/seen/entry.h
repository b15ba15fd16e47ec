// One token in the duplicate index, in 24 bytes, and where it is looked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include "base/clock.h"
#include "postal/token.h"
#include "station/duplicate_index.h"

namespace backstamp::station::seen {

/// Times are kept as steps from their part's base.
using Step = std::chrono::duration<std::int32_t, std::centi>;
/// How far from its base a part's times may lie: within what 32 bits hold.
inline constexpr std::chrono::hours kFarthest{200 * 24};

inline bool fits(UtcTime at, UtcTime base) {
  return at > base - kFarthest && at < base + kFarthest;
}

struct Entry {
  std::uint64_t counter = 0;
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::int32_t steps = 0;   ///< the time of the last reading, rounded down
  std::uint32_t state = 0;  ///< see pack(); 0: no entry

  bool is(const postal::TokenIdentity& token) const {
    return counter == token.counter && issuer == token.issuer && meter == token.meter;
  }
  postal::TokenIdentity identity() const { return {issuer, meter, counter}; }
};
static_assert(sizeof(Entry) == 24 && std::is_trivially_copyable_v<Entry>);

// The state: occupied, rejected, inducted, the marks of the face, and what is kept of the claims.
inline constexpr std::uint32_t kOccupied = 1;
inline constexpr std::uint32_t kRejected = 2;
inline constexpr std::uint32_t kInducted = 4;
inline constexpr unsigned kFaceShift = 3;
inline constexpr unsigned kClaimsShift = 11;

inline Entry pack(const postal::TokenIdentity& token, const SeenToken& seen, UtcTime base) {
  Entry entry{token.counter, token.issuer, token.meter,
              static_cast<std::int32_t>(std::chrono::floor<Step>(seen.at - base).count()),
              kOccupied};
  if (seen.rejected) entry.state |= kRejected;
  if (seen.inducted) entry.state |= kInducted;
  entry.state |= static_cast<std::uint32_t>(seen.face) << kFaceShift;
  entry.state |= seen.claims << kClaimsShift;
  return entry;
}

inline SeenToken unpack(const Entry& entry, UtcTime base) {
  SeenToken seen;
  seen.at = base + std::chrono::duration_cast<UtcTime::duration>(Step(entry.steps));
  seen.rejected = (entry.state & kRejected) != 0;
  seen.inducted = (entry.state & kInducted) != 0;
  seen.face = static_cast<std::uint8_t>(entry.state >> kFaceShift);
  seen.claims = entry.state >> kClaimsShift;
  return seen;
}

/// 64 mixed bits; `seed` is drawn by chance, so that no meter can choose counters that collide.
inline std::uint64_t hash_of(const postal::TokenIdentity& token, std::uint64_t seed) {
  const auto mix = [](std::uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ull;
    value = (value ^ value >> 27) * 0x94D049BB133111EBull;
    return value ^ value >> 31;
  };
  const std::uint64_t meter = static_cast<std::uint64_t>(token.issuer) << 32 | token.meter;
  return mix(mix(meter ^ seed) ^ token.counter);
}

/// A place below `count` for a hash, without a division.
inline std::uint32_t place_of(std::uint64_t hash, std::uint32_t count) {
  return static_cast<std::uint32_t>((hash >> 32) * count >> 32);
}

}  // namespace backstamp::station::seen
