#include "tests/unit/vision/stacked_scene.h"

#include <zint.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace backstamp::vision {

DrawnSymbol draw_pdf417(const Bytes& content, int level, int columns) {
  const std::unique_ptr<zint_symbol, decltype(&ZBarcode_Delete)> symbol(ZBarcode_Create(),
                                                                        ZBarcode_Delete);
  symbol->symbology = BARCODE_PDF417;
  symbol->input_mode = DATA_MODE;
  symbol->option_1 = level;
  symbol->option_2 = columns < 0 ? 0 : columns;
  if (ZBarcode_Encode(symbol.get(), content.data(), static_cast<int>(content.size())) >= ZINT_ERROR)
    return {};
  DrawnSymbol drawn;
  for (int r = 0; r < symbol->rows; ++r) {
    std::vector<bool> row;
    for (int x = 0; x < symbol->width; ++x)
      row.push_back((symbol->encoded_data[r][x / 8] >> (x % 8) & 1) != 0);
    drawn.rows.push_back(std::move(row));
  }
  return drawn;
}

namespace {

/// Ink at a point of the symbol, in modules and rows, with bars widened by `spread`.
bool dark_at(const DrawnSymbol& symbol, double x, double row, double spread) {
  const auto r = static_cast<int>(std::floor(row));
  if (r < 0 || r >= static_cast<int>(symbol.rows.size())) return false;
  const auto& modules = symbol.rows[static_cast<std::size_t>(r)];
  const auto at = [&](double p) {
    const auto m = static_cast<int>(std::floor(p));
    return m >= 0 && m < symbol.width() && modules[static_cast<std::size_t>(m)];
  };
  if (spread >= 0) return at(x) || at(x - spread / 2) || at(x + spread / 2);
  return at(x) && at(x - spread / 2) && at(x + spread / 2);
}

std::vector<double> smeared(const std::vector<double>& line, const std::vector<double>& kernel) {
  std::vector<double> out(line.size(), 0.0);
  const auto reach = static_cast<int>(kernel.size() / 2);
  const auto last = static_cast<int>(line.size()) - 1;
  for (int i = 0; i <= last; ++i)
    for (int k = -reach; k <= reach; ++k)
      out[static_cast<std::size_t>(i)] +=
          kernel[static_cast<std::size_t>(k + reach)] *
          line[static_cast<std::size_t>(std::clamp(i + k, 0, last))];
  return out;
}

/// A Gaussian and a box, one after the other, sampled a pixel apart.
std::vector<double> kernel_of(double sigma, double box) {
  constexpr int kReach = 8;
  std::vector<double> kernel;
  double sum = 0;
  for (int i = -kReach; i <= kReach; ++i) {
    double value = 0;
    constexpr int kParts = 16;
    for (int p = 0; p < kParts; ++p) {
      const double x = i + ((p + 0.5) / kParts - 0.5) * std::max(box, 0.01);
      value += std::exp(-x * x / (2 * std::max(sigma * sigma, 0.02)));
    }
    kernel.push_back(value);
    sum += value;
  }
  for (double& k : kernel) k /= sum;
  return kernel;
}

void blur(std::vector<std::vector<double>>& picture, const View& view) {
  const auto along = kernel_of(view.blur_px, view.motion_px);
  const auto down = kernel_of(view.blur_px, 0);
  for (auto& line : picture) line = smeared(line, along);
  std::vector<double> column(picture.size());
  for (std::size_t x = 0; x < picture.front().size(); ++x) {
    for (std::size_t y = 0; y < picture.size(); ++y) column[y] = picture[y][x];
    column = smeared(column, down);
    for (std::size_t y = 0; y < picture.size(); ++y) picture[y][x] = column[y];
  }
}

}  // namespace

Scene see(const DrawnSymbol& symbol, const View& view, std::uint32_t seed) {
  Scene scene;
  scene.box.width = static_cast<float>(symbol.width() * view.module_px);
  scene.box.height = static_cast<float>(static_cast<double>(symbol.rows.size()) * view.row_modules *
                                        view.module_px);
  const double angle = view.degrees * 3.14159265358979 / 180;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  const auto width =
      static_cast<int>(std::abs(c) * scene.box.width + std::abs(s) * scene.box.height + 80);
  const auto height =
      static_cast<int>(std::abs(s) * scene.box.width + std::abs(c) * scene.box.height + 80);
  scene.box.center = {static_cast<float>(width) / 2, static_cast<float>(height) / 2};
  scene.box.along = {static_cast<float>(c), static_cast<float>(s)};

  constexpr int kParts = 3;  // samples a pixel, each way
  std::vector<std::vector<double>> ink(static_cast<std::size_t>(height),
                                       std::vector<double>(static_cast<std::size_t>(width)));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      int dark = 0;
      for (int p = 0; p < kParts * kParts; ++p) {
        const double px = x + (p % kParts + 0.5) / kParts - width / 2.0;
        const double py = y + (p / kParts + 0.5) / kParts - height / 2.0;
        const double u = (px * c + py * s) / view.module_px + symbol.width() / 2.0;
        const double v = (py * c - px * s) / (view.module_px * view.row_modules) +
                         static_cast<double>(symbol.rows.size()) / 2.0;
        dark += dark_at(symbol, u, v, view.spread_modules);
      }
      ink[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
          static_cast<double>(dark) / (kParts * kParts);
    }
  }
  blur(ink, view);

  std::mt19937 random(seed);
  std::normal_distribution<double> grain(0, view.noise);
  scene.frame = Frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double value =
          view.light -
          (view.light - view.dark) * ink[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] +
          grain(random);
      scene.frame.row(y)[x] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
  return scene;
}

Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

Bytes random_content(std::mt19937& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes random_text(std::mt19937& random, std::size_t size) {
  Bytes bytes;
  while (bytes.size() < size) {
    const bool digits = random() % 4 == 0;
    const std::size_t run = 1 + random() % (digits ? 60 : 12);
    for (std::size_t i = 0; i < run && bytes.size() < size; ++i)
      bytes.push_back(
          static_cast<std::uint8_t>(digits ? '0' + random() % 10 : ' ' + random() % 95));
  }
  return bytes;
}

}  // namespace backstamp::vision
