// What a picture file says of itself, before anything is unpacked.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::vision {

enum class ImageFormat : std::uint8_t { png, jpeg, webp, pnm, tiff };

/// "PNG", "JPEG", "WebP", "PGM", "TIFF".
std::string_view to_string(ImageFormat format);

struct ImageHeader {
  ImageFormat format = ImageFormat::png;
  std::uint32_t width_px = 0;
  std::uint32_t height_px = 0;
};

/// The format and the declared size of a picture file, and that the file is whole as far as its
/// structure tells: every chunk of a PNG with its CRC up to IEND, a JPEG up to its end-of-image
/// marker, all of a WebP's RIFF, all of a PGM's (P2, P5) or PPM's (P3, P6) pixels, all of a TIFF's
/// strips or tiles (its first image; not BigTIFF). Only structure is read: nothing is unpacked.
/// Fails: invalid (not a picture; truncated; damaged: the message says which), limit (over
/// limits::kImageFileBytes, kImagePixels or kImageSide_px).
Result<ImageHeader> inspect_image(ByteView file);

}  // namespace backstamp::vision
