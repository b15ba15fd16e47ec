#include "vision/four_state/bar_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "vision/four_state/periodicity.h"
#include "vision/four_state/row_probe.h"
#include "vision/locate/geometry.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision::four_state {
namespace {

constexpr float kSeedStrength = 0.55f;
constexpr float kPitchTolerance = 0.14f;
constexpr int kMaxGapTiles = 3;
constexpr float kMaxSlope = 0.28f;  // a little over 15 degrees
// A face of more pixels has pitches of 5 px and more: half scale sees them.
constexpr double kFullScalePixels = 0.6e6;

struct Link {
  int band;
  int tile;
  float strength;
  float pitch;
};

// Tiles of one row, followed from a seed to both sides.
class Chain {
 public:
  Chain(const PeriodicityMap& map, const std::vector<char>& used) : map_(map), used_(used) {}

  std::vector<Link> grow(int band, int tile) {
    const std::size_t at = map_.at(band, tile);
    links_ = {{band, tile, map_.strength[at], map_.pitch[at]}};
    pitch_ = map_.pitch[at];
    seed_ = links_.front();
    follow(+1);
    std::reverse(links_.begin(), links_.end());  // the end that grows is always the last
    follow(-1);
    return std::move(links_);
  }

 private:
  void follow(int step) {
    int gap = 0;
    for (int tile = seed_.tile + step; tile >= 0 && tile < map_.tiles; tile += step) {
      if (add_best(tile)) {
        gap = 0;
      } else if (++gap > kMaxGapTiles) {
        break;
      }
    }
  }

  // Where the row is expected, in bands: the line through the links so far, or near the seed.
  float expected(int tile, float* reach) const {
    const float per_tile = static_cast<float>(PeriodicityMap::kBlock) / 2;  // bands a tile
    const float most = kMaxSlope * per_tile;
    if (links_.size() < 4) {
      *reach = 0.6f + most * static_cast<float>(std::abs(tile - seed_.tile));
      return static_cast<float>(seed_.band);
    }
    float n = 0, st = 0, sb = 0, stt = 0, stb = 0;
    constexpr std::size_t kRecent = 12;
    for (std::size_t i = links_.size() - std::min(links_.size(), kRecent); i < links_.size(); ++i) {
      const Link& link = links_[i];
      const float t = static_cast<float>(link.tile - tile);
      const float b = static_cast<float>(link.band);
      n += 1, st += t, sb += b, stt += t * t, stb += t * b;
    }
    *reach = 1.6f;
    const float det = n * stt - st * st;
    if (n < 3 || det <= 0) return static_cast<float>(links_.back().band);
    const float slope = std::clamp((n * stb - st * sb) / det, -most, most);
    return (sb - slope * st) / n;
  }

  bool add_best(int tile) {
    float reach = 0;
    const float middle = expected(tile, &reach);
    const int first = std::max(0, static_cast<int>(std::ceil(middle - reach)));
    const int last = std::min(map_.bands - 1, static_cast<int>(std::floor(middle + reach)));
    Link best{-1, tile, 0, 0};
    for (int band = first; band <= last; ++band) {
      const std::size_t at = map_.at(band, tile);
      if (map_.strength[at] <= best.strength || used_[at] ||
          std::abs(map_.pitch[at] - pitch_) > kPitchTolerance * pitch_)
        continue;
      best = {band, tile, map_.strength[at], map_.pitch[at]};
    }
    if (best.band < 0) return false;
    pitch_ += 0.15f * (best.pitch - pitch_);
    links_.push_back(best);
    return true;
  }

