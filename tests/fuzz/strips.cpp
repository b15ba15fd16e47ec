// What a camera sends, whatever it says of it: lines of any light, cut into pieces; bytes in any
// pixel format, made grey.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "station/capture/pixel_formats.h"
#include "station/capture/strip_cutter.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;

void cut(const std::uint8_t* data, std::size_t size) {
  StripConfig config;
  config.light_background = (data[0] & 1) != 0;
  config.threshold = 1 + data[1] % 254;
  config.narrowest_px = 1 + data[2] % 64;
  config.shortest_px = 1 + data[3] % 64;
  config.longest_px = config.shortest_px + 1 + data[4];
  config.gap_px = 1 + data[5] % 16;
  config.margin_px = data[6] % 32;
  const int width = 1 + data[7] % 128;
  capture::StripCutter cutter(config, [&](int width_px, int height_px) {
    return (data[0] & 2) != 0 ? std::nullopt
                              : std::optional<vision::Frame>(std::in_place, width_px, height_px);
  });
  std::vector<vision::Capture> pieces;
  // Each byte is a run of pixels of one line: short inputs make long belts.
  for (std::size_t at = 8; at < size;) {
    vision::Capture strip;
    strip.frame = vision::Frame(width, 1 + data[at] % 32);
    strip.encoder = static_cast<std::uint64_t>(data[at]) << (data[at] % 57);
    for (int y = 0; y < strip.frame.height_px(); ++y) {
      const std::uint8_t left = data[std::min(at + 1, size - 1)];
      const std::uint8_t right = data[std::min(at + 2 + y % 3, size - 1)];
      for (int x = 0; x < width; ++x) {
        strip.frame.row(y)[x] = x >= left % width && x < right ? right : left;
      }
    }
    if (data[at] == 0xFF) cutter.break_off(pieces);
    cutter.take(strip, pieces);
    at += 5;
  }
  cutter.break_off(pieces);
  for (const vision::Capture& piece : pieces) {
    if (piece.frame.empty() == piece.fault.empty()) std::abort();
    if (piece.frame.empty()) continue;
    if (piece.frame.width_px() != width) std::abort();
    if (piece.frame.height_px() > capture::strip_lines(config)) std::abort();
  }
}

void make_grey(const std::uint8_t* data, std::size_t size) {
  const auto packing = static_cast<capture::Packing>(data[0] % 10);
  vision::Frame frame(1 + data[1], 1 + data[2] % 64);
  capture::to_grey(packing, {data + 8, size - 8}, data[3] | data[4] << 8, frame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 8 || size > 4096) return 0;
  cut(data, size);
  make_grey(data, size);
  return 0;
}
