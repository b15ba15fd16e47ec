#include "vision/linear/code128_match.h"

#include <cstddef>

#include "vision/linear/blurred_edge.h"

namespace backstamp::vision {
namespace {

constexpr int kEdges = kCode128Modules;  // places 0 … 10 of edges within a character

float product(const float* a, const float* b) {
  float lanes[4] = {};
  for (int i = 0; i < kCharacterSamples; i += 4)
    for (int k = 0; k < 4; ++k) lanes[k] += a[i + k] * b[i + k];
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}

/// The places of the second to the sixth edge.
std::array<std::size_t, 5> edges_of(int value) {
  const auto& widths = kCode128Widths[static_cast<std::size_t>(value)];
  std::array<std::size_t, 5> edges{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) edges[i] = at += widths[i];
  return edges;
}

}  // namespace

Code128Matcher::Code128Matcher(BarBlur blur) {
  const float steeper = 1 / blur.sigma;
  for (int i = 0; i < kTable; ++i) {
    const float x =
        (static_cast<float>(i) + 0.5f) / kPerModule - static_cast<float>(kCode128Modules + kReach);
    rising_[static_cast<std::size_t>(i)] = blurred_edge((x + blur.spread / 2) * steeper);
    falling_[static_cast<std::size_t>(i)] = blurred_edge((x - blur.spread / 2) * steeper);
  }
}

void Code128Matcher::prepare() {
  // Products of all edges, from which the squares of all characters follow.
  float rise_rise[kEdges][kEdges], rise_fall[kEdges][kEdges], fall_fall[kEdges][kEdges];
  for (int a = 0; a < kEdges; ++a) {
    for (int b = 0; b < kEdges; ++b) {
      rise_fall[a][b] = product(rising(a), falling(b));
      if (b < a) continue;
      rise_rise[a][b] = rise_rise[b][a] = product(rising(a), rising(b));
      fall_fall[a][b] = fall_fall[b][a] = product(falling(a), falling(b));
    }
  }
  for (int value = 0; value < kCode128Patterns; ++value) {
    const auto e = edges_of(value);
    const std::size_t rise[3] = {0, e[1], e[3]}, fall[3] = {e[0], e[2], e[4]};
    float sum = 0;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        sum += rise_rise[rise[i]][rise[k]] - 2 * rise_fall[rise[i]][fall[k]] +
               fall_fall[fall[i]][fall[k]];
    squares_[static_cast<std::size_t>(value)] = sum;
  }
}

CharacterMatch Code128Matcher::match(const CharacterSamples& samples, Neighbours neighbours,
                                     int from, int to) const {
  CharacterSamples own;
  const float* before = falling(-neighbours.space_before);
  const float* rise_after = rising(kCode128Modules);
  const float* fall_after = falling(kCode128Modules + neighbours.bar_after);
  float square = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    own[i] = samples[i] - (1 - before[i]) - (rise_after[i] - fall_after[i]);
    square += own[i] * own[i];
  }
  std::array<float, kEdges> rise, fall;
  for (int e = 0; e < kEdges; ++e) {
    rise[static_cast<std::size_t>(e)] = product(own.data(), rising(e));
    fall[static_cast<std::size_t>(e)] = product(own.data(), falling(e));
  }
  CharacterMatch best{-1, -1, 1e30f, 1e30f};
  for (int value = from; value <= to; ++value) {
    const auto e = edges_of(value);
    const float along = rise[0] - fall[e[0]] + rise[e[1]] - fall[e[2]] + rise[e[3]] - fall[e[4]];
    const float error = square - 2 * along + squares_[static_cast<std::size_t>(value)];
    if (error < best.error) {
      best = {value, best.value, error, best.error};
    } else if (error < best.second_error) {
      best.second = value;
      best.second_error = error;
    }
  }
  return best;
}

CharacterSamples Code128Matcher::expected(int value, Neighbours neighbours) const {
  const auto e = edges_of(value);
  const float* edges[9] = {falling(-neighbours.space_before),
                           rising(0),
                           falling(static_cast<int>(e[0])),
                           rising(static_cast<int>(e[1])),
                           falling(static_cast<int>(e[2])),
                           rising(static_cast<int>(e[3])),
                           falling(static_cast<int>(e[4])),
                           rising(kCode128Modules),
                           falling(kCode128Modules + neighbours.bar_after)};
  CharacterSamples out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = 1 - edges[0][i] + edges[1][i] - edges[2][i] + edges[3][i] - edges[4][i] + edges[5][i] -
             edges[6][i] + edges[7][i] - edges[8][i];
  return out;
}

}  // namespace backstamp::vision
