// One reader of structure a picture format; each gets the whole file, its magic already seen.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::vision::formats {

struct Size {
  std::uint32_t width_px = 0;
  std::uint32_t height_px = 0;
};

/// Fails (limit, invalid) when a declared size is none or over limits.h.
Result<void> check_size(std::uint64_t width, std::uint64_t height);

inline std::unexpected<Error> truncated(const char* what) {
  return fail(ErrorKind::invalid, std::string("truncated: ") + what);
}
inline std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorKind::invalid, std::string("damaged: ") + what);
}

inline std::uint32_t big16(ByteView b, std::size_t at) {
  return static_cast<std::uint32_t>(b[at] << 8 | b[at + 1]);
}
inline std::uint32_t big32(ByteView b, std::size_t at) {
  return big16(b, at) << 16 | big16(b, at + 2);
}
inline std::uint32_t little16(ByteView b, std::size_t at) {
  return static_cast<std::uint32_t>(b[at + 1] << 8 | b[at]);
}
inline std::uint32_t little32(ByteView b, std::size_t at) {
  return little16(b, at + 2) << 16 | little16(b, at);
}

Result<Size> inspect_png(ByteView file);   ///< PNG (W3C, third edition) section 5
Result<Size> inspect_jpeg(ByteView file);  ///< ITU-T T.81 annex B
Result<Size> inspect_webp(ByteView file);  ///< RFC 9649
Result<Size> inspect_pnm(ByteView file);   ///< Netpbm's pgm(5), ppm(5)
Result<Size> inspect_tiff(ByteView file);  ///< TIFF 6.0 part 1

}  // namespace backstamp::vision::formats
