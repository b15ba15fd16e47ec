#include "vision/grid/pitch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

#include "vision/grid/comb.h"
#include "vision/grid/samples.h"

namespace backstamp::vision {
namespace {

constexpr float kShortest = 2.2f;
constexpr float kLongest = 16.0f;
constexpr float kFewestModules = 7.5f;  // a side of the smallest symbol has eight
constexpr int kLines = 24;
constexpr float kLeastTurned_px = 64;
constexpr float kStandsOut = 12;      // of print's combs, three quarters have less
constexpr float kFundamental = 0.6f;  // of its harmonic's strength, at least
constexpr float kOneWay = 0.06f;      // of the strength, in one direction

/// Sums of brightness steps across one axis of the box, a value a pixel; its slow part removed.
std::vector<float> edge_profile(ImageView face, const OrientedBox& box, bool columns) {
  const int length = static_cast<int>(columns ? box.width : box.height);
  const int depth = static_cast<int>(columns ? box.height : box.width);
  std::vector<float> sums(static_cast<std::size_t>(std::max(length, 0)));
  std::vector<float> line(sums.size() + 1);
  const int lines = std::min(kLines, depth);
  for (int k = 0; k < lines; ++k) {
    const float cross =
        (static_cast<float>(k) + 0.5f) * static_cast<float>(depth) / static_cast<float>(lines);
    const Point from = box.face_from_box(columns ? Point{0, cross} : Point{cross, 0});
    sample_run(face, from, columns ? box.along : box.across(), line);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += std::abs(line[i + 1] - line[i]);
  }
  constexpr int kReach = 12;
  std::vector<float> running(sums.size() + 1), profile(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) running[i + 1] = running[i] + sums[i];
  for (int i = 0; i < length; ++i) {
    const auto from = static_cast<std::size_t>(std::max(0, i - kReach));
    const auto to = static_cast<std::size_t>(std::min(length, i + kReach + 1));
    profile[static_cast<std::size_t>(i)] =
        sums[static_cast<std::size_t>(i)] -
        (running[to] - running[from]) / static_cast<float>(to - from);
  }
  return profile;
}

/// The power of a profile by frequency, as a share of its variation: element k is that at k / size
/// cycles a pixel.
std::vector<float> spectrum(const std::vector<float>& profile, int size) {
  cv::Mat padded = cv::Mat::zeros(1, size, CV_32F);
  float squares = 0;
  for (std::size_t i = 0; i < profile.size(); ++i) {
    padded.at<float>(0, static_cast<int>(i)) = profile[i];
    squares += profile[i] * profile[i];
  }
  cv::Mat waves;
  cv::dft(padded, waves, cv::DFT_COMPLEX_OUTPUT);
  std::vector<float> powers(static_cast<std::size_t>(size) / 2);
  const float scale = squares > 0 ? 2 / (squares * static_cast<float>(profile.size())) : 0;
  for (std::size_t k = 0; k < powers.size(); ++k) {
    const auto& wave = waves.at<cv::Vec2f>(0, static_cast<int>(k));
    powers[k] = scale * (wave[0] * wave[0] + wave[1] * wave[1]);
  }
  return powers;
}

/// The pitch of one direction alone, near a frequency that both have.
float own_pitch(const std::vector<float>& powers, std::size_t near) {
  constexpr std::size_t kOff = 25;  // a stretch of the belt of four in a hundred
  const std::size_t reach = std::max<std::size_t>(1, near / kOff);
  const std::size_t from = std::max<std::size_t>(1, near - std::min(near, reach));
  const std::size_t to = std::min(near + reach + 1, powers.size() - 1);
  std::size_t top = near;
  for (std::size_t k = from; k < to; ++k)
    if (powers[k] > powers[top]) top = k;
  if (top < 1 || top + 1 >= powers.size())
    return 2 * static_cast<float>(powers.size()) / static_cast<float>(near);
  const float before = powers[top - 1], after = powers[top + 1];
  const float curve = before - 2 * powers[top] + after;
  const float beside = curve < 0 ? std::clamp((before - after) / 2 / curve, -0.5f, 0.5f) : 0;
  return 2 * static_cast<float>(powers.size()) / (static_cast<float>(top) + beside);
}

Pitch pitch_of(ImageView face, const OrientedBox& box) {
  // Twice the length and more: between two frequencies the peak loses no more than a tenth.
  const auto longest = static_cast<unsigned>(std::max(box.width, box.height));
  const int size = static_cast<int>(2 * std::bit_ceil(longest));
  const std::vector<float> across = spectrum(edge_profile(face, box, true), size);
  const float most = std::min(kLongest, std::min(box.width, box.height) / kFewestModules);
  Pitch best;
  const auto from = static_cast<std::size_t>(static_cast<float>(size) / most);
  const auto to = static_cast<std::size_t>(static_cast<float>(size) / kShortest);
  const auto end = std::min(to, across.size());
  // A symbol's comb shows both ways: what has none one way is not looked at the other way.
  const auto peak = from < end
                        ? *std::max_element(across.begin() + static_cast<std::ptrdiff_t>(from),
                                            across.begin() + static_cast<std::ptrdiff_t>(end))
                        : 0.0f;
  if (peak < kOneWay) return best;
  const std::vector<float> down = spectrum(edge_profile(face, box, false), size);
  const auto strength_at = [&](std::size_t k) { return (across[k] + down[k]) / 2; };
  std::size_t found = 0;
  for (std::size_t k = from; k < end; ++k)
    if (strength_at(k) > best.strength) best.strength = strength_at(k), found = k;
  if (found == 0) return best;
  // Of sharp print the second harmonic is as strong as the comb itself.
  const std::size_t first = std::max(from, found / 2 - std::min<std::size_t>(found / 2, 2));
  std::size_t half = first;
  for (std::size_t k = first; k <= std::min(found / 2 + 2, end - 1); ++k)
    if (strength_at(k) > strength_at(half)) half = k;
  if (strength_at(half) > kFundamental * best.strength)
    best.strength = strength_at(half), found = half;
  best.module_px = static_cast<float>(size) / static_cast<float>(found);
  best.along_px = own_pitch(across, found);
  best.down_px = own_pitch(down, found);
  return best;
}

/// The pitch within a twentieth of `near_px`, however weak its comb.
Pitch pitch_near(ImageView face, const OrientedBox& box, float near_px) {
  constexpr float kOff = 0.05f;
  const auto longest = static_cast<unsigned>(std::max(box.width, box.height));
  const int size = static_cast<int>(2 * std::bit_ceil(longest));
  const std::vector<float> across = spectrum(edge_profile(face, box, true), size);
  const std::vector<float> down = spectrum(edge_profile(face, box, false), size);
  const float middle = static_cast<float>(size) / near_px;
  Pitch best;
  const auto near = static_cast<std::size_t>(std::lround(middle));
  std::size_t found = near;
  for (int k = static_cast<int>(middle * (1 - kOff)); k <= static_cast<int>(middle * (1 + kOff));
       ++k) {
    if (k < 1 || k >= static_cast<int>(across.size())) continue;
    const auto at = static_cast<std::size_t>(k);
    const float strength = (across[at] + down[at]) / 2;
    if (strength > best.strength) best.strength = strength, found = at;
  }
  best.module_px = static_cast<float>(size) / static_cast<float>(found);
  best.along_px = own_pitch(across, found);
  best.down_px = own_pitch(down, found);
  return best;
}

OrientedBox turned(const OrientedBox& box, float degrees) {
  const float angle = degrees * 0.0174533f;
  const Point turn{std::cos(angle), std::sin(angle)};
  OrientedBox out = box;
  out.along = {box.along.x * turn.x - box.along.y * turn.y,
               box.along.x * turn.y + box.along.y * turn.x};
  return out;
}

}  // namespace

Pitch estimate_pitch(ImageView face, OrientedBox& box) {
  constexpr float kHopeless = 0.09f;
  constexpr float kSharp = 0.3f;
  constexpr float kChunky = 2;  // sides of a symbol that strokes may have put askew
  if (std::min(box.width, box.height) < kFewestModules * kShortest ||
      std::max(box.width, box.height) > 4000)
    return {};
  Pitch best = pitch_of(face, box);
  if (best.strength > kSharp) return best;
  const float shorter = std::min(box.width, box.height);
  const bool chunky =
      std::max(box.width, box.height) < kChunky * shorter && shorter > kLeastTurned_px;
  if (best.strength < kHopeless && !chunky) return best;
  const CombTurn turn = comb_turn(face, box);
  if (turn.standing_out < kStandsOut) return best.strength < kHopeless ? Pitch{} : best;
  const OrientedBox attempt = turned(box, -turn.degrees);
  Pitch pitch = pitch_near(face, attempt, turn.pitch_px);
  if (pitch.strength < best.strength && std::abs(turn.degrees) < 0.3f) return best;
  pitch.in_step = true;
  box = attempt;
  return pitch;
}

}  // namespace backstamp::vision
