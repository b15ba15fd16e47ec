#include "vision/image_header.h"

#include <array>
#include <cstring>
#include <string>

#include "base/limits.h"
#include "vision/formats/formats.h"

namespace backstamp::vision {

using formats::Size;

std::string_view to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::png:
      return "PNG";
    case ImageFormat::jpeg:
      return "JPEG";
    case ImageFormat::webp:
      return "WebP";
    case ImageFormat::pnm:
      return "PGM";
    case ImageFormat::tiff:
      return "TIFF";
  }
  return "?";
}

namespace {

bool begins(ByteView file, std::string_view magic) {
  return as_text(file).substr(0, magic.size()) == magic;
}

Result<ImageFormat> recognise(ByteView file) {
  using namespace std::string_view_literals;
  if (begins(file, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::png;
  if (begins(file, "\xff\xd8\xff"sv)) return ImageFormat::jpeg;
  if (begins(file, "RIFF"sv) && file.size() >= 12 && begins(file.subspan(8), "WEBP"sv))
    return ImageFormat::webp;
  if (begins(file, "P2"sv) || begins(file, "P3"sv) || begins(file, "P5"sv) || begins(file, "P6"sv))
    return ImageFormat::pnm;
  if (begins(file, "II*\0"sv) || begins(file, "MM\0*"sv)) return ImageFormat::tiff;
  if (file.empty()) return fail(ErrorKind::invalid, "the file is empty");
  return fail(ErrorKind::invalid, "not a picture (PNG, JPEG, WebP, PGM or TIFF)");
}

Result<Size> size_of(ImageFormat format, ByteView file) {
  switch (format) {
    case ImageFormat::png:
      return formats::inspect_png(file);
    case ImageFormat::jpeg:
      return formats::inspect_jpeg(file);
    case ImageFormat::webp:
      return formats::inspect_webp(file);
    case ImageFormat::pnm:
      return formats::inspect_pnm(file);
    case ImageFormat::tiff:
      return formats::inspect_tiff(file);
  }
  return fail(ErrorKind::internal, "unknown picture format");
}

}  // namespace

namespace formats {

Result<void> check_size(std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0) return fail(ErrorKind::invalid, "it declares no pixels");
  if (width > limits::kImageSide_px || height > limits::kImageSide_px ||
      width * height > limits::kImagePixels) {
    return fail(ErrorKind::limit, "it declares " + std::to_string(width) + " x " +
                                      std::to_string(height) + " pixels, over the limit of " +
                                      std::to_string(limits::kImagePixels) + " pixels and " +
                                      std::to_string(limits::kImageSide_px) + " a side");
  }
  return {};
}

}  // namespace formats

Result<ImageHeader> inspect_image(ByteView file) {
  if (file.size() > limits::kImageFileBytes) {
    return fail(ErrorKind::limit, "the file has " + std::to_string(file.size()) +
                                      " bytes, over the limit of " +
                                      std::to_string(limits::kImageFileBytes));
  }
  const auto format = recognise(file);
  if (!format) return std::unexpected(format.error());
  const auto size = size_of(*format, file);
  if (!size) return fail(std::string(to_string(*format)), size.error());
  return ImageHeader{*format, size->width_px, size->height_px};
}

}  // namespace backstamp::vision