  const PeriodicityMap& map_;
  const std::vector<char>& used_;
  std::vector<Link> links_;
  Link seed_{};
  float pitch_ = 0;
};

// across = offset + slope × along, pixels of the face.
struct Line {
  float offset = 0;
  float slope = 0;
  float at(float along) const { return offset + slope * along; }
};

// Least squares weighted by strength; links that lie off are dropped once.
Line fit_line(const PeriodicityMap& map, const std::vector<Link>& links, float tolerance_px) {
  Line line;
  for (int pass = 0; pass < 3; ++pass) {
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (const Link& link : links) {
      const double x = map.along_of(link.tile), y = map.across_of(link.band);
      if (pass > 0 && std::abs(y - line.offset - line.slope * x) > tolerance_px) continue;
      const double w = link.strength * link.strength;
      n += w, sx += w * x, sy += w * y, sxx += w * x * x, sxy += w * x * y;
    }
    const double det = n * sxx - sx * sx;
    if (det <= 1e-6 * n * n) break;
    const double slope = (n * sxy - sx * sy) / det;
    line = {static_cast<float>((sy - slope * sx) / n), static_cast<float>(slope)};
  }
  return line;
}

float median_pitch(std::vector<Link> links) {
  const auto middle = links.begin() + static_cast<std::ptrdiff_t>(links.size() / 2);
  std::nth_element(links.begin(), middle, links.end(),
                   [](const Link& a, const Link& b) { return a.pitch < b.pitch; });
  return middle->pitch;
}

// Pitches, in places of its picture, that a map is asked for.
struct Lags {
  float least = 0;
  float most = PeriodicityMap::kMaxLag;
};

class RowFinder {
 public:
  RowFinder(const PeriodicityMap& map, Lags lags, int min_bars)
      : map_(map), lags_(lags), min_bars_(min_bars) {
    used_.assign(map_.strength.size(), 0);
    tried_.assign(map_.strength.size(), 0);
  }

  void find(std::vector<BarRow>& rows) {
    for (const std::size_t at : seeds()) {
      if (used_[at] || tried_[at]) continue;
      const int band = static_cast<int>(at) / map_.tiles;
      const std::vector<Link> links =
          Chain(map_, used_).grow(band, static_cast<int>(at) % map_.tiles);
      // What has been part of a chain begins no other: the work stays in proportion to the tiles.
      for (const Link& link : links) tried_[map_.at(link.band, link.tile)] = 1;
      if (links.size() >= 4) take(links, rows);
    }
  }

 private:
  // Strongest first: the tracker row is stronger than the rows of ascenders and descenders.
  std::vector<std::size_t> seeds() const {
    std::vector<std::size_t> seeds;
    for (const std::size_t at : map_.found) {
      const int band = static_cast<int>(at) / map_.tiles;
      if (map_.strength[at] >= kSeedStrength && map_.pitch[at] >= lags_.least &&
          map_.pitch[at] <= lags_.most && is_peak(band, static_cast<int>(at) % map_.tiles))
        seeds.push_back(at);
    }
    std::sort(seeds.begin(), seeds.end(), [&](std::size_t a, std::size_t b) {
      return map_.strength[a] != map_.strength[b] ? map_.strength[a] > map_.strength[b] : a < b;
    });
    return seeds;
  }

  // The tracker row stands out from the bands above and below it. Half-bars that happen to come
  // every second pitch do not: the trackers beside them have half their pitch.
  bool is_peak(int band, int tile) const {
    constexpr int kReach = 3;
    const std::size_t here = map_.at(band, tile);
    for (int other = std::max(0, band - kReach); other <= std::min(map_.bands - 1, band + kReach);
         ++other) {
      const std::size_t there = map_.at(other, tile);
      if (std::abs(other - band) == 1 && map_.strength[there] > map_.strength[here]) return false;
      if (map_.strength[there] >= kSeedStrength && map_.pitch[there] < 0.6f * map_.pitch[here])
        return false;
    }
    return true;
  }

  void take(const std::vector<Link>& links, std::vector<BarRow>& rows) {
    const float pitch = median_pitch(links) * static_cast<float>(map_.reduction);
    const auto [left, right] = std::minmax_element(
        links.begin(), links.end(), [](const Link& a, const Link& b) { return a.tile < b.tile; });
    const float half_tile = static_cast<float>(PeriodicityMap::kBlock * map_.reduction);
    const float from = map_.along_of(left->tile) - half_tile;
    const float to = map_.along_of(right->tile) + half_tile;
    if (to - from < 0.75f * static_cast<float>(min_bars_) * pitch) return;
    float strength = 0;
    for (const Link& link : links) strength += link.strength;
    const float span = static_cast<float>(right->tile - left->tile + 1);
    const Line line = fit_line(map_, links, 1.0f * pitch);
    mark(line, left->tile, right->tile, pitch);
    if (std::abs(line.slope) > kMaxSlope) return;
    rows.push_back({map_.on_face(from, line.at(from)), map_.on_face(to, line.at(to)),
                    pitch * std::sqrt(1 + line.slope * line.slope), strength / span});
  }

