#include "vision/stacked/anchors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "vision/stacked/patterns.h"
#include "vision/stacked/scan.h"

namespace backstamp::vision::stacked {
namespace {

constexpr int kLines = 10;              // across the box, for a first look
constexpr int kFirstLines = 4;          // after which no hit, or only good ones, end it
constexpr float kSure = 0.85f;          // correlation of a line, on average
constexpr float kLikely = 0.62f;        // correlation of one line
constexpr float kLikelyAlone = 0.7f;    // … on average, of one end without the other
constexpr float kMaybe = 0.45f;         // … worth a closer look
constexpr float kLeastMatches = 1.34f;  // correlations of both ends together; text reaches 1.29
constexpr float kMostSlope = 0.08f;     // of the ends against the box's y
constexpr std::size_t kMostHits = 8;    // of one pattern a line, so that few can be paired
constexpr int kLeastHits = 3;           // lines that agree
constexpr float kMostWidth_px = 6000;   // of a box
constexpr float kLeastModule_px = 1.8f;
constexpr float kMostModule_px = 8;

/// A pattern on one line.
struct Hit {
  float y = 0;
  float x = 0;  ///< the wide bar's middle
  float module_px = 0;
  float match = 0;
};

/// The same pattern on several lines.
struct End {
  Edge edge;  ///< of the wide bar's middle
  float module_px = 0;
  int hits = 0;
  float sum = 0;  ///< of their matches
};

const std::array<EndPattern, 4>& patterns() {
  static const std::array<EndPattern, 4> all{
      EndPattern(EndPattern::start, true), EndPattern(EndPattern::stop, true),
      EndPattern(EndPattern::start, false), EndPattern(EndPattern::stop, false)};
  return all;
}

/// The pattern that a wide bar most likely belongs to. A wide bar alone makes every pattern
/// somewhat alike, so only the likest counts.
struct Guess {
  std::size_t pattern = 0;
  Hit hit;
};

Guess likest(const Scan& scan, const WideBar& bar) {
  Guess best;
  const auto look = [&](std::size_t k, float x, float module_px) {
    const float match = patterns()[k].match(scan, x, module_px);
    if (match > best.hit.match) best = {k, {scan.y, x, module_px, match}};
  };
  for (std::size_t k = 0; k < patterns().size(); ++k) {
    const float module_px = bar.width / patterns()[k].wide_modules();
    if (module_px < kLeastModule_px || module_px > kMostModule_px) continue;
    for (const float scale : {0.93f, 1.0f, 1.07f}) look(k, bar.middle, scale * module_px);
  }
  if (best.hit.match < kMaybe) return best;
  const Guess coarse = best;
  for (const float scale : {0.96f, 0.98f, 1.02f, 1.04f})
    for (const float shift : {-0.3f, 0.0f, 0.3f})
      look(coarse.pattern, bar.middle + shift * coarse.hit.module_px, scale * coarse.hit.module_px);
  return best;
}

/// The most hits in one line.
End gather(std::span<const Hit> hits) {
  End best;
  for (const Hit& a : hits) {
    for (const Hit& b : hits) {
      if (b.y < a.y || (&a != &b && b.y == a.y)) continue;
      const float slope = &a == &b ? 0.0f : (b.x - a.x) / (b.y - a.y);
      if (std::abs(slope) > kMostSlope) continue;
      const Edge edge{a.x - slope * a.y, slope};
      End end{edge, 0, 0, 0};
      for (const Hit& hit : hits) {
        if (std::abs(hit.x - edge.at(hit.y)) > a.module_px ||
            std::abs(hit.module_px - a.module_px) > 0.15f * a.module_px)
          continue;
        ++end.hits;
        end.sum += hit.match;
        end.module_px += hit.match * hit.module_px;
      }
      if (end.sum <= best.sum) continue;
      best = end;
      best.module_px /= end.sum;
    }
  }
  return best;
}

OrientedBox half_turned(OrientedBox box) {
  box.along = box.along * -1.0f;
  return box;
}

/// Of the box turned by half.
Edge half_turned(const Edge& edge, const OrientedBox& box) {
  return {box.width - edge.x - edge.slope * box.height, edge.slope};
}

struct Reach {
  float from, to;
};

Reach reach_of(const OrientedBox& box) {
  const float margin = 0.2f * box.width + 12;
  return {-margin, box.width + margin};
}

/// The partner of an end that was found: where its pattern fits best on all lines at once.
End look_for_other(std::span<const Scan> scans, const EndPattern& pattern, const End& known,
                   float first, float last) {
  End best;
  float best_match = 0;
  for (const float scale : {0.96f, 1.0f, 1.04f}) {
    const float module_px = known.module_px * scale;
    for (float x = first; x < last; x += known.module_px * 0.5f) {
      float sum = 0;
      int hits = 0;
      for (const Scan& scan : scans) {
        const float match = pattern.match(scan, x + known.edge.slope * scan.y, module_px);
        sum += match;
        hits += match > kLikely;
      }
      if (sum <= best_match) continue;
      best_match = sum;
      best = {{x, known.edge.slope}, module_px, hits, sum};
    }
  }
  if (best_match < 0.3f * static_cast<float>(scans.size())) best.hits = 0;
  return best;
}

/// A closer look at an end: on many lines, as far up and down as its pattern goes.
class Closer {
 public:
  Closer(ImageView face, const OrientedBox& box, const EndPattern& pattern, const End& end)
      : pattern_(pattern), end_(end) {
    constexpr float kStep_px = 4;
    const float before = 8 * end.module_px;
    const float behind = (kStopModules + 1) * end.module_px;
    for (float y = -0.3f * box.height - 8; y < 1.3f * box.height + 8; y += kStep_px) {
      const float x = end.edge.at(y);
      hits_.push_back(best_on(scan_line(face, box, y, x - before, x + behind), x));
    }
  }

