#include "vision/stacked/waveform.h"

#include <algorithm>
#include <cmath>

#include "vision/stacked/sampling.h"

namespace backstamp::vision::stacked {
namespace {

constexpr int kMeanLines = 3;         // of a row that are averaged
constexpr float kMeanShare = 0.5f;    // of a row's height from the first of them to the last
constexpr int kRankedLines = 5;       // of which the next to lightest or darkest is taken
constexpr float kRankedShare = 0.6f;  // … likewise
constexpr float kHalfShare = 0.2f;    // of a row's height, for the mean of an upper or lower part
constexpr float kHalfOffset = 0.2f;   // … whose middle lies so far from the row's
constexpr float kLeastContrast = 6;   // grey levels; less is noise
constexpr float kLeastDark = -0.5f;   // beyond which a sample tells no more
constexpr float kMostDark = 1.5f;

}  // namespace

Waveforms::Waveforms(ImageView face, const Lattice& lattice, Blend blend,
                     const std::vector<float>& shifts)
    : rows_(lattice.rows()), columns_(lattice.columns()) {
  waves_.assign(static_cast<std::size_t>(rows_ * columns_), Waveform{});
  for (int row = 0; row < rows_; ++row) sample_row(face, lattice, blend, row, shifts);
  level();
}

void Waveforms::sample_row(ImageView face, const Lattice& lattice, Blend blend, int row,
                           const std::vector<float>& shifts) {
  const bool ranked = blend == Blend::light || blend == Blend::dark;
  const int count = ranked ? kRankedLines : kMeanLines;
  float share = ranked ? kRankedShare : kMeanShare;
  float middle = 0.5f;
  if (blend == Blend::upper || blend == Blend::lower) {
    share = kHalfShare;
    middle += blend == Blend::upper ? -kHalfOffset : kHalfOffset;
  }
  const auto at = [&](int column, int line) {
    const float part = static_cast<float>(line) / static_cast<float>(count - 1) - 0.5f;
    return lattice.at(column, static_cast<float>(row) + middle + share * part);
  };
  std::array<Point, kRankedLines> left;
  for (int line = 0; line < count; ++line) left[static_cast<std::size_t>(line)] = at(0, line);
  for (int column = 0; column < columns_; ++column) {
    std::array<Waveform, kRankedLines> lines{};
    Waveform& wave = waves_[index(row, column)];
    for (int line = 0; line < count; ++line) {
      Point& from = left[static_cast<std::size_t>(line)];
      const Point right = at(column + 1, line);
      Point step{};
      if (!shifts.empty()) step = (right - from) * (shifts[index(row, column)] / kWordSamples);
      // Of the stop pattern's eighteen modules the last one is left out.
      const bool stop = column == columns_ - 1;
      const Point to =
          stop ? from + (right - from) * (static_cast<float>(kWordModules) / kStopModules) : right;
      add_samples(face, from + step, to + step,
                  ranked ? lines[static_cast<std::size_t>(line)] : wave);
      from = right;
    }
    if (!ranked) {
      for (float& value : wave) value /= kMeanLines;
      continue;
    }
    const std::size_t rank = blend == Blend::dark ? 1 : kRankedLines - 2;
    for (std::size_t i = 0; i < wave.size(); ++i) {
      std::array<float, kRankedLines> values;
      for (std::size_t l = 0; l < values.size(); ++l) values[l] = lines[l][i];
      std::sort(values.begin(), values.end());
      wave[i] = values[rank];
    }
  }
}

/// Brightness to darkness, by the lightest and darkest places of a word and the words around it.
void Waveforms::level() {
  std::vector<float> light(waves_.size());
  std::vector<float> dark(waves_.size());
  for (std::size_t i = 0; i < waves_.size(); ++i) {
    const auto [least, most] = std::minmax_element(waves_[i].begin(), waves_[i].end());
    dark[i] = *least;
    light[i] = *most;
  }
  contrasts_.assign(waves_.size(), 0.0f);
  for (int row = 0; row < rows_; ++row) {
    for (int column = 0; column < columns_; ++column) {
      float most = 0;
      float least = 0;
      float n = 1e-3f;
      for (int r = std::max(0, row - 1); r <= std::min(rows_ - 1, row + 1); ++r) {
        for (int c = std::max(0, column - 1); c <= std::min(columns_ - 1, column + 1); ++c) {
          // Bare paper beside the symbol has no dark to go by.
          const float span = light[index(r, c)] - dark[index(r, c)];
          const float weight = span * span;
          most += weight * light[index(r, c)];
          least += weight * dark[index(r, c)];
          n += weight;
        }
      }
      most /= n;
      least /= n;
      const float contrast = std::max(most - least, kLeastContrast);
      contrasts_[index(row, column)] = contrast;
      for (float& value : waves_[index(row, column)])
        value = std::clamp((most - value) / contrast, kLeastDark, kMostDark);
    }
  }
}

float Waveforms::mean_contrast() const {
  float sum = 0;
  for (const float c : contrasts_) sum += c;
  return contrasts_.empty() ? 0 : sum / static_cast<float>(contrasts_.size());
}

namespace {

/// Bits of a pattern with its neighbours, from the left: `before`, the modules, `after`.
std::uint32_t framed(std::uint32_t bits, std::uint32_t before, std::uint32_t after) {
  return before << (kWordModules + 1) | bits << 1 | after;
}

std::size_t window(std::uint32_t framed_bits, int module) {
  return framed_bits >> (kWordModules - 1 - module) & 7u;
}

struct Sums {
  std::array<std::array<float, kPhases>, 8> values{};
  std::array<float, 8> weights{};

