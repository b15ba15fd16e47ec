// Paper, tints, stickers, windows, and what carriage does to them.
#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/mail/scenery.h"
#include "datasets/synthesizer/noise.h"

namespace backstamp::datasets {
namespace {

struct Stock {
  int least, most;       // how much light it sends back
  double fibre, blotch;  // standard deviations of its texture
};

Stock stock_of(Paper paper) {
  switch (paper) {
    case Paper::offwhite:
      return {212, 234, 0.9, 0.7};
    case Paper::kraft:
      return {118, 160, 2.6, 2.4};
    case Paper::recycled:
      return {184, 214, 1.8, 2.4};
    case Paper::coloured:
      return {150, 225, 0.9, 0.7};
    case Paper::white:
      break;
  }
  return {234, 250, 0.8, 0.6};
}

std::int16_t tile_at(const std::vector<std::int16_t>& tile, int x, int y) {
  return tile[static_cast<std::size_t>((y & kTileMask) * kTileSide + (x & kTileMask))];
}

/// One period of a security tint: how many levels darker each pixel is.
Plane tint_tile(int kind, double px_per_mm, Random& random) {
  const double period_mm = random.real(1.6, 4);
  const int period = std::max(8, static_cast<int>(px_per_mm * period_mm));
  const auto dark = static_cast<std::uint8_t>(random.integer(8, kind == 3 ? 26 : 34));
  const double thick = std::max(0.8, px_per_mm * random.real(0.12, 0.22));
  Plane tile(period, period, 0);
  for (int y = 0; y < period; ++y) {
    for (int x = 0; x < period; ++x) {
      const double dx = std::abs(x + 0.5 - period / 2.0);
      const double dy = std::abs(y + 0.5 - period / 2.0);
      double inside = 0;  // pixels inside of the ink's edge
      if (kind == 1) {
        inside = std::min(thick / 2 - std::min(dx, dy), period / 4.0 - std::max(dx, dy));
      } else if (kind == 2) {
        inside = thick - std::sqrt(dx * dx + dy * dy);
      } else if (kind == 3) {
        inside = thick / 2 - std::abs((x + y) % period - period / 2.0) * 0.7071;
      } else {
        const double wave = std::sin(6.2832 * x / period) * period * 0.16;
        inside = thick / 2 - std::abs(y + 0.5 - period / 2.0 - wave) * 0.85;
      }
      tile.row(y)[x] = static_cast<std::uint8_t>(dark * std::clamp(inside + 0.5, 0.0, 1.0));
    }
  }
  return tile;
}

/// Short fibres, some darker and some lighter than the paper, as recycled stock has them.
void strew_fibres(Surface& surface, Random& random) {
  const double area = surface.width_mm() * surface.height_mm();
  for (int left = static_cast<int>(area * random.real(0.01, 0.04)); left > 0; --left) {
    const meter::PointMm at{random.real(0, surface.width_mm()),
                            random.real(0, surface.height_mm())};
    const meter::PointMm to{at.x_mm + random.real(-1, 1), at.y_mm + random.real(-1, 1)};
    const PenLine fibre{{at, to}, random.real(0.06, 0.14)};
    draw_pen(surface, {fibre}, random.real(0.6, 0.85), 0, random);
  }
}

/// Distance inwards from the border of a rounded rectangle, negative outside.
double inside_rounded(double x, double y, const RectMm& place, double radius) {
  const double dx =
      std::max(std::max(place.left_mm + radius - x, x - place.right_mm + radius), 0.0);
  const double dy =
      std::max(std::max(place.top_mm + radius - y, y - place.bottom_mm + radius), 0.0);
  if (dx > 0 && dy > 0) return radius - std::sqrt(dx * dx + dy * dy);
  return std::min(std::min(x - place.left_mm, place.right_mm - x),
                  std::min(y - place.top_mm, place.bottom_mm - y));
}

FrameMm frame_of(const RectMm& place) {
  return {{place.left_mm, place.top_mm},
          place.right_mm - place.left_mm,
          place.bottom_mm - place.top_mm,
          0};
}

struct Glint {
  double x, y, along, across, slope, strength;
};

}  // namespace

Surface make_paper(double width_mm, double height_mm, double px_per_mm,
                   const MailConditions& conditions, Random& random) {
  Surface surface;
  surface.px_per_mm = px_per_mm;
  surface.light = Plane(static_cast<int>(width_mm * px_per_mm + 0.5),
                        static_cast<int>(height_mm * px_per_mm + 0.5), 0);
  const Stock stock = stock_of(conditions.paper);
  const NoiseTables& noise = noise_tables();
  const int level = random.integer(stock.least, stock.most);
  const int fibre = static_cast<int>(stock.fibre * 256);
  const int blotch = static_cast<int>(stock.blotch * 256);
  const int begin_x = random.integer(0, kTileMask);
  const int begin_y = random.integer(0, kTileMask);
  const Plane tint =
      conditions.tint > 0 ? tint_tile(conditions.tint, px_per_mm, random) : Plane(kTileSide, 1, 0);
  // Texture belongs to the paper, not to the resolution: one step of the tables is 1/8 mm.
  std::vector<int> steps;
  for (int x = 0; x < surface.light.width_px; ++x) {
    steps.push_back(static_cast<int>(x * 8 / px_per_mm) + begin_x);
  }
  for (int y = 0; y < surface.light.height_px; ++y) {
    const int ty = static_cast<int>(y * 8 / px_per_mm) + begin_y;
    const std::int16_t* const fibres =
        &noise.fibre[static_cast<std::size_t>(ty & kTileMask) * kTileSide];
    const std::int16_t* const blotches =
        &noise.blotch[static_cast<std::size_t>(ty & kTileMask) * kTileSide];
    const std::uint8_t* const tint_row = tint.row(y % tint.height_px);
    std::uint8_t* const row = surface.light.row(y);
    int tint_x = 0;
    for (int x = 0; x < surface.light.width_px; ++x) {
      const auto at = static_cast<std::size_t>(steps[static_cast<std::size_t>(x)] & kTileMask);
      const int value =
          level + ((fibres[at] * fibre + blotches[at] * blotch) >> 14) - tint_row[tint_x];
      if (++tint_x == tint.width_px) tint_x = 0;
      row[x] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
  }
  if (conditions.paper == Paper::recycled) strew_fibres(surface, random);
  return surface;
}

void stick_label(Surface& surface, const FrameMm& frame, Random& random) {
  const int level = random.integer(228, 248);
  const NoiseTables& noise = noise_tables();
  const int begin = random.integer(0, kTileMask);
  const double shade_mm = 0.35;
  over_frame(surface, frame, shade_mm, [&](std::uint8_t& value, double u, double v) {
    const double inside =
        std::min(std::min(u, frame.width_mm - u), std::min(v, frame.height_mm - v));
    if (inside < 0) {  // the shadow beside it
      value = static_cast<std::uint8_t>(value * (1 - 0.12 * (1 + inside / shade_mm)));
      return;
    }
    const int texture =
        tile_at(noise.fibre, static_cast<int>(u * 8) + begin, static_cast<int>(v * 8) + begin);
    const int edge = inside < 0.15 ? 14 : 0;
    value = static_cast<std::uint8_t>(std::clamp(level - edge + texture / 80, 0, 255));
  });
}

void open_window(Surface& surface, const RectMm& place, double radius_mm, Random& random) {
  const int level = random.integer(222, 248);
  const NoiseTables& noise = noise_tables();
  const int begin = random.integer(0, kTileMask);
  over_frame(surface, frame_of(place), 0, [&](std::uint8_t& value, double u, double v) {
    if (inside_rounded(u + place.left_mm, v + place.top_mm, place, radius_mm) < 0) return;
    const int texture =
        tile_at(noise.fibre, static_cast<int>(u * 8) + begin, static_cast<int>(v * 8) + begin);
    value = static_cast<std::uint8_t>(std::min(level + texture / 80, 255));
  });
}

void close_window(Surface& surface, const RectMm& place, double radius_mm, Random& random) {
  const double film = random.real(0.84, 0.96);
  const double haze = random.real(4, 16);
  std::vector<Glint> glints;
  for (int left = random.integer(0, 3); left > 0; --left) {
    glints.push_back({random.real(place.left_mm, place.right_mm),
                      random.real(place.top_mm, place.bottom_mm), random.real(4, 14),
                      random.real(0.8, 2.2), random.real(-0.5, 0.5), random.real(20, 80)});
  }
  over_frame(surface, frame_of(place), 0, [&](std::uint8_t& value, double u, double v) {
    const double x = u + place.left_mm;
    const double y = v + place.top_mm;
    const double inside = inside_rounded(x, y, place, radius_mm);
    if (inside < 0) return;
    double level = value * film + haze;
    if (inside < 0.3) level *= 0.8;
    if (inside < 1.5 && (u < 1.5 || v < 1.5)) level *= 0.9;  // the shadow of the cut edge
    for (const Glint& glint : glints) {
      const double dx = x - glint.x;
      const double dy = y - glint.y - glint.slope * dx;
      const double off =
          dx * dx / (glint.along * glint.along) + dy * dy / (glint.across * glint.across);
      if (off < 1) level += glint.strength * (1 - off) * (1 - off);
    }
    value = static_cast<std::uint8_t>(std::min(level, 255.0));
  });
}

void smudge(Surface& surface, meter::PointMm at, Random& random) {
  const double radius = random.real(1.5, 4.5);
  const double flat = random.real(0.35, 1);
  const double strength = random.real(0.2, 0.55);
  const NoiseTables& noise = noise_tables();
  const int begin = random.integer(0, kTileMask);
  const FrameMm frame{{at.x_mm - radius, at.y_mm - radius * flat},
                      2 * radius,
                      2 * radius * flat,
                      random.real(-25, 25)};
  over_frame(surface, frame, 0, [&](std::uint8_t& value, double u, double v) {
    const double dx = (u - radius) / radius;
    const double dy = (v - radius * flat) / (radius * flat);
    const double off = dx * dx + dy * dy;
    if (off >= 1) return;
    const double grain =
        tile_at(noise.blotch, static_cast<int>(u * 10) + begin, static_cast<int>(v * 22) + begin) /
        64.0;
    const double dark = strength * (1 - off) * std::clamp(0.65 + 0.5 * grain, 0.0, 1.0);
    value = static_cast<std::uint8_t>(value * (1 - dark));
  });
}

void wrinkle(Surface& surface, Random& random) {
  // A line with this normal: one side of it is turned to the lamp, the other away.
  const double angle = random.real(0, std::numbers::pi);
  const double nx = std::cos(angle);
  const double ny = std::sin(angle);
  const meter::PointMm through{random.real(0.1, 0.9) * surface.width_mm(),
                               random.real(0.1, 0.9) * surface.height_mm()};
  const double offset = nx * through.x_mm + ny * through.y_mm;
  const double width = random.real(1.5, 8);
  const double steep = random.real(0.03, 0.15);
  const double depth = random.chance(0.5) ? steep : -steep;
  const double bend = random.real(-0.0015, 0.0015);
  const double wane = random.real(0, 0.012);
  for (int y = 0; y < surface.light.height_px; ++y) {
    std::uint8_t* const row = surface.light.row(y);
    const double y_mm = (y + 0.5) / surface.px_per_mm;
    for (int x = 0; x < surface.light.width_px; ++x) {
      const double x_mm = (x + 0.5) / surface.px_per_mm;
      const double along = x_mm * ny - y_mm * nx;
      const double off = (x_mm * nx + y_mm * ny - offset + bend * along * along) / width;
      if (off < -5 || off > 5) continue;
      const double slope = 1 + off * off;
      const double profile = 3 * off / (slope * slope) * (off > 0 ? 0.7 : 1);
      const double fade = 1 / (1 + wane * std::abs(along));
      const double level = row[x] * (1 + depth * profile * fade);
      row[x] = static_cast<std::uint8_t>(std::clamp(level, 0.0, 255.0));
    }
  }
}

double cover_part(Surface& surface, const FrameMm& symbol, double share, Random& random) {
  const double turn = symbol.turn_deg * std::numbers::pi / 180;
  const auto place = [&](double u, double v) {
    return meter::PointMm{symbol.top_left.x_mm + u * std::cos(turn) - v * std::sin(turn),
                          symbol.top_left.y_mm + u * std::sin(turn) + v * std::cos(turn)};
  };
  const double width = symbol.width_mm;
  const double height = symbol.height_mm;
  const int kind = random.integer(0, 2);
  if (kind == 0) {  // the corner or end of a sticker, or of a strip of tape
    const double part = share * width;
    const bool left = random.chance(0.5);
    const double at = left ? -1 : width - part;
    stick_label(surface, {place(at, -1.5), part + 1, height + 3, symbol.turn_deg}, random);
    return share;
  }
  // Lines right across: their width times their length is the share of the area.
  const double length = height * random.real(1.05, 1.6);
  const double total_mm = share * width * height / std::min(length, height * 1.2);
  const int count = std::max(1, static_cast<int>(total_mm / (kind == 1 ? 0.9 : 0.5) + 0.5));
  const double at = random.real(0.15, 0.85) * width;
  PenLine line;
  line.width_mm = std::min(total_mm / count, 1.6);
  for (int i = 0; i <= count; ++i) {  // to and fro
    const double v = i % 2 == 0 ? -0.05 * height : 1.05 * height;
    line.points.push_back(place(at + (i - count / 2.0) * random.real(0.8, 2.2), v));
  }
  // A pen leaves ink, a scratch bares the paper.
  const double light = kind == 1 ? random.real(0.12, 0.4) : 0;
  if (kind == 1) {
    draw_pen(surface, {line}, light, 0.2, random);
    return share;
  }
  const Plane before = surface.light;
  Surface bare{Plane(before.width_px, before.height_px, 255), surface.px_per_mm};
  draw_pen(bare, {line}, 0, 0.35, random);
  const int paper = before.row(
      std::clamp(static_cast<int>(symbol.top_left.y_mm * surface.px_per_mm) - 4, 0,
                 before.height_px -
                     1))[std::clamp(static_cast<int>(symbol.top_left.x_mm * surface.px_per_mm) - 4,
                                    0, before.width_px - 1)];
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    const int kept = bare.light.values[i];
    if (kept == 255) continue;
    std::uint8_t& value = surface.light.values[i];
    value = static_cast<std::uint8_t>((value * kept + paper * (255 - kept)) / 255);
  }
  return share;
}

}  // namespace backstamp::datasets
