#include <algorithm>
#include <array>

#include "datasets/synthesizer/noise.h"
#include "datasets/synthesizer/print.h"

namespace backstamp::datasets {
namespace {

/// One period of a security tint: how many grey levels darker each pixel is.
Plane tint_tile(int kind, double px_per_mm, Random& random) {
  const int period = std::max(8, static_cast<int>(px_per_mm * random.real(2.5, 5)));
  const auto dark = static_cast<std::uint8_t>(random.integer(6, 18));
  Plane tile(period, period, 0);
  const int thick = std::max(1, period / 14);
  const int arm = period / 4;
  const int middle = period / 2;
  for (int y = 0; y < period; ++y) {
    for (int x = 0; x < period; ++x) {
      const int dx = std::abs(x - middle);
      const int dy = std::abs(y - middle);
      bool inked = (x + y) % period < 2 * thick;  // fine diagonal lines
      if (kind == 1) inked = (dx < thick && dy < arm) || (dy < thick && dx < arm);
      if (kind == 2) inked = dx * dx + dy * dy < 4 * thick * thick;
      if (inked) tile.row(y)[x] = dark;
    }
  }
  return tile;
}

/// Film over the address: a little darker, a line around it, a glint on it.
void add_window(Plane& face, const RectMm& address, double px_per_mm, Random& random) {
  const double border_mm = 4.5;
  const auto px = [&](double mm, int limit) {
    return std::clamp(static_cast<int>(mm * px_per_mm), 0, limit);
  };
  const int left = px(address.left_mm - border_mm, face.width_px);
  const int right = px(address.right_mm + border_mm, face.width_px);
  const int top = px(address.top_mm - border_mm, face.height_px);
  const int bottom = px(address.bottom_mm + border_mm, face.height_px);
  const int radius = px(3, 10000);
  const int film = random.integer(215, 243);
  const int glint_at = random.integer(left, std::max(left, right - 1));
  const int glint = random.integer(0, 14);
  const int edge_px = std::max(1, static_cast<int>(px_per_mm * 0.25));
  for (int y = top; y < bottom; ++y) {
    std::uint8_t* const row = face.row(y);
    for (int x = left; x < right; ++x) {
      // Distance inwards from the rounded border.
      const int ix = std::min(x - left, right - 1 - x);
      const int iy = std::min(y - top, bottom - 1 - y);
      int depth = std::min(ix, iy);
      if (ix < radius && iy < radius) {
        const int cx = radius - ix;
        const int cy = radius - iy;
        if (cx * cx + cy * cy > radius * radius) continue;
        if (cx * cx + cy * cy > (radius - edge_px) * (radius - edge_px)) depth = 0;
      }
      const int slope = std::abs(x - glint_at + (y - top) / 2);
      const int shine = slope < 6 * radius ? glint * (6 * radius - slope) / (6 * radius) : 0;
      const int level = depth < edge_px ? film * 200 / 256 : film;
      row[x] = static_cast<std::uint8_t>(std::min(255, (row[x] * level >> 8) + shine));
    }
  }
}

}  // namespace

Plane print_on_paper(const Plane& ink, const FaceLayout& layout, const Conditions& conditions,
                     double px_per_mm, Random& random) {
  const NoiseTables& noise = noise_tables();
  const Plane tint =
      conditions.tint > 0 ? tint_tile(conditions.tint, px_per_mm, random) : Plane(kTileSide, 1, 0);
  Plane face(ink.width_px, ink.height_px, 0);
  const int texture = static_cast<int>(conditions.texture * 256);
  const int density = static_cast<int>(conditions.ink_density * 256);
  const int uneven = static_cast<int>(conditions.ink_unevenness * 256);
  const int begin_x = random.integer(0, kTileMask);
  const int begin_y = random.integer(0, kTileMask);
  for (int y = 0; y < ink.height_px; ++y) {
    const std::int16_t* const fibre =
        &noise.fibre[static_cast<std::size_t>(((y + begin_y) & kTileMask) * kTileSide)];
    const std::int16_t* const blotch =
        &noise.blotch[static_cast<std::size_t>(((y + begin_x) & kTileMask) * kTileSide)];
    const std::uint8_t* const tint_row = tint.row(y % tint.height_px);
    const std::uint8_t* const from = ink.row(y);
    std::uint8_t* const to = face.row(y);
    int tint_x = 0;
    for (int x = 0; x < ink.width_px; ++x) {
      const int at = (x + begin_x) & kTileMask;
      const int paper = conditions.paper_level + (fibre[at] * texture >> 14) - tint_row[tint_x];
      if (++tint_x == tint.width_px) tint_x = 0;
      const int thinner = std::clamp(blotch[at] * uneven >> 6, 0, 256);
      const int taken = density * (256 - thinner) >> 8;
      const int value = paper * (65280 - from[x] * taken) / 65280;
      to[x] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
  }
  if (conditions.window && layout.address) add_window(face, *layout.address, px_per_mm, random);
  return face;
}

}  // namespace backstamp::datasets
