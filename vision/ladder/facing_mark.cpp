#include "vision/ladder/facing_mark.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace backstamp::vision {
namespace {

constexpr int kStep_px = 8;  // from line to line
constexpr int kCoarseStep_px = 3 * kStep_px;
constexpr int kSwing = 16;     // grey levels between a bar and its spaces, at least
constexpr int kRange = 4;      // and this part of all that lie on the line: tints are less
constexpr int kForget_px = 4;  // a grey level of what was light in so many pixels
constexpr float kLeastPitch_px = 5;
constexpr float kMostPitch_px = 12;
constexpr float kOff = 0.25f;   // of a pitch: a bar from its place
constexpr float kQuiet = 1.6f;  // pitches beside the outer bars
constexpr int kLeastLines = 5;
constexpr float kLeastHeight = 5;  // pitches: a bar is ten of them high
constexpr float kMostHeight = 13;
constexpr float kPitches = 8;  // from the first bar to the last
constexpr std::size_t kMostTracks = 64;
constexpr std::size_t kLeastBars = 4;

/// USPS Domestic Mail Manual 708.9: bars at nine places, a sixteenth of an inch apart. They are the
/// same either way up.
struct Kind {
  char name;
  std::string_view places;
};
constexpr std::array<Kind, 5> kKinds{{{'A', "110010011"},
                                      {'B', "101101101"},
                                      {'C', "110101011"},
                                      {'D', "111010111"},
                                      {'E', "101000101"}}};

struct Bar {
  float from;
  float to;
  float middle() const { return (from + to) / 2; }
};

/// The bars of a line, each darker by a swing than the lightest before it and the next light.
void find_bars(std::span<const std::uint8_t> line, std::vector<Bar>& bars) {
  bars.clear();
  std::uint8_t low = 255, high = 0;
  for (const std::uint8_t value : line) low = std::min(low, value), high = std::max(high, value);
  const int swing = std::max(kSwing, (high - low) / kRange);
  if (high - low < swing) return;
  int lightest = line[0];
  for (std::size_t x = 0;; ++x) {
    // Light falls off along the line: what was light some way back is forgotten.
    for (; x < line.size(); ++x) {
      lightest = std::max(lightest - (x % kForget_px == 0 ? 1 : 0), int{line[x]});
      if (line[x] <= lightest - swing) break;
    }
    if (x == line.size()) return;
    const auto from = static_cast<float>(x);
    int darkest = line[x];
    for (++x; x < line.size() && line[x] < darkest + swing; ++x)
      darkest = std::min(darkest, int{line[x]});
    if (x == line.size()) return;
    lightest = line[x];
    bars.push_back({from, static_cast<float>(x)});
  }
}

/// What stands on a line.
struct Hit {
  char kind;
  float first;  ///< middle of the first bar
  float last;
  float pitch() const { return (last - first) / kPitches; }
};

/// Whether the bars from `at` on are those of `kind`.
std::optional<Hit> match(std::span<const Bar> bars, std::size_t at, const Kind& kind) {
  const auto count =
      static_cast<std::size_t>(std::count(kind.places.begin(), kind.places.end(), '1'));
  if (at + count > bars.size()) return std::nullopt;
  const std::span<const Bar> mine = bars.subspan(at, count);
  const Hit hit{kind.name, mine.front().middle(), mine.back().middle()};
  const float pitch = hit.pitch();
  if (pitch < kLeastPitch_px || pitch > kMostPitch_px) return std::nullopt;
  if (at > 0 && mine.front().from - bars[at - 1].to < kQuiet * pitch) return std::nullopt;
  if (at + count < bars.size() && bars[at + count].from - mine.back().to < kQuiet * pitch)
    return std::nullopt;
  std::size_t bar = 0;
  for (std::size_t place = 0; place < kind.places.size(); ++place) {
    if (kind.places[place] != '1') continue;
    const float width = mine[bar].to - mine[bar].from;
    const float off = mine[bar].middle() - hit.first - static_cast<float>(place) * pitch;
    if (std::abs(off) > kOff * pitch || width < 0.2f * pitch || width > 0.9f * pitch)
      return std::nullopt;
    ++bar;
  }
  return hit;
}

/// A hit followed from line to line.
struct Track {
  Hit hit;
  int begin;
  int end;
  int lines;
};

void follow(const Hit& hit, int y, std::vector<Track>& tracks) {
  for (Track& track : tracks) {
    const float most = 0.5f * hit.pitch();
    if (track.hit.kind != hit.kind || y - track.end > 2 * kStep_px ||
        std::abs(track.hit.first - hit.first) > most || std::abs(track.hit.last - hit.last) > most)
      continue;
    track.hit = hit;
    track.end = y;
    ++track.lines;
    return;
  }
  if (tracks.size() < kMostTracks) tracks.push_back({hit, y, y, 1});
}

/// What stands on a line, added to `hits`.
void look_at(std::span<const std::uint8_t> line, std::vector<Bar>& bars, std::vector<Hit>& hits) {
  find_bars(line, bars);
  hits.clear();
  for (std::size_t at = 0; at + kLeastBars <= bars.size(); ++at)
    for (const Kind& kind : kKinds)
      if (const auto hit = match(bars, at, kind)) hits.push_back(*hit);
}

/// The mark in one part of the picture, with the lines that show it. Few lines are enough to see
/// that there is none.
std::optional<Track> search(ImageView part) {
  std::vector<Track> tracks;
  std::vector<Bar> bars;
  std::vector<Hit> hits;
  const auto look = [&](int y) {
    look_at({part.row(y), static_cast<std::size_t>(part.width_px)}, bars, hits);
  };
  bool any = false;
  for (int y = 0; y < part.height_px && !any; y += kCoarseStep_px) {
    look(y);
    any = !hits.empty();
  }
  for (int y = 0; y < part.height_px && any; y += kStep_px) {
    look(y);
    for (const Hit& hit : hits) follow(hit, y, tracks);
  }
  std::erase_if(tracks, [](const Track& track) {
    const float height = static_cast<float>(track.end - track.begin) / track.hit.pitch();
    return track.lines < kLeastLines || height < kLeastHeight || height > kMostHeight;
  });
  const auto best =
      std::max_element(tracks.begin(), tracks.end(),
                       [](const Track& a, const Track& b) { return a.lines < b.lines; });
  return best == tracks.end() ? std::nullopt : std::optional(*best);
}

FacingMark mark_of(const Track& track, int left, int top, bool upside_down) {
  const float from = 2 * (static_cast<float>(left) + track.hit.first - track.hit.pitch() / 4);
  const float to = 2 * (static_cast<float>(left) + track.hit.last + track.hit.pitch() / 4);
  const auto upper = static_cast<float>(2 * (top + track.begin));
  const auto lower = static_cast<float>(2 * (top + track.end));
  FacingMark mark{track.hit.kind, upside_down, {}};
  mark.outline = {Point{from, upper}, {to, upper}, {to, lower}, {from, lower}};
  if (upside_down) std::rotate(mark.outline.begin(), mark.outline.begin() + 2, mark.outline.end());
  return mark;
}

}  // namespace

std::optional<FacingMark> find_facing_mark(ImageView half) {
  constexpr int kLeastSide_px = 64;
  const int width = half.width_px * 2 / 3, height = half.height_px / 3;
  if (width < kLeastSide_px || height < kLeastSide_px) return std::nullopt;
  const int right = half.width_px - width, bottom = half.height_px - height;
  const auto upright = search(half.part(right, 0, width, height));
  const auto turned = search(half.part(0, bottom, width, height));
  if (upright && (!turned || turned->lines <= upright->lines))
    return mark_of(*upright, right, 0, false);
  if (turned) return mark_of(*turned, 0, bottom, true);
  return std::nullopt;
}

}  // namespace backstamp::vision
