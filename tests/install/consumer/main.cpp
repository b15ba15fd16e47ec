// A program of somebody else's: draws an Intelligent Mail barcode, reads it, prints its digits.
#include <cstdint>
#include <iostream>
#include <vector>

#include "postal/imb_bars.h"
#include "vision/reader.h"

int main() {
  using namespace backstamp;
  const auto code = postal::Imb::parse("0027090000010100000168155525920");
  if (!code) return 1;
  const postal::ImbBars bars = postal::encode_imb(*code);

  constexpr int kPitch = 6, kWidth = 71 * kPitch, kHeight = 12 * kPitch;
  std::vector<std::uint8_t> face(kWidth * kHeight, 230);
  for (int bar = 0; bar < postal::kImbBars; ++bar) {
    const auto at = static_cast<std::size_t>(bar);
    const int top = kPitch * (bars.ascender[at] ? 3 : 5);
    const int bottom = kPitch * (bars.descender[at] ? 9 : 7);
    for (int y = top; y < bottom; ++y) {
      for (int x = 0; x < kPitch / 2; ++x) {
        face[static_cast<std::size_t>(y * kWidth + (bar + 3) * kPitch + x)] = 30;
      }
    }
  }
  const auto result = vision::read_face({face.data(), kWidth, kHeight, kWidth}, {});
  for (const vision::Reading& reading : result.readings) {
    std::cout << to_string(reading.symbology) << ' ' << reading.text << '\n';
  }
  return result.readings.size() == 1 && result.readings[0].text == code->digits() ? 0 : 1;
}
