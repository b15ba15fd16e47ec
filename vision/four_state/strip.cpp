#include "vision/four_state/strip.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>

namespace backstamp::vision::four_state {
namespace {

constexpr int kMaxCells = StripWaves::kMaxCells;
constexpr int kPerCell = StripWaves::kSamplesPerCell;

bool lies_inside(ImageView face, Point p) {
  constexpr float kReadOn = 4;  // pixels that may be read to the right of one that is asked for
  return p.x >= 1 && p.y >= 1 && p.x < static_cast<float>(face.width_px) - kReadOn &&
         p.y < static_cast<float>(face.height_px - 1);
}

// The line in fixed point, when all of it lies inside the face.
std::optional<FixedLine> fixed_line(ImageView face, Point from, Point step, int count) {
  if (!suits_fixed_lines(face)) return std::nullopt;
  const Point to{from.x + step.x * static_cast<float>(count - 1),
                 from.y + step.y * static_cast<float>(count - 1)};
  if (!lies_inside(face, from) || !lies_inside(face, to)) return std::nullopt;
  constexpr float kOne = 65536.0f;
  const auto fixed = [](float value) { return static_cast<std::int32_t>(std::lround(value)); };
  return FixedLine{fixed(from.x * kOne), fixed(from.y * kOne), fixed(step.x * kOne),
                   fixed(step.y * kOne)};
}

// Nearest pixels from `from` in steps of `step`, places off the face from its edge.
void sample_line(ImageView face, Point from, Point step, int count, std::uint8_t* out) {
  constexpr float kOne = 65536.0f;
  std::int64_t x = std::llround(from.x * kOne), y = std::llround(from.y * kOne);
  const std::int64_t dx = std::llround(step.x * kOne), dy = std::llround(step.y * kOne);
  for (int i = 0; i < count; ++i, x += dx, y += dy) {
    const std::int64_t column = std::clamp<std::int64_t>(x >> 16, 0, face.width_px - 1);
    const std::int64_t line = std::clamp<std::int64_t>(y >> 16, 0, face.height_px - 1);
    out[i] = face.pixels[line * face.stride_bytes + column];
  }
}

struct Carrier {
  std::array<float, kPerCell> cosine{};
  std::array<float, kPerCell> sine{};
};

Carrier make_carrier() {
  Carrier carrier;
  for (int i = 0; i < kPerCell; ++i) {
    const double angle = 2 * std::numbers::pi * (i + 0.5) / kPerCell;
    carrier.cosine[static_cast<std::size_t>(i)] = static_cast<float>(std::cos(angle));
    carrier.sine[static_cast<std::size_t>(i)] = static_cast<float>(-std::sin(angle));
  }
  return carrier;
}

const Carrier& carrier() {
  static const Carrier made = make_carrier();
  return made;
}

// Of darkness, so the wave's sign is turned: its peak is where the bar is.
void demodulate(const std::uint8_t* samples, int cells, const Carrier& carrier,
                const CellWaves& out) {
  for (int c = 0; c < cells; ++c, samples += kPerCell) {
    float re = 0, im = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < kPerCell; ++i) {
      const float s = samples[i];
      re += s * carrier.cosine[i];
      im += s * carrier.sine[i];
      sum += s;
      squares += s * s;
    }
    out.re[c] = -re, out.im[c] = -im;
    out.energy[c] = squares - sum * sum / kPerCell;
  }
}

}  // namespace

void sample_waves(ImageView face, Point from, Point step, int cells, const CellWaves& out) {
  const Point first{from.x + 0.5f * step.x, from.y + 0.5f * step.y};
  const auto line = fixed_line(face, first, step, cells * kPerCell);
  if (line && sample_cells(face, *line, cells, out)) return;
  std::array<std::uint8_t, static_cast<std::size_t>(kMaxCells * kPerCell)> samples;
  sample_line(face, first, step, cells * kPerCell, samples.data());
  demodulate(samples.data(), cells, carrier(), out);
}

StripWaves sample_strip(ImageView face, const BarRow& row, int margin_cells) {
  StripWaves strip;
  const float dx = row.to.x - row.from.x, dy = row.to.y - row.from.y;
  const float length = std::max(1.0f, std::hypot(dx, dy));
  const float pitch = row.pitch_px;
  strip.along = {dx / length, dy / length};
  strip.across = {-strip.along.y, strip.along.x};
  strip.pitch_px = pitch;
  strip.cells = std::min(kMaxCells, static_cast<int>(length / pitch) + 1 + 2 * margin_cells);
  const float margin = static_cast<float>(margin_cells) * pitch;
  strip.origin = {row.from.x - margin * strip.along.x, row.from.y - margin * strip.along.y};
  const std::size_t size = static_cast<std::size_t>(StripWaves::kRows * strip.cells);
  strip.re.resize(size);
  strip.im.resize(size);
  strip.energy.resize(size);

  const Point step{pitch / kPerCell * strip.along.x, pitch / kPerCell * strip.along.y};
  for (int r = 0; r < StripWaves::kRows; ++r) {
    const float v = StripWaves::across_of(r) * pitch;
    const Point from{strip.origin.x + v * strip.across.x, strip.origin.y + v * strip.across.y};
    const std::size_t at = strip.at(r, 0);
    sample_waves(face, from, step, strip.cells, {&strip.re[at], &strip.im[at], &strip.energy[at]});
  }
  return strip;
}

}  // namespace backstamp::vision::four_state
