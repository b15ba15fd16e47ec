#include "vision/linear/bar_profile.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace backstamp::vision {
namespace {

constexpr int kCell = BarLean::kCell_px;
constexpr int kSortedBands = 8;

/// A band moved by `shift` samples to the left: out[i] = band(i + shift). Cubic.
void move_band(const float* band, int width, float shift, float* out) {
  const int whole = static_cast<int>(std::floor(shift));
  float w[4];
  cubic_weights(shift - static_cast<float>(whole), w);
  const int from = std::clamp(1 - whole, 0, width);
  const int to = std::clamp(width - 2 - whole, from, width);
  for (int i = from; i < to; ++i) {
    const float* p = band + i + whole - 1;
    out[i] = w[0] * p[0] + w[1] * p[1] + w[2] * p[2] + w[3] * p[3];
  }
  for (int i = 0; i < from; ++i) out[i] = band[0];
  for (int i = to; i < width; ++i) out[i] = band[width - 1];
}

/// How far each band still lies from the mean of all, cell by cell: sums of slope × difference and
/// slope².
struct Residuals {
  int cells = 0;
  std::vector<float> product, square;  // band after band
};

Residuals residuals_of(const BarBands& bands, float lean, int from, int to, float reach) {
  const int width = bands.width;
  const auto size = static_cast<std::size_t>(width);
  std::vector<float> moved(size * bands.v.size());
  std::vector<float> mean(size);
  int used = 0;
  for (int b = 0; b < bands.bands(); ++b) {
    if (std::abs(bands.v[static_cast<std::size_t>(b)]) > reach) continue;
    float* to_band = moved.data() + b * width;
    move_band(bands.band(b), width, lean * bands.v[static_cast<std::size_t>(b)], to_band);
    for (int i = 0; i < width; ++i) mean[static_cast<std::size_t>(i)] += to_band[i];
    ++used;
  }
  Residuals out;
  out.cells = (width + kCell - 1) / kCell;
  out.product.resize(static_cast<std::size_t>(out.cells) * bands.v.size());
  out.square.resize(out.product.size());
  for (float& m : mean) m /= static_cast<float>(std::max(used, 1));
  std::vector<float> slope(size);
  for (int i = std::max(from, 1); i < std::min(to, width - 1); ++i) {
    const auto k = static_cast<std::size_t>(i);
    slope[k] = 0.5f * (mean[k + 1] - mean[k - 1]);
  }
  for (int b = 0; b < bands.bands(); ++b) {
    if (std::abs(bands.v[static_cast<std::size_t>(b)]) > reach) continue;
    const float* band = moved.data() + b * width;
    for (int cell = 0; cell < out.cells; ++cell) {
      float product = 0, square = 0;
      for (int i = cell * kCell; i < std::min(width, (cell + 1) * kCell); ++i) {
        const float s = slope[static_cast<std::size_t>(i)];
        product += s * (mean[static_cast<std::size_t>(i)] - band[i]);
        square += s * s;
      }
      out.product[static_cast<std::size_t>(b * out.cells + cell)] = product;
      out.square[static_cast<std::size_t>(b * out.cells + cell)] = square;
    }
  }
  return out;
}

struct LeanSums {
  float top = 0, bottom = 0;
};

/// The change of lean that the cells [from, to) ask for, as top / bottom.
LeanSums lean_sums(const BarBands& bands, const Residuals& residuals, int from, int to) {
  LeanSums sums;
  for (int b = 0; b < bands.bands(); ++b) {
    float product = 0, square = 0;
    for (int cell = std::max(from, 0); cell < std::min(to, residuals.cells); ++cell) {
      product += residuals.product[static_cast<std::size_t>(b * residuals.cells + cell)];
      square += residuals.square[static_cast<std::size_t>(b * residuals.cells + cell)];
    }
    const float v = bands.v[static_cast<std::size_t>(b)];
    sums.top += v * product;
    sums.bottom += v * v * square;
  }
  return sums;
}

/// Sorts eight bands at every sample, the darkest first.
void sort_bands(float (*v)[8 * kPerPixel]) {
  constexpr std::array<std::array<int, 2>, 19> kNetwork{{{0, 2},
                                                         {1, 3},
                                                         {4, 6},
                                                         {5, 7},
                                                         {0, 4},
                                                         {1, 5},
                                                         {2, 6},
                                                         {3, 7},
                                                         {0, 1},
                                                         {2, 3},
                                                         {4, 5},
                                                         {6, 7},
                                                         {2, 4},
                                                         {3, 5},
                                                         {1, 4},
                                                         {3, 6},
                                                         {1, 2},
                                                         {3, 4},
                                                         {5, 6}}};
  for (const auto& [a, b] : kNetwork) {
    for (int i = 0; i < 8 * kPerPixel; ++i) {
      const float low = std::min(v[a][i], v[b][i]);
      v[b][i] = std::max(v[a][i], v[b][i]);
      v[a][i] = low;
    }
  }
}

/// Eight samples of a band, moved by `shift`, as 24 of a profile; out is interleaved at once.
void fine_samples(const float* band, int width, int first, float shift, float* out) {
  for (int phase = 0; phase < kPerPixel; ++phase) {
    const float place = shift + static_cast<float>(phase - 1) / kPerPixel;
    const int whole = static_cast<int>(std::floor(place));
    float w[4];
    cubic_weights(place - static_cast<float>(whole), w);
    const int left = first + whole - 1;
    if (left >= 0 && left + 11 <= width) {
      const float* p = band + left;
      for (int i = 0; i < 8; ++i)
        out[kPerPixel * i + phase] =
            w[0] * p[i] + w[1] * p[i + 1] + w[2] * p[i + 2] + w[3] * p[i + 3];
      continue;
    }
    for (int i = 0; i < 8; ++i) {
      float sum = 0;
      for (int k = 0; k < 4; ++k) sum += w[k] * band[std::clamp(left + i + k, 0, width - 1)];
      out[kPerPixel * i + phase] = sum;
    }
  }
}

}  // namespace

