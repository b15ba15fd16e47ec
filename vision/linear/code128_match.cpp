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

void Code128Matcher::prepare(float evenness) {
  // Products of all edges, from which those of all bars follow.
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
    float bars[3][3];
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        bars[i][k] = rise_rise[rise[i]][rise[k]] - rise_fall[rise[i]][fall[k]] -
                     rise_fall[rise[k]][fall[i]] + fall_fall[fall[i]][fall[k]];
    Prior& prior = priors_[static_cast<std::size_t>(value)];
    prior.square = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      prior.overlap[i] = bars[i][0] + bars[i][1] + bars[i][2];
      prior.square += prior.overlap[i];
    }
    const float a = bars[0][0] + evenness, b = bars[0][1], c = bars[0][2];
    const float d = bars[1][1] + evenness, f = bars[1][2], g = bars[2][2] + evenness;
    const float scale = 1 / (a * (d * g - f * f) - b * (b * g - c * f) + c * (b * f - c * d));
    prior.weights = {scale * (d * g - f * f), scale * (c * f - b * g), scale * (b * f - c * d),
                     scale * (a * g - c * c), scale * (b * c - a * f), scale * (a * d - b * b)};
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
  CharacterMatch best;
  best.error = best.second_error = 1e30f;
  for (int value = from; value <= to; ++value) {
    const auto e = edges_of(value);
    const Prior& p = priors_[static_cast<std::size_t>(value)];
    const float bars[3] = {rise[0] - fall[e[0]], rise[e[1]] - fall[e[2]], rise[e[3]] - fall[e[4]]};
    // How much more ink each bar seems to have than it should, and what that explains.
    const float x = bars[0] - p.overlap[0], y = bars[1] - p.overlap[1], z = bars[2] - p.overlap[2];
    const auto& w = p.weights;
    const BarInk more{w[0] * x + w[1] * y + w[2] * z, w[1] * x + w[3] * y + w[4] * z,
                      w[2] * x + w[4] * y + w[5] * z};
    const float error = square - 2 * (bars[0] + bars[1] + bars[2]) + p.square -
                        (more[0] * x + more[1] * y + more[2] * z);
    if (error < best.error) {
      best.second = best.value;
      best.second_error = best.error;
      best.value = value;
      best.error = error;
      for (std::size_t i = 0; i < 3; ++i) best.ink[i] = 1 + more[i];
    } else if (error < best.second_error) {
      best.second = value;
      best.second_error = error;
    }
  }
  return best;
}

CharacterSamples Code128Matcher::expected(const CharacterMatch& match,
                                          Neighbours neighbours) const {
  const auto e = edges_of(match.value);
  const float* before = falling(-neighbours.space_before);
  const float* rise[4] = {rising(0), rising(static_cast<int>(e[1])), rising(static_cast<int>(e[3])),
                          rising(kCode128Modules)};
  const float* fall[4] = {falling(static_cast<int>(e[0])), falling(static_cast<int>(e[2])),
                          falling(static_cast<int>(e[4])),
                          falling(kCode128Modules + neighbours.bar_after)};
  CharacterSamples out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = 1 - before[i] + match.ink[0] * (rise[0][i] - fall[0][i]) +
             match.ink[1] * (rise[1][i] - fall[1][i]) + match.ink[2] * (rise[2][i] - fall[2][i]) +
             (rise[3][i] - fall[3][i]);
  return out;
}

}  // namespace backstamp::vision
