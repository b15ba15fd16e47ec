#include "vision/four_state/bar_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "vision/four_state/periodicity.h"
#include "vision/four_state/row_probe.h"
#include "vision/locate/geometry.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision::four_state {
namespace {

constexpr float kSeedStrength = 0.55f;
constexpr float kPitchTolerance = 0.14f;
constexpr float kMostUneven = 1.2f;  // codes mostly have 0.05, text 0.6
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

// Tiles with a pitch that belong to no row yet: most tiles have none, so that bits tell sooner.
class FreeTiles {
 public:
  explicit FreeTiles(const PeriodicityMap& map)
      : words_(static_cast<std::size_t>(map.bands) / kBits + 2),
        bits_(words_ * static_cast<std::size_t>(map.tiles)) {
    for (const PeriodicityMap::Place place : map.found)
      bits_[word(place)] |= std::uint64_t{1} << (place.band % kBits);
  }

  bool has(PeriodicityMap::Place place) const {
    return (bits_[word(place)] >> (place.band % kBits) & 1) != 0;
  }
  void take(PeriodicityMap::Place place) {
    bits_[word(place)] &= ~(std::uint64_t{1} << (place.band % kBits));
  }
  // Bands `first` to `last`, at most 64 of them, from the lowest bit.
  std::uint64_t range(int first, int last, int tile) const {
    const std::uint64_t* words = &bits_[word({first, tile})];
    const int shift = first % kBits, count = last - first + 1;
    const std::uint64_t bits = words[0] >> shift | words[1] << 1 << (kBits - 1 - shift);
    return count >= kBits ? bits : bits & ((std::uint64_t{1} << std::max(0, count)) - 1);
  }

 private:
  static constexpr int kBits = 64;
  std::size_t word(PeriodicityMap::Place place) const {
    return static_cast<std::size_t>(place.tile) * words_ +
           static_cast<std::size_t>(place.band / kBits);
  }
  std::size_t words_;  // of a tile, one of them more than it needs
  std::vector<std::uint64_t> bits_;
};

// Tiles of one row, followed from a seed to both sides.
class Chain {
 public:
  Chain(const PeriodicityMap& map, const FreeTiles& free) : map_(map), free_(free) {}

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

  // The row may lie on the border of two bands.
  static constexpr float kReach = 1.1f;