float BarLean::at(float x) const {
  if (knots.empty()) return overall;
  const float place = x / kCell - 0.5f;
  const float low = std::clamp(std::floor(place), 0.0f, static_cast<float>(knots.size() - 1));
  const auto k = static_cast<std::size_t>(low);
  const std::size_t next = std::min(k + 1, knots.size() - 1);
  return knots[k] + std::clamp(place - low, 0.0f, 1.0f) * (knots[next] - knots[k]);
}

BarLean find_lean(const BarBands& bands, int from, int to) {
  BarLean lean;
  if (bands.bands() < 2) return lean;
  const float farthest = bands.v.back();
  Residuals residuals;
  for (const float share : {0.5f, 1.0f}) {
    residuals = residuals_of(bands, lean.overall, from, to, share * farthest + 0.1f);
    const LeanSums sums = lean_sums(bands, residuals, 0, residuals.cells);
    if (sums.bottom <= 0) return lean;
    lean.overall += std::clamp(sums.top / sums.bottom, -0.05f, 0.05f);
  }
  residuals = residuals_of(bands, lean.overall, from, to, farthest + 0.1f);
  const LeanSums all = lean_sums(bands, residuals, 0, residuals.cells);
  const float prior = 0.3f * all.bottom / static_cast<float>(std::max(residuals.cells, 1));
  for (int cell = 0; cell < residuals.cells; ++cell) {
    const LeanSums sums = lean_sums(bands, residuals, cell - 1, cell + 2);
    const float change = sums.top / (sums.bottom + prior + 1e-6f);
    lean.knots.push_back(lean.overall + std::clamp(change, -0.03f, 0.03f));
  }
  return lean;
}

