// A face of hostile pixels: two bytes of width, the rest rows. Finds what a worker would die of.
#include <cstddef>
#include <cstdint>

#include "vision/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const int width = 1 + (data[0] | (data[1] & 3) << 8);
  const auto height = static_cast<int>((size - 2) / static_cast<std::size_t>(width));
  if (height == 0) return 0;
  backstamp::vision::ReadOptions options;
  // Counted work: an input does the same every time, however slow the sanitizers are.
  options.effort = 40'000;
  options.budget = std::chrono::minutes(1);
  backstamp::vision::read_face({data + 2, width, height, width}, options);
  return 0;
}
