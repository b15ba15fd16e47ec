#include <algorithm>
#include <cmath>

#include "datasets/synthesizer/print.h"

namespace backstamp::datasets {
namespace {

struct BoxPx {
  int left, top, right, bottom;
};

BoxPx box_of(const meter::OutlineMm& outline, double px_per_mm, const Plane& ink) {
  RectMm rect{1e9, 1e9, -1e9, -1e9};
  for (const meter::PointMm& corner : outline) {
    rect.left_mm = std::min(rect.left_mm, corner.x_mm);
    rect.top_mm = std::min(rect.top_mm, corner.y_mm);
    rect.right_mm = std::max(rect.right_mm, corner.x_mm);
    rect.bottom_mm = std::max(rect.bottom_mm, corner.y_mm);
  }
  const auto px = [&](double mm, int limit) {
    return std::clamp(static_cast<int>(mm * px_per_mm + 0.5), 0, limit);
  };
  return {px(rect.left_mm, ink.width_px), px(rect.top_mm, ink.height_px),
          px(rect.right_mm, ink.width_px), px(rect.bottom_mm, ink.height_px)};
}

/// Moves every edge by about `spread_px`: a small blur, then a steep threshold beside the middle.
void spread_ink(Plane& ink, double spread_px) {
  const int threshold = 128 - static_cast<int>(spread_px * 95);
  constexpr int kGain = 3;
  const auto width = static_cast<std::size_t>(ink.width_px);
  std::vector<std::uint8_t> above(ink.row(0), ink.row(0) + width);
  std::vector<std::uint8_t> here(width);
  std::vector<std::uint16_t> column(width + 2);
  for (int y = 0; y < ink.height_px; ++y) {
    std::uint8_t* const row = ink.row(y);
    std::copy_n(row, width, here.begin());
    const std::uint8_t* const below = y + 1 < ink.height_px ? ink.row(y + 1) : here.data();
    for (std::size_t x = 0; x < width; ++x) {
      column[x + 1] = static_cast<std::uint16_t>(above[x] + 2 * here[x] + below[x]);
    }
    column[0] = column[1];
    column[width + 1] = column[width];
    for (std::size_t x = 0; x < width; ++x) {
      const int mean = (column[x] + 2 * column[x + 1] + column[x + 2]) >> 4;
      row[x] = static_cast<std::uint8_t>(std::clamp((mean - threshold) * kGain + 128, 0, 255));
    }
    above.swap(here);
  }
}

/// White lines along the print direction, right through the symbol.
void kill_nozzles(Plane& ink, const BoxPx& box, int count, double px_per_mm, Random& random) {
  const int thickness = std::max(1, static_cast<int>(px_per_mm * 0.17));
  for (; count > 0 && box.bottom - box.top > 8; --count) {
    const int y0 = random.integer(box.top + 1, box.bottom - 2 - thickness);
    for (int y = y0; y < y0 + thickness; ++y) {
      std::fill(ink.row(y) + box.left, ink.row(y) + box.right, std::uint8_t{0});
    }
  }
}

/// A tail of wet ink to the right, fading over `length_px`.
void smear_ink(Plane& ink, const BoxPx& box, double length_px, double strength) {
  const int keep = static_cast<int>(65536 * std::exp(-1 / std::max(length_px, 0.5)));
  const int share = static_cast<int>(strength * 256);
  const int right = std::min(ink.width_px, box.right + static_cast<int>(3 * length_px));
  for (int y = box.top; y < box.bottom; ++y) {
    std::uint8_t* const row = ink.row(y);
    int tail = 0;  // 8.8 fixed
    for (int x = box.left; x < right; ++x) {
      tail =
          std::max(static_cast<int>(static_cast<std::int64_t>(tail) * keep >> 16), row[x] * share);
      row[x] = std::max(row[x], static_cast<std::uint8_t>(tail >> 8));
    }
  }
}

void scuff(Plane& ink, double px_per_mm, double strength, Random& random) {
  const double width_mm = ink.width_px / px_per_mm;
  const double height_mm = ink.height_px / px_per_mm;
  const meter::PointMm from{random.real(0, width_mm), random.real(0, height_mm)};
  const meter::PointMm to{from.x_mm + random.real(-60, 60), from.y_mm + random.real(-12, 12)};
  scrape_stroke(ink, {from, to, random.real(0.3, 1.6)}, px_per_mm, strength);
}

/// Smears the symbol over several modules and tears a strip out of it; now and then so narrow a
/// strip that error correction may still make up for it.
void ruin(Plane& ink, const meter::OutlineMm& outline, double px_per_mm, Random& random) {
  const BoxPx box = box_of(outline, px_per_mm, ink);
  const bool narrow = random.chance(0.3);
  if (!narrow) smear_ink(ink, box, px_per_mm * random.real(0.8, 2), random.real(0.7, 0.95));
  const double width_mm = (box.right - box.left) / px_per_mm;
  const double height_mm = (box.bottom - box.top) / px_per_mm;
  const double middle_mm = box.left / px_per_mm + width_mm * random.real(0.25, 0.75);
  const double top_mm = box.top / px_per_mm;
  const double lean_mm = random.real(-0.2, 0.2) * width_mm;
  scrape_stroke(ink,
                {{middle_mm - lean_mm, top_mm - 1},
                 {middle_mm + lean_mm, top_mm + height_mm + 1},
                 narrow ? random.real(0.8, 1.6) : std::max(2.5, width_mm * random.real(0.22, 0.4))},
                px_per_mm, 1);
}

}  // namespace

void spoil_ink(Plane& ink, const std::vector<meter::OutlineMm>& outlines,
               const Conditions& conditions, bool damaged, double px_per_mm, Random& random) {
  if (conditions.ink_unevenness > 0) spread_ink(ink, conditions.ink_spread_px * px_per_mm / 8);
  if (!outlines.empty()) {
    const auto count = static_cast<std::uint32_t>(outlines.size());
    const BoxPx first = box_of(outlines.front(), px_per_mm, ink);
    kill_nozzles(ink, first, conditions.dead_nozzles, px_per_mm, random);
    if (conditions.smear_mm > 0) {
      BoxPx part = box_of(outlines[random.below(count)], px_per_mm, ink);
      part.top += (part.bottom - part.top) * random.integer(0, 6) / 10;
      smear_ink(ink, part, conditions.smear_mm * px_per_mm, random.real(0.25, 0.5));
    }
  }
  for (int i = 0; i < conditions.scuffs; ++i) {
    scuff(ink, px_per_mm, random.real(0.3, 0.8), random);
  }
  if (!damaged) return;
  for (const meter::OutlineMm& outline : outlines) ruin(ink, outline, px_per_mm, random);
}

}  // namespace backstamp::datasets