  /// The longest stretch that holds the pattern; empty when there is none.
  Reach stretch() const {
    float best = 0;
    float sum = 0;
    Reach found{0, 0};
    std::size_t begin = 0;
    for (std::size_t i = 0; i < hits_.size(); ++i) {
      if (sum <= 0) {
        sum = 0;
        begin = i;
      }
      sum += hits_[i].match - kMaybe;
      if (sum <= best) continue;
      best = sum;
      found = {hits_[begin].y, hits_[i].y};
    }
    return found;
  }

  /// The mean correlation within a stretch.
  float mean_match(Reach stretch) const {
    float sum = 0;
    float count = 0;
    for (const Hit& hit : hits_) {
      if (hit.y < stretch.from || hit.y > stretch.to) continue;
      sum += hit.match;
      count += 1;
    }
    return count > 0 ? sum / count : 0;
  }

  /// A straight line through the hits within a stretch.
  End fitted(Reach stretch) const {
    End out = end_;
    float tolerance = end_.module_px;
    for (int pass = 0; pass < 3; ++pass) {
      float n = 0, sy = 0, sx = 0, syy = 0, sxy = 0;
      for (const Hit& hit : hits_) {
        if (hit.y < stretch.from || hit.y > stretch.to || hit.match < kMaybe) continue;
        if (std::abs(hit.x - out.edge.at(hit.y)) > tolerance) continue;
        const float w = hit.match * hit.match;
        n += w;
        sy += w * hit.y;
        sx += w * hit.x;
        syy += w * hit.y * hit.y;
        sxy += w * hit.x * hit.y;
      }
      const float spread = syy * n - sy * sy;
      if (n < 1 || spread <= 1e-3f * n * n) return out;
      out.edge.slope = (sxy * n - sx * sy) / spread;
      out.edge.x = (sx - out.edge.slope * sy) / n;
      tolerance *= 0.7f;
    }
    return out;
  }

 private:
  Hit best_on(const Scan& scan, float x) const {
    Hit best{scan.y, x, end_.module_px, -1};
    for (int i = -3; i <= 3; ++i) {
      const float at = x + 0.3f * static_cast<float>(i) * end_.module_px;
      const float match = pattern_.match(scan, at, end_.module_px);
      if (match > best.match) best = {scan.y, at, end_.module_px, match};
    }
    return best;
  }

