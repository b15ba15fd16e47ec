#include "station/indicium_picture.h"

#include <algorithm>
#include <cmath>

#include "vision/pack.h"

namespace backstamp::station {
namespace {

constexpr float kMargin_px = 12;
constexpr int kMostSide_px = 1024;  // a symbol that is larger on the picture is cut at its middle

struct Span {
  int from = 0;
  int size = 0;
};

/// Where the outline lies on one axis, with a margin, on the picture.
Span span_of(float least, float most, int side) {
  if (!(least <= most) || !std::isfinite(least) || !std::isfinite(most)) return {};
  const auto bounded = [&](float at) {
    return static_cast<int>(std::clamp(at, 0.0F, static_cast<float>(side)));
  };
  Span span{bounded(least - kMargin_px), 0};
  span.size = bounded(most + kMargin_px) - span.from;
  if (span.size > kMostSide_px) {
    span.from += (span.size - kMostSide_px) / 2;
    span.size = kMostSide_px;
  }
  return span;
}

}  // namespace

bool wants_picture(const postal::ScanEvent& event) {
  return event.decision == postal::Decision::divert && event.verdict != postal::Verdict::unsigned_;
}

Bytes picture_of(vision::ImageView face, const vision::Quad& outline) {
  const auto by_x = [](const vision::Point& a, const vision::Point& b) { return a.x < b.x; };
  const auto by_y = [](const vision::Point& a, const vision::Point& b) { return a.y < b.y; };
  const auto [left, right] = std::minmax_element(outline.begin(), outline.end(), by_x);
  const auto [top, bottom] = std::minmax_element(outline.begin(), outline.end(), by_y);
  const Span x = span_of(left->x, right->x, face.width_px);
  const Span y = span_of(top->y, bottom->y, face.height_px);
  if (x.size <= 0 || y.size <= 0) return {};
  const vision::ImageView part = face.part(x.from, y.from, x.size, y.size);
  for (const int quality : {90, 75, 50, 25, 10}) {
    auto packed = vision::pack_jpeg(part, quality);
    if (!packed) return {};
    if (packed->size() <= postal::kEvidenceBytes) return std::move(*packed);
  }
  return {};
}

}  // namespace backstamp::station
