#include <array>

#include "vision/formats/formats.h"

namespace backstamp::vision::formats {
namespace {

/// Tables for CRC-32 (ISO 3309), four bytes a step.
constexpr auto kCrc = [] {
  std::array<std::array<std::uint32_t, 256>, 4> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = c & 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    t[0][i] = c;
  }
  for (std::uint32_t i = 0; i < 256; ++i)
    for (std::size_t k = 1; k < 4; ++k) t[k][i] = t[0][t[k - 1][i] & 255] ^ (t[k - 1][i] >> 8);
  return t;
}();

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t c = 0xFFFFFFFFu;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    c ^= little32(bytes, i);
    c = kCrc[3][c & 255] ^ kCrc[2][c >> 8 & 255] ^ kCrc[1][c >> 16 & 255] ^ kCrc[0][c >> 24];
  }
  for (; i < bytes.size(); ++i) c = kCrc[0][(c ^ bytes[i]) & 255] ^ (c >> 8);
  return ~c;
}

}  // namespace

Result<Size> inspect_png(ByteView file) {
  Size size;
  bool header = false;
  bool data = false;
  std::size_t at = 8;
  while (true) {
    if (file.size() - at < 12) return truncated("the file ends before its IEND chunk");
    const std::size_t length = big32(file, at);
    if (length > 0x7FFFFFFFu) return damaged("a chunk's length is out of range");
    if (file.size() - at - 12 < length) return truncated("a chunk goes past the end of the file");
    const ByteView chunk = file.subspan(at + 4, length + 4);
    const std::string_view type = as_text(chunk).substr(0, 4);
    if (!header) {
      if (type != "IHDR" || length != 13) return damaged("it does not begin with its header chunk");
      size = {big32(chunk, 4), big32(chunk, 8)};
      if (auto checked = check_size(size.width_px, size.height_px); !checked)
        return std::unexpected(checked.error());
      header = true;
    }
    if (crc32(chunk) != big32(file, at + 8 + length)) return damaged("a chunk's CRC is wrong");
    data = data || type == "IDAT";
    if (type == "IEND") break;
    at += length + 12;
  }
  if (!data) return damaged("it has no pixels");
  return size;
}

}  // namespace backstamp::vision::formats
