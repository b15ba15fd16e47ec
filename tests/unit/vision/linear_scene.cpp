#include "linear_scene.h"

#include <zint.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>

#include "vision/linear/code128_content.h"
#include "vision/linear/code128_table.h"

namespace backstamp::vision::test {
namespace {

constexpr float kQuiet_px = 60;
constexpr float kAbove_px = 12;
constexpr int kFine = 8;  // steps of a pixel across the bars

/// Darkness across the bars, blurred, in steps of 1/kFine pixel from kQuiet_px before them.
std::vector<float> profile_of(const Modules& modules, const Look& look) {
  const float length = static_cast<float>(modules.size()) * look.module_px;
  std::vector<float> sharp(static_cast<std::size_t>((length + 2 * kQuiet_px) * kFine));
  for (std::size_t m = 0; m < modules.size();) {
    std::size_t end = m;
    while (end < modules.size() && modules[end] == modules[m]) ++end;
    if (modules[m]) {
      const float half = look.spread / 2;
      const float from = (static_cast<float>(m) - half) * look.module_px + kQuiet_px;
      const float to = (static_cast<float>(end) + half) * look.module_px + kQuiet_px;
      for (auto i = static_cast<std::size_t>(from * kFine);
           i < static_cast<std::size_t>(to * kFine); ++i)
        sharp[i] = 1;
    }
    m = end;
  }
  const float sigma = std::max(look.sigma_px, 0.05f) * kFine;
  const int reach = static_cast<int>(3 * sigma + look.motion_px * kFine / 2) + 1;
  std::vector<float> kernel;
  float sum = 0;
  for (int k = -reach; k <= reach; ++k) {
    const float half = std::max(look.motion_px * kFine / 2, 0.5f);
    const auto x = static_cast<float>(k);
    const float value =
        std::erf((x + half) / (sigma * 1.4142f)) - std::erf((x - half) / (sigma * 1.4142f));
    kernel.push_back(value);
    sum += value;
  }
  std::vector<float> out(sharp.size());
  for (int i = reach; i + reach < static_cast<int>(sharp.size()); ++i) {
    float value = 0;
    for (int k = -reach; k <= reach; ++k)
      value += kernel[static_cast<std::size_t>(k + reach)] * sharp[static_cast<std::size_t>(i + k)];
    out[static_cast<std::size_t>(i)] = value / sum;
  }
  return out;
}

}  // namespace

Modules zint_modules(int symbology, ByteView text, bool gs1, int row) {
  zint_symbol* symbol = ZBarcode_Create();
  symbol->symbology = symbology;
  symbol->input_mode = gs1 ? GS1_MODE : DATA_MODE;
  const int encoded = ZBarcode_Encode(symbol, text.data(), static_cast<int>(text.size()));
  Modules modules;
  if (encoded < ZINT_ERROR && row < symbol->rows) {
    for (int x = 0; x < symbol->width; ++x)
      modules.push_back(symbol->encoded_data[row][x >> 3] >> (x & 7) & 1);
  }
  const std::string why = symbol->errtxt;
  ZBarcode_Delete(symbol);
  if (modules.empty()) throw std::runtime_error("libzint: " + why);
  return modules;
}

Modules modules_of(const std::vector<int>& widths) {
  Modules modules;
  bool bar = true;
  for (const int width : widths) {
    modules.insert(modules.end(), static_cast<std::size_t>(width), bar);
    bar = !bar;
  }
  return modules;
}

Modules code128_modules(std::vector<int> characters) {
  characters.push_back(code128_check(characters));
  characters.push_back(kCode128Stop);
  std::vector<int> widths;
  for (const int c : characters)
    for (const int width : kCode128Widths[static_cast<std::size_t>(c)]) widths.push_back(width);
  widths.push_back(2);
  return modules_of(widths);
}

Seen see(const Modules& modules, const Look& look, std::mt19937& random) {
  const auto uniform = [&](float a, float b) {
    return std::uniform_real_distribution<float>(a, b)(random);
  };
  const std::vector<float> profile = profile_of(modules, look);
  const float angle = look.angle_deg * std::numbers::pi_v<float> / 180;
  const Point along{std::cos(angle), std::sin(angle)};
  const float length = static_cast<float>(modules.size()) * look.module_px;
  const auto spanned = [&](float a, float b) {
    return std::abs(a) * length + std::abs(b) * look.height_px;
  };
  Seen seen{Frame(static_cast<int>(spanned(along.x, along.y) +
                                   2 * std::max(std::abs(along.x) * kQuiet_px, kAbove_px)),
                  static_cast<int>(spanned(along.y, along.x) +
                                   2 * std::max(std::abs(along.y) * kQuiet_px, kAbove_px))),
            {}};
  Frame& frame = seen.frame;
  seen.box = {{static_cast<float>(frame.width_px()) / 2, static_cast<float>(frame.height_px()) / 2},
              along,
              length,
              look.height_px};
  std::vector<float> streaks;
  for (int i = 0; i < look.streaks; ++i)
    streaks.push_back(uniform(-look.height_px / 2, look.height_px / 2));
  const float wave = 2 * std::numbers::pi_v<float> / uniform(180, 400), phase = uniform(0, 6);
  const float stroke_at = uniform(-0.4f, 0.4f) * length, stroke_lean = uniform(-0.7f, 0.7f);
  std::normal_distribution<float> noise(0, std::max(look.noise_grey, 1e-3f));
  for (int y = 0; y < frame.height_px(); ++y) {
    for (int x = 0; x < frame.width_px(); ++x) {
      const Point p =
          Point{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f} - seen.box.center;
      const float v = dot(p, seen.box.across());
      const float across = dot(p, along);
      const float u = across - v * (look.lean + look.wrinkle * std::sin(wave * across + phase)) +
                      look.jitter_px * std::sin(1.7f * wave * across);
      const float place = (u + length / 2 + kQuiet_px) * kFine;
      float dark = 0;
      if (std::abs(v) < look.height_px / 2 && place >= 0 &&
          place < static_cast<float>(profile.size()))
        dark = profile[static_cast<std::size_t>(place)];
      for (const float streak : streaks) dark *= 1 - std::exp(-(v - streak) * (v - streak));
      if (look.stroke_px > 0 && v > 0 &&
          std::abs(across - stroke_at - stroke_lean * v) < look.stroke_px / 2)
        dark = std::max(dark, 0.8f);
      const float fall =
          1 - look.light * static_cast<float>(x) / static_cast<float>(frame.width_px());
      const float grey = (look.paper_grey - look.contrast_grey * dark) * fall + noise(random);
      frame.row(y)[x] = static_cast<std::uint8_t>(std::clamp(grey, 0.0f, 255.0f));
    }
  }
  return seen;
}

OrientedBox roughly(OrientedBox box, std::mt19937& random) {
  const auto uniform = [&](float a, float b) {
    return std::uniform_real_distribution<float>(a, b)(random);
  };
  const float turn = uniform(-0.015f, 0.015f);
  box.along = box.along + box.across() * turn;
  box.along = box.along * (1 / length(box.along));
  if (random() % 2 != 0) box.along = box.along * -1;
  box.center = box.center + box.along * uniform(-6, 6) + box.across() * uniform(-3, 3);
  box.width += uniform(-12, 12);
  box.height += uniform(-6, 4);
  return box;
}

}  // namespace backstamp::vision::test
