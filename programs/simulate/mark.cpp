#include "programs/simulate/mark.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace backstamp::simulate {
namespace {

/// As tests/support/unruly.h has it, which programs may not include; a test compares the two.
constexpr std::array<std::uint8_t, 8> kMagic = {0x55, 0xAA, 'u', 'n', 'r', 'u', 'l', 'y'};
constexpr std::size_t kMarkPixels = 16;
constexpr std::uint8_t kAbort = 1;
constexpr std::uint8_t kSpin = 3;
constexpr std::uint8_t kLeak = 4;
constexpr std::uint32_t kLeaked_mib = 280;  ///< more than a worker may keep

}  // namespace

void mark_for_unruly_worker(vision::Frame& picture, WorkerFault fault) {
  if (fault == WorkerFault::none || picture.empty() ||
      picture.width_px() < static_cast<int>(kMarkPixels)) {
    return;
  }
  std::uint8_t* const at = picture.row(0);
  std::memset(at, 0, kMarkPixels);
  std::copy(kMagic.begin(), kMagic.end(), at);
  at[8] = fault == WorkerFault::crash ? kAbort : fault == WorkerFault::hang ? kSpin : kLeak;
  const std::uint32_t amount = fault == WorkerFault::bloat ? kLeaked_mib : 0;
  std::memcpy(at + 12, &amount, sizeof amount);
}

}  // namespace backstamp::simulate
