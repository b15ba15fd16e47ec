#include "vision/ladder/merge.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace backstamp::vision {
namespace {

struct Box {
  float left, top, right, bottom;
};

Box box_of(const Quad& quad) {
  Box box{quad[0].x, quad[0].y, quad[0].x, quad[0].y};
  for (const Point& p : quad) {
    box = {std::min(box.left, p.x), std::min(box.top, p.y), std::max(box.right, p.x),
           std::max(box.bottom, p.y)};
  }
  const float margin = 0.1f * std::max(box.right - box.left, box.bottom - box.top);
  return {box.left - margin, box.top - margin, box.right + margin, box.bottom + margin};
}

bool center_inside(const Quad& inner, const Quad& outer) {
  const Box a = box_of(inner);
  const Box b = box_of(outer);
  const float x = (a.left + a.right) / 2;
  const float y = (a.top + a.bottom) / 2;
  return x > b.left && x < b.right && y > b.top && y < b.bottom;
}

}  // namespace

bool same_place(const Quad& a, const Quad& b) {
  const Box p = box_of(a);
  const Box q = box_of(b);
  return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
}

void merge_readings(std::vector<Reading>& readings, std::vector<Reading> more) {
  for (Reading& candidate : more) {
    const bool known = std::any_of(readings.begin(), readings.end(), [&](const Reading& r) {
      return r.symbology == candidate.symbology && r.content == candidate.content &&
             same_place(r.outline, candidate.outline);
    });
    if (!known && readings.size() < limits::kReadingsPerFrame)
      readings.push_back(std::move(candidate));
  }
}

void note_unread(std::vector<Candidate>& unread, const Candidate& candidate) {
  const auto same = std::find_if(unread.begin(), unread.end(), [&](const Candidate& other) {
    return center_inside(candidate.outline, other.outline) &&
           center_inside(other.outline, candidate.outline);
  });
  if (same == unread.end())
    unread.push_back(candidate);
  else if (candidate.score > same->score)
    *same = candidate;
}

void drop_read_candidates(std::vector<Candidate>& candidates,
                          const std::vector<Reading>& readings) {
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) {
      return center_inside(candidate.outline, reading.outline) ||
             center_inside(reading.outline, candidate.outline);
    });
  });
}

}  // namespace backstamp::vision
