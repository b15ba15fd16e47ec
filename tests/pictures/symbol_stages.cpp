#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/pictures/sheet.h"
#include "tests/pictures/stages.h"
#include "vision/four_state/bar_rows.h"
#include "vision/four_state/bar_sequence.h"
#include "vision/four_state/bar_track.h"
#include "vision/grid/grid.h"
#include "vision/grid/modules.h"
#include "vision/grid/strokes/strokes.h"
#include "vision/grid/words/words.h"
#include "vision/linear/box_looks.h"
#include "vision/linear/code128_pairs.h"
#include "vision/locate/regions.h"
#include "vision/stacked/anchors.h"
#include "vision/stacked/classify.h"
#include "vision/stacked/indicators.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/waveform.h"

namespace backstamp::pictures {
namespace {

using namespace vision;
using programs::Canvas;

constexpr int kPage_px = 900;
constexpr int kGap_px = 12;

Point middle_of(const Quad& quad) {
  return (quad[0] + quad[1] + quad[2] + quad[3]) * 0.25f;
}

Quad seen_quad(const Window& window, Quad quad) {
  for (Point& p : quad) p = window.picture_from_face(p);
  return quad;
}

/// The region that was found nearest to a symbol.
std::optional<Region> region_of(ImageView face, ImageView half, const Reading& reading,
                                Texture texture) {
  std::optional<Region> nearest;
  float distance = 1e9f;
  for (const Region& region : Locator(face, half).regions(texture, {})) {
    const float away = length(region.box.center - middle_of(reading.outline));
    if (away >= distance) continue;
    distance = away;
    nearest = region;
  }
  return nearest;
}

std::uint8_t grey_of(float darkness) {
  return static_cast<std::uint8_t>(255 - 255 * std::clamp(darkness, 0.0f, 1.0f));
}

/// A grid of values, each a square; 0 light, 1 dark.
Canvas draw_values(const std::vector<float>& values, int columns, int rows, int side_px) {
  const int module = std::max(1, side_px / std::max(columns, rows));
  Canvas canvas(module * columns, module * rows);
  for (int i = 0; i < columns * rows; ++i) {
    canvas.fill(i % columns * module, i / columns * module, module, module,
                grey_of(values[static_cast<std::size_t>(i)]));
  }
  return canvas;
}

constexpr int kPanel_px = 330;

/// Modules as they were sampled: grey where they are not sure.
Canvas draw_soft(const std::vector<float>& soft, int columns, int rows) {
  std::vector<float> values;
  for (const float value : soft) values.push_back(0.5f + 0.4f * value);
  return draw_values(values, columns, rows, kPanel_px);
}

/// The size of a symbol that was read: the one whose pattern lies best where it was read.
std::pair<int, int> size_of(ImageView face, const Reading& reading) {
  std::pair<int, int> best{0, 0};
  float agreement = -1;
  for (const auto& [columns, rows] : sizes_of(reading.symbology)) {
    Quad corners = reading.outline;
    const float value = climb(face, fixed_pattern(reading.symbology, columns, rows), corners);
    if (value <= agreement) continue;
    agreement = value;
    best = {columns, rows};
  }
  return best;
}

void draw_grid(Canvas& canvas, const Window& window, const Quad& corners, int columns, int rows) {
  const GridMap map(corners, columns, rows);
  const auto seen = [&](int column, int row) {
    return window.picture_from_face(
        map.face_from_module(static_cast<float>(column), static_cast<float>(row)));
  };
  const auto stroke = [](int line, int last) {
    const bool edge = line == 0 || line == last;
    return programs::Stroke{.thickness_px = edge ? 2 : 1,
                            .grey = static_cast<std::uint8_t>(edge ? 0 : 255)};
  };
  for (int c = 0; c <= columns; ++c) canvas.line(seen(c, 0), seen(c, rows), stroke(c, columns));
  for (int r = 0; r <= rows; ++r) canvas.line(seen(0, r), seen(columns, r), stroke(r, rows));
}

}  // namespace

std::optional<Canvas> draw_matrix(ImageView face, ImageView half, const Reading& reading) {
  const auto region = region_of(face, half, reading, Texture::matrix);
  const auto [columns, rows] = size_of(face, reading);
  if (!region || columns == 0) return std::nullopt;
  const FixedPattern& pattern = fixed_pattern(reading.symbology, columns, rows);
  const Modules modules = sample_modules(face, pattern, reading.outline);
  const std::vector<float> soft = soft_modules(modules, pattern, 0.15f);
  const auto lifted = lift_strokes(face, pattern, reading.outline);
  const std::vector<float> better = lifted ? soft_modules(lifted->modules, pattern, 0.15f) : soft;
  const auto layout = word_layout(pattern.symbology, columns, rows, better);
  const auto corrected = layout ? correct_modules(*layout, better) : std::nullopt;
  const Window window = window_around(region->box.corners(), 10, kPanel_px);
  const Frame seen = seen_through(face, window);
  Canvas boxed = Canvas::copy_of(seen.view()), gridded = Canvas::copy_of(seen.view());
  boxed.outline(seen_quad(window, region->box.corners()), {.thickness_px = 2, .dash_px = 6});
  draw_grid(gridded, window, reading.outline, columns, rows);
  std::vector<Canvas> modules_seen;
  modules_seen.push_back(draw_soft(soft, columns, rows));
  if (lifted) modules_seen.push_back(draw_soft(better, columns, rows));
  if (corrected) {
    const std::vector<float> clean(corrected->dark.begin(), corrected->dark.end());
    modules_seen.push_back(draw_values(clean, columns, rows, kPanel_px));
  }
  const int right = kPanel_px + kGap_px, below = window.height_px + kGap_px;
  Canvas canvas(right * std::max(2, static_cast<int>(modules_seen.size())) - kGap_px,
                below + window.height_px);
  canvas.paste(boxed.view(), 0, 0);
  canvas.paste(gridded.view(), right, 0);
  for (int i = 0; const Canvas& panel : modules_seen)
    canvas.paste(panel.view(), right * i++, below);
  return canvas;
}

namespace {

void draw_lattice(Canvas& canvas, const Window& window, const stacked::Lattice& lattice) {
  const auto last = static_cast<float>(lattice.rows());
  for (int column = 0; column <= lattice.columns(); ++column)
    canvas.line(window.picture_from_face(lattice.at(column, 0)),
                window.picture_from_face(lattice.at(column, last)), {.thickness_px = 1});
  for (int row = 0; row <= lattice.rows(); ++row)
    for (int column = 0; column < lattice.columns(); ++column)
      canvas.line(window.picture_from_face(lattice.at(column, static_cast<float>(row))),
                  window.picture_from_face(lattice.at(column + 1, static_cast<float>(row))),
                  {.thickness_px = 1});
}

/// How sure each word of the lattice is: dark ones are.
void draw_sureness(Canvas& canvas, const Window& window, const stacked::Lattice& lattice,
                   const std::vector<stacked::View>& views, int top) {
  constexpr float kSure = 2.8f;
  const stacked::RowNumbers numbers = stacked::read_indicators(views);
  for (int row = 0; row < lattice.rows(); ++row) {
    for (int column = 1; column < lattice.columns() - 1; ++column) {
      const int cluster = (numbers.cluster + row) % 3;
      const float margin = stacked::classify(views, row, column, cluster).margin();
      const auto r = static_cast<float>(row);
      const Point from = window.picture_from_face(lattice.at(column, r));
      const Point to = window.picture_from_face(lattice.at(column + 1, r + 1));
      canvas.fill(static_cast<int>(from.x), top + static_cast<int>(from.y),
                  static_cast<int>(to.x - from.x) - 1, static_cast<int>(to.y - from.y) - 1,
                  grey_of(0.08f + margin / kSure));
    }
  }
}

}  // namespace

std::optional<Canvas> draw_stacked(ImageView face, ImageView, const Reading& reading) {
  const Quad& q = reading.outline;
  OrientedBox box;
  box.center = middle_of(q);
  box.width = length(q[1] - q[0]);
  box.height = length(q[3] - q[0]);
  box.along = (q[1] - q[0]) * (1 / box.width);
  const auto anchors = stacked::find_anchors(face, box);
  const auto lattice = anchors ? stacked::find_lattice(face, *anchors) : std::nullopt;
  if (!lattice) return std::nullopt;
  std::vector<stacked::View> views;
  views.push_back({stacked::Waveforms(face, *lattice, stacked::Blend::mean), {}});
  views.front().model = stacked::learn_from_ends(views.front().waves);
  const Window window = window_around(q, 12, kPage_px);
  const Frame seen = seen_through(face, window);
  Canvas gridded(seen.view());
  draw_lattice(gridded, window, *lattice);
  Canvas canvas(kPage_px, 3 * window.height_px + 2 * kGap_px);
  canvas.paste(seen.view(), 0, 0);
  canvas.paste(gridded.view(), 0, window.height_px + kGap_px);
  draw_sureness(canvas, window, *lattice, views, 2 * (window.height_px + kGap_px));
  return canvas;
}

namespace {

/// A profile as a curve, 0 at the bottom and 1 at the top of its field.
void draw_profile(Canvas& canvas, const std::vector<float>& dark, const Window& window,
                  const std::vector<Point>& places, int top, int height) {
  const auto level = [&](float value) {
    return static_cast<float>(top) +
           (1 - std::clamp(value, -0.1f, 1.1f)) * static_cast<float>(height);
  };
  for (std::size_t i = 0; i + 1 < dark.size() && i + 1 < places.size(); ++i) {
    const float from = window.picture_from_face(places[i]).x;
    const float to = window.picture_from_face(places[i + 1]).x;
    canvas.line({from, level(dark[i])}, {to, level(dark[i + 1])}, {.thickness_px = 2});
  }
}

}  // namespace

std::optional<Canvas> draw_linear(ImageView face, ImageView half, const Reading& reading) {
  const auto region = region_of(face, half, reading, Texture::bars);
  if (!region) return std::nullopt;
  BoxLooks looks(face, region->box);
  if (!looks.take(0)) return std::nullopt;
  const Code128Pairs found = find_code128_pairs(looks.ways());
  if (found.pairs.empty()) return std::nullopt;
  const Code128Pair& pair = found.pairs.front();
  const std::vector<float>& dark = looks.ways().way(pair.reversed);
  const Code128Slots slots = decode_code128(dark, pair.frame);
  const Window window = window_around(reading.outline, 24, kPage_px);
  std::vector<Point> places;
  for (std::size_t i = 0; i < dark.size(); ++i) {
    const auto at = static_cast<float>(i);
    places.push_back(looks.outline(at, at + 1, pair.reversed)[0]);
  }
  constexpr int kCurve_px = 110, kMargins_px = 60;
  constexpr float kSure = 800;  // a margin that fills its field
  const Frame seen = seen_through(face, window);
  const int top = window.height_px + kGap_px, low = top + kCurve_px + kGap_px;
  Canvas canvas(kPage_px, low + kMargins_px + 1);
  canvas.paste(seen.view(), 0, 0);
  draw_profile(canvas, dark, window, places, top, kCurve_px);
  const std::vector<float> margins = slots.margins();
  for (std::size_t i = 0; i < slots.places.size(); ++i) {
    const auto at = static_cast<std::size_t>(
        std::clamp(slots.places[i], 0.0f, static_cast<float>(places.size()) - 1));
    const float x = window.picture_from_face(places[at]).x;
    canvas.line({x, static_cast<float>(top)}, {x, static_cast<float>(low + kMargins_px)},
                {.thickness_px = 1, .grey = 120});
    if (i >= margins.size()) continue;
    const int height = static_cast<int>(kMargins_px * std::min(1.0f, margins[i] / kSure));
    canvas.fill(static_cast<int>(x) + 6, low + kMargins_px - height, 20, height, 70);
  }
  return canvas;
}

namespace {

/// A half-bar from the trackers' line: as long as it is printed, paler the less that is sure.
void draw_half_bar(Canvas& canvas, float x, float from, float full, float soft) {
  const float printed = std::clamp(0.5f + soft / 2, 0.0f, 1.0f);
  const bool sure = std::abs(soft) > 0.5f;
  canvas.line({x, from}, {x, from + full * printed},
              {.thickness_px = 3, .grey = static_cast<std::uint8_t>(sure ? 0 : 130)});
}

/// The bars of the row on which a symbol was read.
std::optional<four_state::BarSequence> bars_of(ImageView face, ImageView half,
                                               const Reading& reading) {
  constexpr int kLeastBars = 22;
  const Point middle = middle_of(reading.outline);
  for (const four_state::BarRow& row : four_state::find_bar_rows(face, half, kLeastBars)) {
    if (length((row.from + row.to) * 0.5f - middle) > 60) continue;
    const auto track = four_state::track_bars(face, row, kLeastBars);
    if (track) return four_state::sample_bars(face, *track, kLeastBars);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Canvas> draw_bars(ImageView face, ImageView half, const Reading& reading) {
  const auto sequence = bars_of(face, half, reading);
  if (!sequence) return std::nullopt;
  const Quad outline = four_state::outline_of(*sequence, sequence->first, sequence->last);
  const Window window = window_around(outline, 12, kPage_px);
  const Frame seen = seen_through(face, window);
  const float tall = 0.3f * static_cast<float>(window.height_px);
  Canvas canvas(kPage_px, 2 * window.height_px + kGap_px);
  canvas.paste(seen.view(), 0, 0);
  const float line = static_cast<float>(window.height_px + kGap_px) + tall * 1.6f;
  for (int k = sequence->first; k <= sequence->last; ++k) {
    const four_state::Bar& bar = sequence->bars[static_cast<std::size_t>(k)];
    const float x = window.picture_from_face(bar.centre).x;
    const float tracker = tall / 3;
    canvas.line({x, line - tracker}, {x, line + tracker}, {.thickness_px = 3});
    draw_half_bar(canvas, x, line - tracker, -tall, bar.ascender);
    draw_half_bar(canvas, x, line + tracker, tall, bar.descender);
  }
  return canvas;
}

}  // namespace backstamp::pictures
