#include "vision/linear/blurred_edge.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace backstamp::vision {
namespace {

constexpr float kReach = 4;
constexpr int kSteps = 32;  // a standard deviation
constexpr int kEntries = static_cast<int>(2 * kReach) * kSteps + 2;

std::array<float, kEntries> make_table() {
  std::array<float, kEntries> table{};
  for (int i = 0; i < kEntries; ++i) {
    const float z = static_cast<float>(i) / kSteps - kReach;
    table[static_cast<std::size_t>(i)] = 0.5f * std::erfc(-z * 0.70710678f);
  }
  return table;
}

}  // namespace

float blurred_edge(float z) {
  static const std::array<float, kEntries> table = make_table();
  const float place = std::clamp((z + kReach) * kSteps, 0.0f, 2 * kReach * kSteps);
  const auto i = static_cast<std::size_t>(place);
  return table[i] + (place - static_cast<float>(i)) * (table[i + 1] - table[i]);
}

}  // namespace backstamp::vision
