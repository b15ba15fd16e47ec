// The readers of linear codes on arbitrary pixels and boxes: two bytes of width, five of the box,
// then rows. What is left over of a row are the characters of a Code 128.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "vision/linear/code128_content.h"
#include "vision/linear/linear.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  constexpr std::size_t kHead = 7;
  if (size < kHead) return 0;
  const int width = 1 + (data[0] | (data[1] & 3) << 8);
  const auto height = static_cast<int>((size - kHead) / static_cast<std::size_t>(width));
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::vector<int> characters;
  for (std::size_t i = kHead + pixels; i < size; ++i) characters.push_back(data[i] - 64);
  const vision::Code128Content content = vision::code128_content(characters);
  if ((content.cause == postal::NoReadCause::none) == content.bytes.empty()) std::abort();
  if (height == 0) return 0;
  const auto part = [&](std::size_t i) { return static_cast<float>(data[i]) / 128; };
  const auto wide = static_cast<float>(width), high = static_cast<float>(height);
  const float angle = part(4) * 3.1415927f;
  const vision::OrientedBox box{{part(2) * wide / 2, part(3) * high / 2},
                                {std::cos(angle), std::sin(angle)},
                                part(5) * wide,
                                part(6) * high};
  const vision::LinearAttempt attempt =
      vision::read_linear({data + kHead, width, height, width}, box);
  if (attempt.reading && (attempt.reading->content.empty() || attempt.reading->module_px <= 0))
    std::abort();
  return 0;
}
