#include "vision/linear/bar_bands.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

namespace backstamp::vision {
namespace {

constexpr float kMostWidth_px = 8192;
constexpr int kChunk = 16;  // samples that share a row and a phase while the lines are nearly level
constexpr int kPhases = 16;

/// Where the sixteenth parts of a pixel take their four weights from, in 64ths.
using Weights = std::array<std::array<std::int16_t, 4>, kPhases>;

Weights make_weights() {
  Weights all{};
  for (int phase = 0; phase < kPhases; ++phase) {
    float w[4];
    cubic_weights(static_cast<float>(phase) / kPhases, w);
    for (std::size_t k = 0; k < 4; ++k)
      all[static_cast<std::size_t>(phase)][k] = static_cast<std::int16_t>(std::lround(64 * w[k]));
  }
  return all;
}

const Weights& weights() {
  static const Weights all = make_weights();
  return all;
}

/// A picture seen with its rows nearly across the bars: as it is, or its columns as rows.
struct Raster {
  ImageView face;
  bool turned = false;

  int width() const { return turned ? face.height_px : face.width_px; }
  int height() const { return turned ? face.width_px : face.height_px; }
  int at(int x, int y) const {
    x = std::clamp(x, 0, width() - 1);
    y = std::clamp(y, 0, height() - 1);
    return turned ? face.row(x)[y] : face.row(y)[x];
  }
};

/// The line at v, in the raster: for a place u on it, the row and the place along that row.
struct Line {
  Point centre;
  Point along;  // along.x > 0, and the larger part
  float v = 0;

  int row(float u) const {
    return static_cast<int>(std::floor(centre.y + along.y * u + along.x * v));
  }
  /// Where the row crosses the bar at u: sliding along a bar changes nothing.
  float column(float u, int y) const {
    const float down = static_cast<float>(y) + 0.5f - centre.y;
    return centre.x + (u - down * along.y) / along.x - 0.5f;
  }
};

/// Adds one line to 64 times the sums.
void add_line(const Raster& raster, const Line& line, float first_u, int width, int chunk,
              std::int32_t* sums) {
  for (int k = 0; k < width; k += chunk) {
    const int count = std::min(chunk, width - k);
    const float middle = first_u + static_cast<float>(k) + 0.5f * static_cast<float>(count - 1);
    const int y = line.row(middle);
    const float x = line.column(middle, y) - 0.5f * static_cast<float>(count - 1);
    const int place = static_cast<int>(std::floor(x * kPhases + 0.5f));
    const int left = (place >> 4) - 1;
    const std::array<std::int16_t, 4>& w = weights()[static_cast<std::size_t>(place & 15)];
    if (count == kChunk && !raster.turned && left >= 0 && left + kChunk + 3 <= raster.width() &&
        y >= 0 && y < raster.height()) {
      const std::uint8_t* p = raster.face.row(y) + left;
      std::int16_t pixels[kChunk + 3];
      for (int i = 0; i < kChunk + 3; ++i) pixels[i] = p[i];
      std::int16_t out[kChunk];
      for (int i = 0; i < kChunk; ++i)
        out[i] = static_cast<std::int16_t>(w[0] * pixels[i] + w[1] * pixels[i + 1] +
                                           w[2] * pixels[i + 2] + w[3] * pixels[i + 3]);
      for (int i = 0; i < kChunk; ++i) sums[k + i] += out[i];
      continue;
    }
    for (int i = 0; i < count; ++i) {
      const int at = left + i;
      sums[k + i] += w[0] * raster.at(at, y) + w[1] * raster.at(at + 1, y) +
                     w[2] * raster.at(at + 2, y) + w[3] * raster.at(at + 3, y);
    }
  }
}

/// How many samples may share a phase: its error stays below a fifteenth of a pixel.
int chunk_of(float along_x) {
  const float drift = 1 / along_x - 1;
  if (drift * kChunk < 0.13f) return kChunk;
  return drift * 4 < 0.13f ? 4 : 1;
}

/// Whether a box is a box, of a size and at a place that a picture may have.
bool sound(const OrientedBox& box) {
  constexpr float kFarthest_px = 65536;
  const float unit = length(box.along);
  return unit > 0.99f && unit < 1.01f && std::abs(box.center.x) < kFarthest_px &&
         std::abs(box.center.y) < kFarthest_px && box.height >= 1 && box.height < kFarthest_px &&
         box.width >= 1 && box.width < kMostWidth_px;
}

}  // namespace

BarBands sample_bands(ImageView face, const OrientedBox& box, const BandOptions& options) {
  BarBands out;
  out.centre = box.center;
  out.along = box.along;
  const float width = std::floor(options.to_u - options.from_u);
  if (!(width >= 1) || !(width <= kMostWidth_px) || !sound(box) || face.empty()) return out;
  out.first_u = options.from_u;
  out.width = static_cast<int>(width);
  const bool turned = std::abs(box.along.y) > std::abs(box.along.x);
  Line line{turned ? Point{box.center.y, box.center.x} : box.center,
            turned ? Point{box.along.y, box.along.x} : box.along, 0};
  // A line that runs against the raster's rows is sampled from its other end.
  const bool against = line.along.x < 0;
  if (against) line.along = line.along * -1;
  // Whether v grows downwards in the raster.
  const float down = (turned ? -1.0f : 1.0f) * (against ? -1.0f : 1.0f);
  const float first_u = against ? -(out.first_u + static_cast<float>(out.width - 1)) : out.first_u;
  const int chunk = chunk_of(line.along.x);
  const Raster raster{face, turned};
  const int lines = options.bands * options.lines;
  const float step = box.height / static_cast<float>(lines);
  out.samples.resize(static_cast<std::size_t>(options.bands * out.width));
  std::vector<std::int32_t> sums(static_cast<std::size_t>(out.width));
  for (int b = 0; b < options.bands; ++b) {
    std::fill(sums.begin(), sums.end(), 0);
    const float v0 = step * static_cast<float>(b * options.lines) - box.height / 2;
    for (int i = 0; i < options.lines; ++i) {
      line.v = down * (v0 + step * (static_cast<float>(i) + 0.5f));
      add_line(raster, line, first_u, out.width, chunk, sums.data());
    }
    out.v.push_back(v0 + step * 0.5f * static_cast<float>(options.lines));
    const float scale = 1.0f / (64 * static_cast<float>(options.lines));
    float* to = out.band(b);
    for (std::size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<float>(sums[i]) * scale;
    if (against) std::reverse(to, to + out.width);
  }
  return out;
}

float agreement(const BarBands& bands, int from, int to) {
  constexpr int kCell = 32;  // short enough for the light to be even, and for several bars
  float best = 0;
  for (int b = 0; b + 1 < bands.bands(); ++b) {
    float together = 0, apart = 0;
    for (int cell = std::max(from, 0); cell + kCell <= std::min(to, bands.width); cell += kCell) {
      const float* p = bands.band(b) + cell;
      const float* q = bands.band(b + 1) + cell;
      float sum_p = 0, sum_q = 0, pp = 0, qq = 0, pq = 0;
      for (int i = 0; i < kCell; ++i) {
        const float x = p[i] - p[0], y = q[i] - q[0];
        sum_p += x, sum_q += y;
        pp += x * x, qq += y * y, pq += x * y;
      }
      together += pq - sum_p * sum_q / kCell;
      apart += std::sqrt(std::max(0.0f, pp - sum_p * sum_p / kCell) *
                         std::max(0.0f, qq - sum_q * sum_q / kCell));
    }
    if (apart > 0) best = std::max(best, together / apart);
  }
  return best;
}

}  // namespace backstamp::vision
