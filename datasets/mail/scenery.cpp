// Pictures, stamps, postmarks and decoys.
#include "datasets/mail/scenery.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/mail/hand.h"
#include "datasets/synthesizer/noise.h"

namespace backstamp::datasets {
namespace {

constexpr Hand kType{2.2, 0.28, 0, 0};
constexpr std::array<const char*, 10> kPlaces = {"DUNHAVEN",  "CARROW",    "EASTMOOR",  "GLENARROW",
                                                 "HOLLOWAY",  "LARKFIELD", "OAKHOLLOW", "REDWATER",
                                                 "STONEBECK", "NEW ARDEN"};
constexpr std::array<const char*, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                 "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

PenLine circle(meter::PointMm centre, double radius_mm, double width_mm) {
  PenLine line;
  line.width_mm = width_mm;
  for (int i = 0; i <= 48; ++i) {
    const double angle = i * std::numbers::pi / 24;
    line.points.push_back(
        {centre.x_mm + radius_mm * std::cos(angle), centre.y_mm + radius_mm * std::sin(angle)});
  }
  return line;
}

void append(std::vector<PenLine>& lines, std::vector<PenLine> more) {
  for (PenLine& line : more) lines.push_back(std::move(line));
}

void write_middle(std::vector<PenLine>& lines, std::string_view text, meter::PointMm middle,
                  const Hand& hand, Random& random) {
  const double width = written_width_mm(text, hand);
  append(lines, write_line(text, {middle.x_mm - width / 2, middle.y_mm}, 0, hand, random));
}

FrameMm frame_of(const RectMm& place) {
  return {{place.left_mm, place.top_mm},
          place.right_mm - place.left_mm,
          place.bottom_mm - place.top_mm,
          0};
}

}  // namespace

void draw_picture(Surface& surface, const RectMm& place, Random& random) {
  const NoiseTables& noise = noise_tables();
  const int begin = random.integer(0, kTileMask);
  const double level = random.real(0.35, 0.7);
  const double clouds = random.real(0.1, 0.25);
  const double size = random.real(0.5, 1.3);  // table steps to the millimetre
  const FrameMm frame = frame_of(place);
  over_frame(surface, frame, 0, [&](std::uint8_t& value, double u, double v) {
    const double x = u * size + begin;
    const double y = v * size + begin;
    const int left = static_cast<int>(x);
    const int top = static_cast<int>(y);
    const auto cloud = [&](int dx, int dy) {
      return static_cast<double>(noise.blotch[static_cast<std::size_t>(
          ((top + dy) & kTileMask) * kTileSide + ((left + dx) & kTileMask))]);
    };
    const double fx = x - left;
    const double fy = y - top;
    const double upper = cloud(0, 0) * (1 - fx) + cloud(1, 0) * fx;
    const double lower = cloud(0, 1) * (1 - fx) + cloud(1, 1) * fx;
    const double tone = level + clouds * (upper * (1 - fy) + lower * fy) / 64;
    value = static_cast<std::uint8_t>(value * std::clamp(tone, 0.08, 1.0));
  });
  for (int left = random.integer(1, 4); left > 0; --left) {
    const meter::PointMm middle{random.real(place.left_mm, place.right_mm),
                                random.real(place.top_mm, place.bottom_mm)};
    const double reach = std::min({6.0, middle.x_mm - place.left_mm, place.right_mm - middle.x_mm,
                                   middle.y_mm - place.top_mm, place.bottom_mm - middle.y_mm});
    if (reach < 1) continue;
    if (random.chance(0.4)) {
      const PenLine ring = circle(middle, reach * 0.6, reach * random.real(0.1, 0.8));
      draw_pen(surface, {ring}, random.real(0.3, 0.8), 0, random);
    } else {
      const meter::PointMm to{middle.x_mm + random.real(-1, 1) * reach,
                              middle.y_mm + random.real(-1, 1) * reach};
      const PenLine line{{middle, to}, random.real(0.3, 1.4)};
      draw_pen(surface, {line}, random.real(0.2, 0.7), 0, random);
    }
  }
}

double draw_logo(Surface& surface, meter::PointMm at, double size_mm, double ink, Random& random) {
  const double half = size_mm / 2;
  const meter::PointMm middle{at.x_mm + half, at.y_mm + half};
  std::vector<PenLine> lines;
  switch (random.integer(0, 3)) {
    case 0:
      lines.push_back(circle(middle, half * 0.8, size_mm * 0.12));
      break;
    case 1:
      lines.push_back({{middle, {middle.x_mm + 0.01, middle.y_mm}}, size_mm * 0.8});
      break;
    case 2: {
      PenLine star;
      star.width_mm = size_mm * 0.1;
      for (int i = 0; i <= 10; ++i) {
        const double radius = half * (i % 2 == 0 ? 0.95 : 0.42);
        const double angle = i * std::numbers::pi / 5;
        star.points.push_back(
            {middle.x_mm + radius * std::sin(angle), middle.y_mm - radius * std::cos(angle)});
      }
      lines.push_back(star);
      break;
    }
    default:
      for (int i = 0; i < 4; ++i) {
        const double y = at.y_mm + size_mm * (0.15 + 0.24 * i);
        lines.push_back({{{at.x_mm, y}, {at.x_mm + size_mm * (1 - 0.12 * i), y}}, size_mm * 0.12});
      }
  }
  draw_pen(surface, lines, ink, 0.1, random);
  return size_mm;
}

double stick_stamp(Surface& surface, meter::PointMm at, Random& random) {
  const double width = random.real(19, 24);
  const double height = random.real(22, 29);
  stick_label(surface, {at, width, height, 0}, random);
  const double tooth = 0.75;
  std::vector<PenLine> teeth;
  for (double along = tooth; along < 2 * (width + height); along += 2 * tooth) {
    meter::PointMm dot = at;
    if (along < width) {
      dot.x_mm += along;
    } else if (along < width + height) {
      dot.x_mm += width;
      dot.y_mm += along - width;
    } else if (along < 2 * width + height) {
      dot.x_mm += along - width - height;
      dot.y_mm += height;
    } else {
      dot.y_mm += along - 2 * width - height;
    }
    teeth.push_back({{dot, {dot.x_mm + 0.01, dot.y_mm}}, 1.0});
  }
  draw_pen(surface, teeth, random.real(0.55, 0.8), 0, random);
  const RectMm inner{at.x_mm + 2, at.y_mm + 2, at.x_mm + width - 2, at.y_mm + height - 2};
  draw_picture(surface, inner, random);
  const Hand hand{random.real(2.2, 3.4), 0.5, 0, 0};
  const std::string value = "0." + std::to_string(random.integer(50, 99));
  const auto letters =
      write_line(value, {inner.left_mm + 1, inner.bottom_mm - hand.size_mm - 1}, 0, hand, random);
  draw_pen(surface, letters, random.real(0.05, 0.3), 0, random);
  return width;
}

void postmark(Surface& surface, meter::PointMm at, double length_mm, Random& random) {
  const double radius = random.real(9.5, 12.5);
  const meter::PointMm centre{at.x_mm - 15, at.y_mm + random.real(-2, 4)};
  const double pen = random.real(0.3, 0.5);
  std::vector<PenLine> lines{circle(centre, radius, pen)};
  if (random.chance(0.4)) lines.push_back(circle(centre, radius * 0.62, pen));
  const char* const place = random.pick(kPlaces);
  append(lines, write_arc(place, centre, radius * 0.7, random.real(-25, 25), kType, random));
  std::string day = std::to_string(random.integer(1, 28)) + " ";
  day += random.pick(kMonths);
  write_middle(lines, day, {centre.x_mm, centre.y_mm - 3.4}, kType, random);
  write_middle(lines, std::to_string(random.integer(1, 12)) + " PM", {centre.x_mm, centre.y_mm},
               kType, random);
  write_middle(lines, "2026", {centre.x_mm, centre.y_mm + 3.2}, kType, random);
  const int count = random.integer(5, 7);
  const double pitch = random.real(2.4, 3.3);
  const double swing = random.chance(0.7) ? random.real(0.6, 1.2) : 0;
  const double wave = random.real(22, 34);
  const double phase = random.real(0, 6.28);
  const double thick = random.real(0.35, 0.6);
  for (int i = 0; i < count; ++i) {
    PenLine line;
    line.width_mm = thick;
    const double y = at.y_mm + (i - (count - 1) / 2.0) * pitch;
    for (double x = at.x_mm - 3.5; x < at.x_mm + length_mm; x += 1) {
      line.points.push_back({x, y + swing * std::sin((x - at.x_mm) / wave * 6.28 + phase)});
    }
    lines.push_back(std::move(line));
  }
  const double ink = random.real(0.15, 0.4);
  draw_pen(surface, lines, ink, random.real(0.1, 0.4), random);
}

void draw_hatching(Surface& surface, const RectMm& place, double ink, Random& random) {
  const double pitch = random.real(0.7, 2.4);
  const double width = pitch * random.real(0.25, 0.55);
  const double lean = random.chance(0.5) ? 0 : random.real(-5, 5);
  std::vector<PenLine> lines;
  for (double x = place.left_mm + 5; x < place.right_mm - 5; x += pitch) {
    lines.push_back({{{x, place.top_mm}, {x + lean, place.bottom_mm}}, width});
  }
  if (!lines.empty()) draw_pen(surface, lines, ink, 0.1, random);
}

void draw_rules(Surface& surface, const RectMm& place, double ink, Random& random) {
  const double pitch = random.real(3, 8);
  const double width = random.real(0.15, 0.6);
  std::vector<PenLine> lines;
  for (double y = place.top_mm; y <= place.bottom_mm; y += pitch) {
    lines.push_back({{{place.left_mm, y}, {place.right_mm, y}}, width});
  }
  draw_pen(surface, lines, ink, 0.1, random);
}

void draw_checkerboard(Surface& surface, const RectMm& place, double ink, Random& random) {
  const double square = random.real(0.5, 2.5);
  const int reflect = static_cast<int>(ink * 255);
  over_frame(surface, frame_of(place), 0, [&](std::uint8_t& value, double u, double v) {
    const int column = static_cast<int>(u / square);
    const int row = static_cast<int>(v / square);
    if ((column + row) % 2 == 0) value = inked(value, 255, reflect);
  });
}

void draw_fence(Surface& surface, const RectMm& place, double ink, Random& random) {
  const double pitch = 25.4 / random.real(20, 24);
  const double width = pitch * random.real(0.35, 0.55);
  const double height = random.real(1.2, 5);
  std::vector<PenLine> lines;
  for (double x = place.left_mm; x < std::min(place.right_mm, place.left_mm + 80); x += pitch) {
    lines.push_back({{{x, place.top_mm}, {x, place.top_mm + height}}, width});
  }
  draw_pen(surface, lines, ink, 0.1, random);
}

void draw_modules(Surface& surface, const RectMm& place, double ink, Random& random) {
  const double module = random.real(0.4, 0.8);
  const std::uint64_t pattern = random.bits();
  const int reflect = static_cast<int>(ink * 255);
  over_frame(surface, frame_of(place), 0, [&](std::uint8_t& value, double u, double v) {
    const auto column = static_cast<std::uint64_t>(u / module);
    const auto row = static_cast<std::uint64_t>(v / module);
    if (derive_seed(pattern, row * 1000 + column) & 1) value = inked(value, 255, reflect);
  });
}

}  // namespace backstamp::datasets
