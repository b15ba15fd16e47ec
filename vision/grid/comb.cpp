#include "vision/grid/comb.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

#include "vision/locate/line.h"

namespace backstamp::vision {
namespace {

constexpr float kShortest = 2.2f;
constexpr int kMiddle_px = 128;
constexpr int kLines = 16;                // of the middle, each way
constexpr int kWaves = 256, kSteps = 32;  // of the transform, twice as fine as what is seen
constexpr int kFirstWave = kWaves / 12;
constexpr int kLastWave = static_cast<int>(kWaves / kShortest);

/// Steps of brightness along lines of the box's middle: power by frequency (rows, from kFirstWave)
/// and by how the wave shifts from line to line (columns, backwards in the upper half).
cv::Mat step_waves(ImageView face, const OrientedBox& box, bool columns, float side_px) {
  const int length = static_cast<int>(side_px);
  cv::Mat steps = cv::Mat::zeros(kLines, kWaves, CV_32F);
  std::vector<float> line(static_cast<std::size_t>(length) + 1);
  const Point along = columns ? box.along : box.across();
  const Point across = columns ? box.across() : box.along;
  for (int k = 0; k < kLines; ++k) {
    const float cross = side_px * ((static_cast<float>(k) + 0.5f) / kLines - 0.5f);
    sample_line(face, box.center + along * (-side_px / 2) + across * cross, along, line);
    float mean = 0;
    float* row = steps.ptr<float>(k);
    for (int i = 0; i < length; ++i) {
      row[i] = std::abs(line[static_cast<std::size_t>(i) + 1] - line[static_cast<std::size_t>(i)]);
      mean += row[i] / static_cast<float>(length);
    }
    for (int i = 0; i < length; ++i) row[i] -= mean;
  }
  cv::dft(steps, steps, cv::DFT_ROWS);  // packed: the real part of wave k at 2k − 1, then the other
  cv::Mat shifts = cv::Mat::zeros(kLastWave - kFirstWave, kSteps, CV_32FC2);
  for (int k = 0; k < kLines; ++k)
    for (int w = kFirstWave; w < kLastWave; ++w)
      shifts.at<cv::Vec2f>(w - kFirstWave, k) = {steps.at<float>(k, 2 * w - 1),
                                                 steps.at<float>(k, 2 * w)};
  cv::dft(shifts, shifts, cv::DFT_ROWS);
  cv::Mat powers(shifts.rows, kSteps, CV_32F);
  for (int w = 0; w < shifts.rows; ++w) {
    const auto* from = shifts.ptr<cv::Vec2f>(w);
    float* to = powers.ptr<float>(w);
    for (int k = 0; k < kSteps; ++k) to[k] = from[k][0] * from[k][0] + from[k][1] * from[k][1];
  }
  return powers;
}

}  // namespace

CombTurn comb_turn(ImageView face, const OrientedBox& box) {
  constexpr float kMost = 8, kStep = 0.5f;  // degrees
  constexpr float kFundamental = 0.6f;      // of its harmonic's power, at least
  const float side_px = std::min({static_cast<float>(kMiddle_px), box.width, box.height});
  const cv::Mat along = step_waves(face, box, true, side_px);
  const cv::Mat across = step_waves(face, box, false, side_px);
  const auto power = [&](int wave, float degrees) {
    const float slope = std::tan(degrees * 0.0174533f);
    const float shift = static_cast<float>(wave) / kWaves * slope * side_px / kLines * kSteps;
    const int step = static_cast<int>(std::lround(shift));
    return along.at<float>(wave - kFirstWave, (2 * kSteps - step) % kSteps) +
           across.at<float>(wave - kFirstWave, (2 * kSteps + step) % kSteps);
  };
  CombTurn best;
  float sum = 0, most = 0;
  int count = 0, found = kFirstWave;
  for (int wave = kFirstWave; wave < kLastWave; ++wave) {
    for (float degrees = -kMost; degrees <= kMost; degrees += kStep) {
      const float value = power(wave, degrees);
      sum += value;
      ++count;
      if (value <= most) continue;
      most = value, found = wave, best.degrees = degrees;
    }
  }
  // Of sharp print the second harmonic is as strong as the comb itself.
  for (int half = found / 2 - 1; half <= found / 2 + 1; ++half) {
    if (half < kFirstWave || power(half, best.degrees) < kFundamental * most) continue;
    found = half;
    break;
  }
  best.pitch_px = static_cast<float>(kWaves) / static_cast<float>(found);
  best.standing_out = most * static_cast<float>(count) / std::max(sum, 1.0f);
  return best;
}

}  // namespace backstamp::vision