  const EndPattern& pattern_;
  End end_;
  std::vector<Hit> hits_;
};

struct Ends {
  OrientedBox box;
  End start;
  End stop;
};

/// Both ends, the box turned upright. One of them may come from a look at all lines at once.
std::optional<Ends> find_ends(ImageView face, const OrientedBox& box) {
  const Reach reach = reach_of(box);
  std::vector<Scan> scans;
  std::array<std::vector<Hit>, 4> hits;
  std::array<End, 4> ends;
  for (int i = 0; i < kLines; ++i) {
    // Every third line first, so that a few of them are spread over the whole box.
    const int order = (i * 3) % kLines;
    const float y = box.height * (0.06f + 0.88f * static_cast<float>(order) / (kLines - 1));
    scans.push_back(scan_line(face, box, y, reach.from, reach.to));
    for (const WideBar& bar : wide_bars(scans.back())) {
      const Guess guess = likest(scans.back(), bar);
      auto& alike = hits[guess.pattern];
      if (guess.hit.match >= kLikely && alike.size() < kMostHits * scans.size())
        alike.push_back(guess.hit);
    }
    if (i != kFirstLines - 1 && i != kLines - 1) continue;
    for (std::size_t k = 0; k < 4; ++k) ends[k] = gather(hits[k]);
    if (i == kLines - 1) break;
    if (hits[0].empty() && hits[1].empty() && hits[2].empty() && hits[3].empty())
      return std::nullopt;
    const auto sure = [&](std::size_t k) {
      return ends[k].hits >= kLeastHits && ends[k].sum >= kSure * static_cast<float>(ends[k].hits);
    };
    if ((sure(0) && sure(1)) || (sure(2) && sure(3))) break;
  }
  const bool upright = ends[0].sum + ends[1].sum >= ends[2].sum + ends[3].sum;
  const std::size_t base = upright ? 0 : 2;
  Ends out{box, ends[base], ends[base + 1]};
  const bool start_sure = out.start.hits >= out.stop.hits;
  if (std::max(out.start.hits, out.stop.hits) < kLeastHits) return std::nullopt;
  if (std::min(out.start.hits, out.stop.hits) < kLeastHits) {
    const End& known = start_sure ? out.start : out.stop;
    if (known.sum < kLikelyAlone * static_cast<float>(known.hits)) return std::nullopt;
    const bool to_right = start_sure == upright;
    const float gap = 3 * kWordModules * known.module_px;
    const float x = known.edge.x;
    End other =
        look_for_other(std::span(scans).first(kFirstLines), patterns()[base + (start_sure ? 1 : 0)],
                       known, to_right ? x + gap : reach.from, to_right ? reach.to : x - gap);
    if (other.hits < 1) return std::nullopt;
    (start_sure ? out.stop : out.start) = other;
  }
  if (!upright) {
    out.box = half_turned(box);
    out.start.edge = half_turned(out.start.edge, box);
    out.stop.edge = half_turned(out.stop.edge, box);
  }
  return out;
}

}  // namespace

std::optional<Anchors> find_anchors(ImageView face, const OrientedBox& box) {
  if (box.width > kMostWidth_px || box.height > kMostWidth_px) return std::nullopt;
  const auto ends = find_ends(face, box);
  if (!ends) return std::nullopt;
  const EndPattern& start = patterns()[0];
  const EndPattern& stop = patterns()[1];
  const Closer left(face, ends->box, start, ends->start);
  const Closer right(face, ends->box, stop, ends->stop);
  const Reach a = left.stretch();
  const Reach b = right.stretch();
  if (left.mean_match(a) + right.mean_match(b) < kLeastMatches) return std::nullopt;
  Anchors out;
  out.box = ends->box;
  out.top = std::min(a.from, b.from);
  out.bottom = std::max(a.to, b.to);
  const End fitted_left = left.fitted(a);
  const End fitted_right = right.fitted(b);
  out.module_left = fitted_left.module_px;
  out.module_right = fitted_right.module_px;
  out.left = fitted_left.edge;
  out.left.x += start.to_inner_end() * out.module_left;
  out.right = fitted_right.edge;
  out.right.x += stop.to_inner_end() * out.module_right;
  const float module_px = (out.module_left + out.module_right) / 2;
  const float middle = (out.top + out.bottom) / 2;
  const float between = out.right.at(middle) - out.left.at(middle);
  if (out.bottom - out.top < 4 * module_px) return std::nullopt;
  if (between < (3 * kWordModules - 8) * module_px) return std::nullopt;
  return out;
}

}  // namespace backstamp::vision::stacked
