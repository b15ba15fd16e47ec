#include "vision/formats/formats.h"

namespace backstamp::vision::formats {
namespace {

/// Width and height in a lossy bitstream's key frame header (RFC 6386 section 9.1).
Result<Size> lossy_size(ByteView data) {
  if (data.size() < 10) return damaged("its bitstream is too short");
  if ((data[0] & 1) != 0 || data[3] != 0x9D || data[4] != 0x01 || data[5] != 0x2A)
    return damaged("its bitstream has no key frame");
  return Size{little16(data, 6) & 0x3FFF, little16(data, 8) & 0x3FFF};
}

/// Width and height in a lossless bitstream (RFC 9649 section 3.4).
Result<Size> lossless_size(ByteView data) {
  if (data.size() < 5 || data[0] != 0x2F) return damaged("its bitstream is too short");
  const std::uint32_t bits = little32(data, 1);
  return Size{(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
}

}  // namespace

Result<Size> inspect_webp(ByteView file) {
  const std::size_t riff = little32(file, 4);
  if (riff > file.size() - 8) return truncated("its RIFF length goes past the end of the file");
  const ByteView body = file.subspan(8, riff);
  std::size_t at = 4;
  while (at < body.size()) {
    if (body.size() - at < 8) return truncated("a chunk goes past the end of the file");
    const std::string_view type = as_text(body.subspan(at, 4));
    const std::size_t length = little32(body, at + 4);
    if (body.size() - at - 8 < length) return truncated("a chunk goes past the end of the file");
    const ByteView data = body.subspan(at + 8, length);
    if (type == "VP8X") {
      if (length < 10) return damaged("its VP8X chunk is too short");
      const std::uint64_t width = (little32(data, 4) & 0xFFFFFF) + 1;
      const std::uint64_t height = (little32(data, 6) >> 8) + 1;
      if (auto checked = check_size(width, height); !checked)
        return std::unexpected(checked.error());
    } else if (type == "VP8 " || type == "VP8L") {
      const auto size = type == "VP8L" ? lossless_size(data) : lossy_size(data);
      if (!size) return size;
      if (auto checked = check_size(size->width_px, size->height_px); !checked)
        return std::unexpected(checked.error());
      return size;
    } else if (type == "ANMF") {
      return fail(ErrorKind::invalid, "it is an animation; give a still picture");
    }
    at += 8 + length + (length & 1);
  }
  return damaged("it has no pixels");
}

}  // namespace backstamp::vision::formats
