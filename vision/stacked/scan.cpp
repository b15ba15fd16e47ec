#include "vision/stacked/scan.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "vision/stacked/patterns.h"
#include "vision/stacked/sampling.h"

namespace backstamp::vision::stacked {
namespace {

constexpr int kReach_px = 40;    // of the threshold's neighbourhood, each way
constexpr float kLeastStep = 3;  // grey levels below it, at least
constexpr float kLeastWidth_px = 12;
constexpr float kMostWidth_px = 70;

}  // namespace

float Scan::at(float x) const {
  const float last = static_cast<float>(values.size() - 1);
  const float p = std::clamp(x - from, 0.0f, last);
  const auto i = static_cast<std::size_t>(p);
  const std::size_t next = std::min(i + 1, values.size() - 1);
  return values[i] + (p - static_cast<float>(i)) * (values[next] - values[i]);
}

Scan scan_line(ImageView face, const OrientedBox& box, float y, float from, float to) {
  Scan scan{y, from, {}};
  const auto count = static_cast<std::size_t>(std::max(2.0f, to - from));
  scan.values.assign(count, 0.0f);
  const float last = from + static_cast<float>(count);
  add_samples(face, box.face_from_box({from - 0.5f, y}), box.face_from_box({last - 0.5f, y}),
              scan.values);
  return scan;
}

EndPattern::EndPattern(Kind kind, bool forward) {
  const int modules = kind == start ? kWordModules : kStopModules;
  const std::uint32_t bits = kind == start ? kStart : kStop;
  wide_ = kind == start ? 8 : 7;
  direction_ = forward ? 1.0f : -1.0f;
  inner_ = direction_ * (kind == start ? static_cast<float>(modules) - wide_ / 2 : -wide_ / 2);
  const float end = static_cast<float>(modules) - wide_ / 2;
  float sum = 0;
  for (float t = -kBefore + 0.25f; t < end; t += 0.5f) {
    const auto module = static_cast<int>(std::floor(t + wide_ / 2));
    // Brightness: a bar is dark.
    values_.push_back(bits >> (modules - 1 - module) & 1u ? 0.0f : 1.0f);
    sum += values_.back();
  }
  const float mean = sum / static_cast<float>(values_.size());
  float squares = 0;
  for (float& v : values_) {
    v -= mean;
    squares += v * v;
  }
  for (float& v : values_) v /= std::sqrt(squares);
}

float EndPattern::match(const Scan& scan, float x, float module_px) const {
  const float step = direction_ * module_px;
  const float first = x + step * (-kBefore + 0.25f);
  const float last = first + step * 0.5f * static_cast<float>(values_.size() - 1);
  if (std::min(first, last) < scan.from || std::max(first, last) > scan.end() - 1) return -1;
  float sum = 0;
  float squares = 0;
  float product = 0;
  float at = first - scan.from;
  for (const float wanted : values_) {
    const auto i = static_cast<std::size_t>(at);
    const std::size_t next = std::min(i + 1, scan.values.size() - 1);
    const float v =
        scan.values[i] + (at - static_cast<float>(i)) * (scan.values[next] - scan.values[i]);
    sum += v;
    squares += v * v;
    product += v * wanted;
    at += step * 0.5f;
  }
  const float spread = squares - sum * sum / static_cast<float>(values_.size());
  const float least = static_cast<float>(values_.size()) * kLeastStep * kLeastStep;
  return product / std::sqrt(std::max(spread, least));
}

std::vector<WideBar> wide_bars(const Scan& scan) {
  std::vector<WideBar> bars;
  const auto count = static_cast<int>(scan.values.size());
  const auto value = [&](int i) { return scan.values[static_cast<std::size_t>(i)]; };
  float sum = 0;
  int in_window = 0;
  for (int i = 0; i < std::min(kReach_px, count); ++i) {
    sum += value(i);
    ++in_window;
  }
  int begin = -1;
  for (int i = 0; i < count; ++i) {
    if (i + kReach_px < count) {
      sum += value(i + kReach_px);
      ++in_window;
    }
    if (i - kReach_px > 0) {
      sum -= value(i - kReach_px - 1);
      --in_window;
    }
    const bool dark = value(i) < sum / static_cast<float>(in_window) - kLeastStep;
    if (dark && begin < 0) begin = i;
    if (dark || begin < 0) continue;
    const auto width = static_cast<float>(i - begin);
    if (width >= kLeastWidth_px && width <= kMostWidth_px)
      bars.push_back({scan.from + static_cast<float>(begin + i - 1) / 2, width});
    begin = -1;
  }
  return bars;
}

}  // namespace backstamp::vision::stacked
