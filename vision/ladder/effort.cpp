#include "vision/ladder/effort.h"

#include <algorithm>
#include <chrono>

namespace backstamp::vision {

bool Effort::take(std::uint32_t units) {
  if (ended_) return false;
  if (units > limit_ - spent_) {
    ended_ = true;
  } else if (deadline_ != SteadyTime::max() && std::chrono::steady_clock::now() >= deadline_) {
    ended_ = ended_by_clock_ = true;
  } else {
    spent_ += units;
  }
  return !ended_;
}

std::uint32_t charge_for(ImageView picture, std::uint32_t per_kilopixel) {
  const auto pixels = static_cast<std::uint64_t>(std::max(picture.width_px, 0)) *
                      static_cast<std::uint64_t>(std::max(picture.height_px, 0));
  const std::uint64_t units = pixels / 1000 * per_kilopixel + 1;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(units, Effort::kUnlimited));
}

}  // namespace backstamp::vision