  // What lies within the bars of this row begins no other, unless at another pitch: a tint's rows
  // run through a code's.
  void mark(const Line& line, int left, int right, float pitch_px) {
    const float per_band = static_cast<float>(2 * map_.reduction);
    const float pitch = pitch_px / static_cast<float>(map_.reduction);
    const int reach = static_cast<int>(2.2f * pitch_px / per_band) + 1;
    for (int tile = left; tile <= right; ++tile) {
      const int middle = static_cast<int>(line.at(map_.along_of(tile)) / per_band) - 1;
      for (int band = std::max(0, middle - reach); band <= std::min(map_.bands - 1, middle + reach);
           ++band) {
        const std::size_t at = map_.at(band, tile);
        const float ratio = map_.pitch[at] / pitch;
        if ((ratio > 0.8f && ratio < 1.25f) || (ratio > 1.8f && ratio < 2.2f)) used_[at] = 1;
      }
    }
  }

  const PeriodicityMap& map_;
  Lags lags_;
  int min_bars_;
  std::vector<char> used_;   // tiles of rows that were found
  std::vector<char> tried_;  // tiles of every chain
};

// Rows of both courses in a picture that is the face reduced.
void find_in(ImageView picture, int reduction, Lags lags, int min_bars, std::vector<BarRow>& rows) {
  for (const Course course : {Course::across, Course::down}) {
    const PeriodicityMap map = map_periodicity(picture, reduction, course);
    RowFinder(map, lags, min_bars).find(rows);
  }
}

void sort_by_score(std::vector<BarRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const BarRow& a, const BarRow& b) { return a.score > b.score; });
}

// Dark writing may come close to a faint code on one side; inside a texture both are busy.
bool stands_alone(const RowProbe& probe, float score) {
  return probe.surround < 0.35f ||
         (probe.surround < 0.6f && probe.quieter_side < 0.06f && score > 0.42f) ||
         (probe.quieter_side < 0.02f && score > 0.8f);
}

// Rows that keep step and stand alone, best first. A short row must show more: chance makes many.
std::vector<BarRow> worth_tracking(ImageView face, std::vector<BarRow> rows, int min_bars) {
  constexpr std::size_t kMostProbed = 96;
  constexpr float kLeastScore = 0.3f, kLeastCoherence = 0.38f;
  constexpr float kLong = 40;  // pitches
  constexpr float kGoodLong = 0.28f, kGoodShort = 0.4f;
  constexpr float kLeastHeight = 0.17f;
  sort_by_score(rows);
  if (rows.size() > kMostProbed) rows.resize(kMostProbed);
  std::vector<BarRow> good;
  for (BarRow& row : rows) {
    if (row.score < kLeastScore) break;
    const float dx = row.to.x - row.from.x, dy = row.to.y - row.from.y;
    const float length = std::hypot(dx, dy);
    const float least = length < kLong * row.pitch_px ? kGoodShort : kGoodLong;
    const float coherence = std::max(kLeastCoherence, least / row.score);
    const RowProbe probe = probe_row(face, row, min_bars, coherence);
    const float score = row.score * probe.coherence;
    if (probe.coherence < coherence || probe.height < kLeastHeight || !stands_alone(probe, score))
      continue;
    const float down = probe.offset * row.pitch_px / length;
    const Point move{-dy * down, dx * down};
    good.push_back({row.from + move, row.to + move, row.pitch_px, score});
  }
  sort_by_score(good);
  return good;
}

}  // namespace

std::vector<BarRow> find_bar_rows(ImageView face, ImageView half, int min_bars) {
  std::vector<BarRow> rows;
  find_in(half, 2, {}, min_bars, rows);
  // The other scales look for the pitches that half scale does not see.
  const Frame quarter = halved(half);
  find_in(quarter.view(), 4, {.least = 3.75f}, min_bars, rows);
  if (static_cast<double>(face.width_px) * face.height_px <= kFullScalePixels)
    find_in(face, 1, {}, min_bars, rows);
  std::vector<BarRow> good = worth_tracking(face, std::move(rows), min_bars);
  if (good.size() > kMaxBarRows) good.resize(kMaxBarRows);
  return good;
}

}  // namespace backstamp::vision::four_state
