#include <cstring>

#include "vision/formats/formats.h"

namespace backstamp::vision::formats {
namespace {

/// SOF0 to SOF15 without DHT, JPG and DAC (T.81 table B.1).
bool is_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
bool stands_alone(unsigned marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

/// The place of the next marker byte (after its 0xFF) in entropy-coded data; size() if none.
std::size_t skip_scan(ByteView file, std::size_t at) {
  while (at + 1 < file.size()) {
    const void* found = std::memchr(file.data() + at, 0xFF, file.size() - at - 1);
    if (!found) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file.data()) + 1;
    const unsigned marker = file[at];
    if (marker != 0x00 && marker != 0xFF && !stands_alone(marker)) return at;
    if (marker != 0xFF) ++at;
  }
  return file.size();
}

}  // namespace

Result<Size> inspect_jpeg(ByteView file) {
  Size size;
  bool scan = false;
  std::size_t at = 2;
  while (true) {
    while (at < file.size() && file[at] != 0xFF) return damaged("a marker is missing");
    while (at < file.size() && file[at] == 0xFF) ++at;
    if (at >= file.size()) return truncated("the file ends before its end-of-image marker");
    const unsigned marker = file[at++];
    if (marker == 0xD9) break;
    if (stands_alone(marker)) continue;
    if (file.size() - at < 2) return truncated("a segment goes past the end of the file");
    const std::size_t length = big16(file, at);
    if (length < 2) return damaged("a segment's length is out of range");
    if (file.size() - at < length) return truncated("a segment goes past the end of the file");
    if (is_frame(marker) && size.width_px == 0) {
      if (length < 8) return damaged("its frame header is too short");
      size = {big16(file, at + 5), big16(file, at + 3)};
      if (auto checked = check_size(size.width_px, size.height_px); !checked)
        return std::unexpected(checked.error());
    }
    at += length;
    if (marker == 0xDA) {
      scan = true;
      at = skip_scan(file, at);
      if (at >= file.size()) return truncated("the file ends before its end-of-image marker");
      --at;  // back on the 0xFF
    }
  }
  if (size.width_px == 0 || !scan) return damaged("it has no pixels");
  return size;
}

}  // namespace backstamp::vision::formats
