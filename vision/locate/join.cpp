#include "vision/locate/join.h"

#include <algorithm>
#include <cmath>

namespace backstamp::vision {
namespace {

constexpr float kCosine = 0.9976f;     // four degrees
constexpr float kLeastHeight_px = 32;  // lines of text lie in one line too
constexpr float kGap_px = 70;          // the widest bar of a PDF417's start, and a smear

/// The region with its direction turned by half or quarter turns to the nearest of `along`.
OrientedBox aligned(OrientedBox box, Point along) {
  if (std::abs(dot(box.along, along)) < 0.7f) {
    std::swap(box.width, box.height);
    box.along = box.across();
  }
  if (dot(box.along, along) < 0) box.along = box.along * -1;
  return box;
}

struct Extent {
  float left, right, top, bottom;
};

Extent extent_of(const OrientedBox& box, Point along) {
  const Point across{-along.y, along.x};
  const float x = dot(box.center, along);
  const float y = dot(box.center, across);
  return {x - box.width / 2, x + box.width / 2, y - box.height / 2, y + box.height / 2};
}

bool in_line(const Extent& run, const Extent& piece) {
  const float overlap = std::min(run.bottom, piece.bottom) - std::max(run.top, piece.top);
  const float higher = std::max(run.bottom - run.top, piece.bottom - piece.top);
  const float gap = std::max(run.left, piece.left) - std::min(run.right, piece.right);
  return overlap > 0.7f * higher && gap < kGap_px;
}

}  // namespace

std::vector<Region> joined_regions(const std::vector<Region>& regions) {
  std::vector<Region> joined;
  std::vector<bool> used(regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (used[i] || regions[i].texture != Texture::bars) continue;
    const Point along = regions[i].box.along;
    Extent run = extent_of(regions[i].box, along);
    if (run.bottom - run.top < kLeastHeight_px) continue;
    int pieces = 1;
    for (bool grew = true; grew;) {
      grew = false;
      for (std::size_t k = 0; k < regions.size(); ++k) {
        if (k == i || used[k]) continue;
        const OrientedBox box = aligned(regions[k].box, along);
        const Extent piece = extent_of(box, along);
        if (dot(box.along, along) < kCosine || !in_line(run, piece)) continue;
        run = {std::min(run.left, piece.left), std::max(run.right, piece.right),
               std::min(run.top, piece.top), std::max(run.bottom, piece.bottom)};
        used[k] = true;
        ++pieces;
        grew = true;
      }
    }
    if (pieces < 2) continue;
    Region whole = regions[i];
    const Point across{-along.y, along.x};
    whole.box = {along * ((run.left + run.right) / 2) + across * ((run.top + run.bottom) / 2),
                 along, run.right - run.left, run.bottom - run.top};
    joined.push_back(whole);
  }
  return joined;
}

}  // namespace backstamp::vision