  // Where the row is expected, in bands: the line through the links so far, or near the seed.
  float expected(int tile, float* reach) const {
    const float per_tile = static_cast<float>(PeriodicityMap::kBlock) / PeriodicityMap::kBandLines;
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
    *reach = kReach;
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
    if (last < first) return false;
    Link best{-1, tile, 0, 0};
    for (std::uint64_t bits = free_.range(first, last, tile); bits != 0; bits &= bits - 1) {
      const int band = first + std::countr_zero(bits);
      const std::size_t at = map_.at(band, tile);
      if (map_.strength[at] <= best.strength ||
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
  const FreeTiles& free_;
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

// How much brightness changes across the course where a tile lies, against along it: bars go on
// across it, writing does not. `other` is the map of the same picture for the other course.
float unevenness_across(const PeriodicityMap& map, const PeriodicityMap& other, int band,
                        int tile) {
  constexpr int kBlock = PeriodicityMap::kBlock;
  if (other.bands == 0) return 0;
  const float along = map.energy_of(band, tile) + map.energy_of(band, tile + 1);
  constexpr int kBandsInBlock = kBlock / PeriodicityMap::kBandLines;
  const int block = std::min(band / kBandsInBlock, other.tiles + 1);
  float across = 0;
  for (int i = 0; i < 2 * kBandsInBlock; ++i)  // bands that are as long as a tile in all
    across += other.energy_of(std::min(tile * kBandsInBlock + i, other.bands - 1), block);
  constexpr float kPlaces = 2 * kBlock, kOtherPlaces = 2 * kBandsInBlock * kBlock;
  return across / kOtherPlaces / (along / kPlaces);
}

class RowFinder {
 public:
  RowFinder(const PeriodicityMap& map, const PeriodicityMap& other, Lags lags, int min_bars)
      : map_(map), other_(other), lags_(lags), min_bars_(min_bars), free_(map), untried_(free_) {}

  void find(std::vector<BarRow>& rows) {
    for (const Seed& seed : seeds()) {
      if (!free_.has(seed.place) || !untried_.has(seed.place) ||
          unevenness_across(map_, other_, seed.place.band, seed.place.tile) > kMostUneven)
        continue;
      const std::vector<Link> links = Chain(map_, free_).grow(seed.place.band, seed.place.tile);
      // What has been part of a chain begins no other: the work stays in proportion to the tiles.
      for (const Link& link : links) untried_.take({link.band, link.tile});
      if (links.size() >= 4 && mean_unevenness(links) < kMostUneven) take(links, rows);
    }
  }

 private:
  struct Seed {
    float strength;
    PeriodicityMap::Place place;
  };

  // Strongest first: the tracker row is stronger than the rows of ascenders and descenders.
  std::vector<Seed> seeds() const {
    std::vector<Seed> seeds;
    for (const PeriodicityMap::Place place : map_.found) {
      const std::size_t at = map_.at(place);
      if (map_.strength[at] >= kSeedStrength && map_.pitch[at] >= lags_.least &&
          map_.pitch[at] <= lags_.most && is_peak(place))
        seeds.push_back({map_.strength[at], place});
    }
    std::sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) {
      if (a.strength != b.strength) return a.strength > b.strength;
      return a.place.band != b.place.band ? a.place.band < b.place.band
                                          : a.place.tile < b.place.tile;
    });
    return seeds;
  }

  // The tracker row stands out from the bands above and below it. Half-bars that happen to come
  // every second pitch do not: the trackers beside them have half their pitch.
  bool is_peak(PeriodicityMap::Place place) const {
    constexpr int kReach = 2;
    const int first = -std::min(kReach, place.band);
    const int last = std::min(kReach, map_.bands - 1 - place.band);
    const float* strength = &map_.strength[map_.at(place)];
    const float* pitch = &map_.pitch[map_.at(place)];
    if (first < 0 && strength[-1] > *strength) return false;
    if (last > 0 && strength[1] > *strength) return false;
    const float half = 0.6f * *pitch;
    for (int i = first; i <= last; ++i)
      if (strength[i] >= kSeedStrength && pitch[i] < half) return false;
    return true;
  }

  float mean_unevenness(const std::vector<Link>& links) const {
    float sum = 0;
    for (const Link& link : links) sum += unevenness_across(map_, other_, link.band, link.tile);
    return sum / static_cast<float>(links.size());
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
    const float per_band = static_cast<float>(PeriodicityMap::kBandLines * map_.reduction);
    const Line line = fit_line(map_, links, std::max(pitch, 1.2f * per_band));
    mark(line, left->tile, right->tile, pitch);
    if (std::abs(line.slope) > kMaxSlope) return;
    // The course crosses bars that stand upright on their row at a slant: they lie closer on it.
    rows.push_back({map_.on_face(from, line.at(from)), map_.on_face(to, line.at(to)),
                    pitch / std::hypot(1.0f, line.slope), strength / span});
  }

  // What lies within the bars of this row begins no other, unless at another pitch: a tint's rows
  // run through a code's.
  void mark(const Line& line, int left, int right, float pitch_px) {
    const float per_band = static_cast<float>(PeriodicityMap::kBandLines * map_.reduction);
    const float pitch = pitch_px / static_cast<float>(map_.reduction);
    const int reach = static_cast<int>(2.2f * pitch_px / per_band) + 1;
    const auto marked = [pitch](float other) {
      return (other > 0.8f * pitch && other < 1.25f * pitch) ||
             (other > 1.8f * pitch && other < 2.2f * pitch);
    };
    for (int tile = left; tile <= right; ++tile) {
      const int middle = static_cast<int>(line.at(map_.along_of(tile)) / per_band);
      const int first = std::max(0, middle - reach);
      const int last = std::min(map_.bands - 1, middle + reach);
      if (last < first) continue;
      for (std::uint64_t bits = free_.range(first, last, tile); bits != 0; bits &= bits - 1) {
        const int band = first + std::countr_zero(bits);
        if (marked(map_.pitch[map_.at(band, tile)])) free_.take({band, tile});
      }
    }
  }

  const PeriodicityMap& map_;
  const PeriodicityMap& other_;
  Lags lags_;
  int min_bars_;
  FreeTiles free_;
  FreeTiles untried_;  // part of no chain
};

// Rows of both courses in a picture that is the face reduced.
void find_in(ImageView picture, int reduction, Lags lags, int min_bars, std::vector<BarRow>& rows) {
  const PeriodicityMap across = map_periodicity(picture, reduction, Course::across);
  const PeriodicityMap down = map_periodicity(picture, reduction, Course::down);
  RowFinder(across, down, lags, min_bars).find(rows);
  RowFinder(down, across, lags, min_bars).find(rows);
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
    if (coherence > 1) continue;
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