std::vector<float> join_bands(const BarBands& bands, const BarLean& lean, Joining joining) {
  constexpr int kBlock = 8;
  const int count = bands.bands();
  const bool sorted =
      (joining == Joining::trimmed || joining == Joining::lighter) && count == kSortedBands;
  const int least = joining == Joining::trimmed ? 2 : 3;
  const int first = joining == Joining::lower ? count / 2 : 0;
  const int last = joining == Joining::upper ? (count + 1) / 2 : count;
  const int width = bands.width;
  std::vector<float> out(static_cast<std::size_t>(width * kPerPixel));
  float block[kSortedBands][kBlock * kPerPixel];
  for (int x = 0; x < width; x += kBlock) {
    const float here = lean.at(static_cast<float>(x) + 0.5f * kBlock);
    float sum[kBlock * kPerPixel] = {};
    for (int b = first; b < last; ++b) {
      float* to = block[sorted ? b : 0];
      fine_samples(bands.band(b), width, x, here * bands.v[static_cast<std::size_t>(b)], to);
      if (!sorted)
        for (int i = 0; i < kBlock * kPerPixel; ++i) sum[i] += to[i];
    }
    float scale = 1 / static_cast<float>(last - first);
    if (sorted) {
      sort_bands(block);
      for (int i = 0; i < kBlock * kPerPixel; ++i)
        sum[i] = block[least][i] + block[least + 1][i] + block[least + 2][i] + block[least + 3][i];
      scale = 0.25f;
    }
    const int many = std::min(kBlock, width - x) * kPerPixel;
    for (int i = 0; i < many; ++i)
      out[static_cast<std::size_t>(x * kPerPixel + i)] = sum[i] * scale;
  }
  return out;
}

Darkness level(const std::vector<float>& profile) {
  constexpr int kBlock = 8 * kPerPixel;
  constexpr int kReach = 4;  // blocks to either side
  constexpr float kLeastShare = 0.6f;
  Darkness out;
  const int size = static_cast<int>(profile.size());
  const int blocks = (size + kBlock - 1) / kBlock;
  if (blocks == 0) return out;
  std::vector<float> high(static_cast<std::size_t>(blocks)), low(high);
  for (int b = 0; b < blocks; ++b) {
    const auto from = profile.begin() + b * kBlock;
    const auto to = profile.begin() + std::min(size, (b + 1) * kBlock);
    high[static_cast<std::size_t>(b)] = *std::max_element(from, to);
    low[static_cast<std::size_t>(b)] = *std::min_element(from, to);
  }
  std::vector<float> light(high.size()), dark(high.size());
  for (int b = 0; b < blocks; ++b) {
    const int from = std::max(0, b - kReach), to = std::min(blocks, b + kReach + 1);
    light[static_cast<std::size_t>(b)] = *std::max_element(high.begin() + from, high.begin() + to);
    dark[static_cast<std::size_t>(b)] = *std::min_element(low.begin() + from, low.begin() + to);
  }
  std::vector<float> spans(light.size());
  for (std::size_t i = 0; i < spans.size(); ++i) spans[i] = light[i] - dark[i];
  std::vector<float> sorted = spans;
  std::nth_element(sorted.begin(), sorted.begin() + blocks / 2, sorted.end());
  const float usual = std::max(sorted[static_cast<std::size_t>(blocks / 2)], 1.0f);
  out.contrast_grey = usual;
  out.paper_grey = light[static_cast<std::size_t>(blocks / 2)];
  const auto smooth = [&](const std::vector<float>& v, int b) {
    float sum = 0;
    int many = 0;
    for (int k = std::max(0, b - 2); k <= std::min(blocks - 1, b + 2); ++k, ++many)
      sum += v[static_cast<std::size_t>(k)];
    return sum / static_cast<float>(many);
  };
  for (std::size_t i = 0; i < spans.size(); ++i) spans[i] = std::max(spans[i], kLeastShare * usual);
  std::vector<float> base(light.size()), span(light.size());
  for (int b = 0; b < blocks; ++b) {
    base[static_cast<std::size_t>(b)] = smooth(light, b);
    span[static_cast<std::size_t>(b)] = smooth(spans, b);
  }
  out.samples.resize(profile.size());
  for (int i = 0; i < size; ++i) {
    const float place =
        std::clamp(static_cast<float>(i) / kBlock - 0.5f, 0.0f, static_cast<float>(blocks - 1));
    const auto k = static_cast<std::size_t>(place);
    const std::size_t next = std::min(k + 1, base.size() - 1);
    const float t = place - static_cast<float>(k);
    const float paper = base[k] + t * (base[next] - base[k]);
    const float contrast = span[k] + t * (span[next] - span[k]);
    out.samples[static_cast<std::size_t>(i)] =
        (paper - profile[static_cast<std::size_t>(i)]) / contrast;
  }
  return out;
}

}  // namespace backstamp::vision
