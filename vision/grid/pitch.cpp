#include "vision/grid/pitch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstddef>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "vision/locate/line.h"

namespace backstamp::vision {
namespace {

constexpr float kShortest = 2.2f;
constexpr float kLongest = 16.0f;
constexpr float kFewestModules = 7.5f;  // a side of the smallest symbol has eight
constexpr int kLines = 24;
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
    sample_line(face, from, columns ? box.along : box.across(), line);
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
  if (std::min(box.width, box.height) < kFewestModules * kShortest ||
      std::max(box.width, box.height) > 4000)
    return {};
  Pitch best = pitch_of(face, box);
  if (best.strength < kHopeless || best.strength > kSharp) return best;
  const OrientedBox start = box;
  for (const float degrees : {0.5f, -0.5f, 1.0f, -1.0f, 1.7f, -1.7f}) {
    const OrientedBox attempt = turned(start, degrees);
    const Pitch pitch = pitch_of(face, attempt);
    if (pitch.strength <= best.strength) continue;
    best = pitch;
    box = attempt;
    if (best.strength > kSharp) break;
  }
  return best;
}

namespace {

using Wave = std::complex<float>;

/// How strongly, and in what step, lines across one axis of the box have the comb: a value a line,
/// the lines a module apart.
std::vector<Wave> comb_by_line(ImageView face, const OrientedBox& box, float module_px,
                               bool columns) {
  const float length = columns ? box.width : box.height;
  const float depth = columns ? box.height : box.width;
  std::vector<float> line(static_cast<std::size_t>(std::max(length, 1.0f)) + 1);
  std::vector<Wave> waves(line.size() - 1);
  const Wave turn = std::polar(1.0f, -6.2831853f / module_px);
  Wave wave = 1;
  for (Wave& w : waves) w = wave, wave *= turn;
  std::vector<Wave> combs;
  for (float cross = module_px / 2; cross < depth; cross += module_px) {
    const Point from = box.face_from_box(columns ? Point{0, cross} : Point{cross, 0});
    sample_line(face, from, columns ? box.along : box.across(), line);
    Wave sum = 0;
    for (std::size_t i = 0; i < waves.size(); ++i)
      sum += waves[i] * std::abs(line[i + 1] - line[i]);
    combs.push_back(sum);
  }
  return combs;
}

/// The lines (from, to) that have the comb in one step, with gaps of a few.
std::pair<float, float> combed(const std::vector<Wave>& combs) {
  constexpr int kAgree = 10;  // lines each way that say what the step is there
  constexpr int kGap = 3;
  constexpr float kHas = 0.3f;
  const int count = static_cast<int>(combs.size());
  const auto sum = [&](int at, int reach) {
    Wave out = 0;
    for (int i = std::max(0, at - reach); i <= std::min(count - 1, at + reach); ++i)
      out += combs[static_cast<std::size_t>(i)];
    return out;
  };
  std::vector<float> in_step;
  for (int i = 0; i < count; ++i) {
    const Wave step = sum(i, kAgree);
    in_step.push_back((sum(i, 1) * std::conj(step)).real() / std::max(std::abs(step), 1e-6f));
  }
  std::vector<float> sorted = in_step;
  const auto upper = sorted.begin() + count * 3 / 4;
  std::nth_element(sorted.begin(), upper, sorted.end());
  std::pair<int, int> best{0, 0};
  int from = 0, last = -kGap - 2;
  for (int i = 0; i < count; ++i) {
    if (in_step[static_cast<std::size_t>(i)] < kHas * *upper) continue;
    if (i - last > kGap + 1) from = i;
    last = i;
    if (i + 1 - from > best.second - best.first) best = {from, i + 1};
  }
  return {static_cast<float>(best.first), static_cast<float>(best.second)};
}

}  // namespace

OrientedBox where_combed(ImageView face, const OrientedBox& box, float module_px) {
  if (module_px < kShortest || std::max(box.width, box.height) > 4000) return box;
  const auto [top, bottom] = combed(comb_by_line(face, box, module_px, true));
  const auto [left, right] = combed(comb_by_line(face, box, module_px, false));
  OrientedBox out = box;
  out.center = box.face_from_box({(left + right) / 2 * module_px, (top + bottom) / 2 * module_px});
  out.width = (right - left) * module_px;
  out.height = (bottom - top) * module_px;
  return out;
}

}  // namespace backstamp::vision