  void add(const Waveform& wave, std::uint32_t framed_bits, float weight) {
    for (int m = 0; m < kWordModules; ++m) {
      const std::size_t w = window(framed_bits, m);
      weights[w] += weight;
      for (int p = 0; p < kPhases; ++p)
        values[w][static_cast<std::size_t>(p)] +=
            weight * wave[static_cast<std::size_t>(m * kPhases + p)];
    }
  }
};

/// How alike two waveforms are, -1 … 1.
float likeness(const Waveform& a, const Waveform& b) {
  float sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sa += a[i];
    sb += b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  const float n = kWordSamples;
  const float spread = (aa - sa * sa / n) * (bb - sb * sb / n);
  return spread <= 1e-6f ? 0.0f : (ab - sa * sb / n) / std::sqrt(spread);
}

/// A little blur, no spread: what to begin with.
Model plain_model() {
  Model model{};
  for (std::size_t w = 0; w < 8; ++w) {
    const float left = static_cast<float>(w >> 2 & 1u);
    const float own = static_cast<float>(w >> 1 & 1u);
    const float right = static_cast<float>(w & 1u);
    model[0][w] = 0.7f * own + 0.3f * left;
    model[1][w] = 0.9f * own + 0.05f * (left + right);
    model[2][w] = 0.7f * own + 0.3f * right;
  }
  return model;
}

}  // namespace

Waveform expected(const Model& model, std::uint32_t bits) {
  const std::uint32_t all = framed(bits, 0, 1);
  Waveform wave{};
  for (int m = 0; m < kWordModules; ++m)
    for (int p = 0; p < kPhases; ++p)
      wave[static_cast<std::size_t>(m * kPhases + p)] =
          model[static_cast<std::size_t>(p)][window(all, m)];
  return wave;
}

Model learn_from_ends(const Waveforms& waves) {
  constexpr float kLeastLikeness = 0.55f;
  const Model plain = plain_model();
  const std::uint32_t stop_bits = kStop >> 1;
  const std::uint32_t start = framed(kStart, 0, 1);
  const std::uint32_t stop = framed(stop_bits, 0, 1);
  const Waveform start_wave = expected(plain, kStart);
  const Waveform stop_wave = expected(plain, stop_bits);
  Sums sums;
  for (std::size_t w = 0; w < 8; ++w) {
    sums.weights[w] = 0.5f;
    for (std::size_t p = 0; p < kPhases; ++p) sums.values[w][p] = 0.5f * plain[p][w];
  }
  for (int row = 0; row < waves.rows(); ++row) {
    const Waveform& left = waves.at(row, 0);
    const Waveform& right = waves.at(row, waves.columns() - 1);
    if (likeness(left, start_wave) > kLeastLikeness) sums.add(left, start, 1);
    if (likeness(right, stop_wave) > kLeastLikeness) sums.add(right, stop, 1);
  }
  Model model{};
  for (std::size_t w = 0; w < 8; ++w)
    for (std::size_t p = 0; p < kPhases; ++p) model[p][w] = sums.values[w][p] / sums.weights[w];
  return model;
}

}  // namespace backstamp::vision::stacked
