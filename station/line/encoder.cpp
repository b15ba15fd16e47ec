#include "station/line/encoder.h"

namespace backstamp::station {

/// From the newest count to a raw reading: the shorter way around the counter.
std::int64_t Encoder::step(std::uint32_t raw) const {
  const std::uint64_t range = 1ull << bits_;
  const auto here = static_cast<std::uint64_t>(*newest_) & (range - 1);
  const std::uint64_t ahead = (raw - here) & (range - 1);
  return ahead < range / 2 ? static_cast<std::int64_t>(ahead)
                           : static_cast<std::int64_t>(ahead) - static_cast<std::int64_t>(range);
}

std::int64_t Encoder::follow(std::uint32_t raw) {
  const auto read = static_cast<std::uint32_t>(raw & ((1ull << bits_) - 1));
  if (!newest_) {
    newest_ = read;
    return *newest_;
  }
  const std::int64_t moved = step(read);
  const bool back = moved < -kSlack;
  if (back && !going_back_) ++reversals_;
  going_back_ = back;
  *newest_ += moved;
  return *newest_;
}

std::optional<std::int64_t> Encoder::near(std::uint32_t raw) const {
  if (!newest_) return std::nullopt;
  return *newest_ + step(static_cast<std::uint32_t>(raw & ((1ull << bits_) - 1)));
}

}  // namespace backstamp::station
