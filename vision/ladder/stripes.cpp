#include "vision/ladder/stripes.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace backstamp::vision {
namespace {

constexpr std::size_t kFewestBars = 11;  // start, a character, check and stop are 13; some may fuse
constexpr float kEven = 0.7f;            // a code's characters differ more from each other
constexpr int kAround_px = 24;           // of a place: the light that its own brightness is held to

/// Mean brightness a pixel along the box, over the middle of its height.
std::vector<float> profile_of(ImageView face, const OrientedBox& box) {
  constexpr float kLongest_px = 60;  // a box is straight to a quarter of a degree
  constexpr int kLines = 24;
  std::vector<float> profile(static_cast<std::size_t>(std::clamp(box.width, 0.0f, 8000.0f)));
  const float high = std::min(0.6f * box.height, kLongest_px);
  for (int line = 0; line < kLines; ++line) {
    const float y = box.height / 2 + high * ((static_cast<float>(line) + 0.5f) / kLines - 0.5f);
    for (std::size_t x = 0; x < profile.size(); ++x)
      profile[x] += brightness(face, box.face_from_box({static_cast<float>(x) + 0.5f, y})) / kLines;
  }
  return profile;
}

/// The profile less the mean around each place.
std::vector<float> levelled(const std::vector<float>& profile) {
  const int size = static_cast<int>(profile.size());
  std::vector<float> sums(profile.size() + 1);
  for (std::size_t i = 0; i < profile.size(); ++i) sums[i + 1] = sums[i] + profile[i];
  std::vector<float> out(profile.size());
  for (int i = 0; i < size; ++i) {
    const int from = std::max(0, i - kAround_px), to = std::min(size, i + kAround_px + 1);
    const float mean = (sums[static_cast<std::size_t>(to)] - sums[static_cast<std::size_t>(from)]) /
                       static_cast<float>(to - from);
    out[static_cast<std::size_t>(i)] = profile[static_cast<std::size_t>(i)] - mean;
  }
  return out;
}

/// The highest correlation of a signal with itself, moved, after the first valley.
float evenness_of(const std::vector<float>& signal) {
  float highest = 0;
  bool valley = false;
  for (std::size_t lag = 1; lag < signal.size() / 3; ++lag) {
    float product = 0, here = 0, there = 0;
    for (std::size_t i = 0; i + lag < signal.size(); ++i) {
      product += signal[i] * signal[i + lag];
      here += signal[i] * signal[i];
      there += signal[i + lag] * signal[i + lag];
    }
    const float value = here > 0 && there > 0 ? product / std::sqrt(here * there) : 0;
    valley = valley || value < 0;
    if (valley) highest = std::max(highest, value);
  }
  return highest;
}

/// Widths between the places where the signal passes zero, counting only swings that matter.
std::vector<float> runs_of(const std::vector<float>& signal) {
  float squares = 0;
  for (const float v : signal) squares += v * v;
  const float swing =
      0.35f * std::sqrt(squares / static_cast<float>(std::max<std::size_t>(signal.size(), 1)));
  std::vector<float> edges;
  bool dark = false;
  float crossing = 0;
  for (std::size_t i = 1; i < signal.size(); ++i) {
    const float a = signal[i - 1], b = signal[i];
    if ((a < 0) != (b < 0)) crossing = static_cast<float>(i) - 0.5f + a / (a - b);
    const bool turned = dark ? b > swing : b < -swing;
    if (!turned) continue;
    dark = !dark;
    edges.push_back(crossing);
  }
  if (dark) edges.push_back(static_cast<float>(signal.size()));
  std::vector<float> runs;
  for (std::size_t i = 1; i < edges.size(); ++i) runs.push_back(edges[i] - edges[i - 1]);
  return runs;
}

/// From one edge to the next of the same kind, in modules: ink spread leaves these distances alone.
using Distances = std::array<float, 5>;
constexpr Distances kStartA{3, 2, 5, 5, 3}, kStartB{3, 2, 3, 3, 5}, kStartC{3, 2, 3, 5, 5};
// The stop pattern read from the end of the symbol, its last bar (2) first: 2 1 1 1 3 3 2.
constexpr Distances kStop{3, 2, 2, 4, 6};

bool agrees(const std::vector<float>& runs, std::size_t at, const Distances& distances) {
  constexpr float kTolerance = 0.55f;  // of a module
  float found = 0, expected = 0;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    found += runs[at + i] + runs[at + i + 1];
    expected += distances[i];
  }
  const float module = found / expected;
  for (std::size_t i = 0; i < distances.size(); ++i)
    if (std::abs((runs[at + i] + runs[at + i + 1]) / module - distances[i]) > kTolerance)
      return false;
  return module > 1;
}

bool begins_as_code128(const std::vector<float>& runs) {
  constexpr std::size_t kLatest = 4;  // specks and cut-off bars before it
  for (std::size_t at = 0; at <= kLatest && at + 6 < runs.size(); at += 2)
    for (const Distances& d : {kStartA, kStartB, kStartC, kStop})
      if (agrees(runs, at, d)) return true;
  return false;
}

}  // namespace

bool Stripes::may_be_code128() const {
  return runs_px.size() >= 2 * kFewestBars - 1 && evenness < kEven;
}

bool Stripes::has_code128_end() const {
  return begins_as_code128(runs_px) || begins_as_code128({runs_px.rbegin(), runs_px.rend()});
}

Stripes look_across(ImageView face, const OrientedBox& box) {
  const std::vector<float> signal = levelled(profile_of(face, box));
  return {runs_of(signal), evenness_of(signal)};
}

}  // namespace backstamp::vision
