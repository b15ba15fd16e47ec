#include "vision/linear/itf_match.h"

#include <cstdint>

#include "vision/linear/blurred_edge.h"

namespace backstamp::vision {
namespace {

static_assert(kPerModule == 4, "a sample stands for each quarter of a module");

// Two of five elements are wide: bit 4 is the first.
constexpr std::array<std::uint8_t, 10> kWide{0b00110, 0b10001, 0b01001, 0b11000, 0b00101,
                                             0b10100, 0b01100, 0b00011, 0b10010, 0b01010};
constexpr int kReach = 96;  // quarters: a pair of digits and what stands beside it

}  // namespace

std::array<int, 10> itf_widths(int pair, int wide) {
  std::array<int, 10> widths{};
  const int bars = kWide[static_cast<std::size_t>(pair / 10)];
  const int spaces = kWide[static_cast<std::size_t>(pair % 10)];
  for (std::size_t i = 0; i < 5; ++i) {
    widths[2 * i] = (bars >> (4 - i) & 1) != 0 ? wide : 4;
    widths[2 * i + 1] = (spaces >> (4 - i) & 1) != 0 ? wide : 4;
  }
  return widths;
}

ItfMatcher::ItfMatcher(int wide, BarBlur blur)
    : wide_(wide),
      samples_(static_cast<std::size_t>(24 + 4 * wide)),
      rising_(2 * kReach),
      falling_(2 * kReach) {
  for (std::size_t i = 0; i < rising_.size(); ++i) {
    const float x = (static_cast<float>(i) + 0.5f - kReach) / kPerModule;
    rising_[i] = blurred_edge((x + blur.spread / 2) / blur.sigma);
    falling_[i] = blurred_edge((x - blur.spread / 2) / blur.sigma);
  }
}

void ItfMatcher::expected(int pair, float* out) const {
  const int usual = (4 + wide_) / 2;  // what stands beside it is not known
  const auto size = static_cast<int>(samples_);
  const auto add = [&](const std::vector<float>& edge, int at, float sign) {
    const float* e = edge.data() + (kReach - at);
    for (int i = 0; i < size; ++i) out[i] += sign * e[i];
  };
  for (int i = 0; i < size; ++i) out[i] = 1;
  add(falling_, -usual, -1);
  add(rising_, 0, 1);
  int at = 0;
  bool bar = true;
  for (const int width : itf_widths(pair, wide_)) {
    at += width;
    add(bar ? falling_ : rising_, at, bar ? -1.0f : 1.0f);
    bar = !bar;
  }
  add(falling_, at + usual, -1);
}

void ItfMatcher::prepare() {
  table_.resize(kItfPairs * samples_);
  for (int pair = 0; pair < kItfPairs; ++pair)
    expected(pair, table_.data() + static_cast<std::size_t>(pair) * samples_);
}

ItfMatch ItfMatcher::match(const float* seen) const {
  ItfMatch best{-1, 1e30f, 1e30f};
  for (int pair = 0; pair < kItfPairs; ++pair) {
    const float* t = table_.data() + static_cast<std::size_t>(pair) * samples_;
    float lanes[4] = {};
    for (std::size_t i = 0; i < samples_; i += 4) {
      for (std::size_t k = 0; k < 4; ++k) {
        const float d = seen[i + k] - t[i + k];
        lanes[k] += d * d;
      }
    }
    const float error = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
    if (error < best.error) {
      best = {pair, error, best.error};
    } else if (error < best.second_error) {
      best.second_error = error;
    }
  }
  return best;
}

}  // namespace backstamp::vision
