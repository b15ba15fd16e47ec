#include "vision/image_file.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

#include "vision/decode_pool.h"
#include "vision/image_header.h"
#include "vision/pack.h"

namespace backstamp::vision {
namespace {

/// Rec. 601 luma, as the codecs' own conversion to grey.
int luma(const std::uint8_t* bgr) {
  return (bgr[0] * 1868 + bgr[1] * 9617 + bgr[2] * 4899) >> 14;
}

Result<Frame> to_grey(const cv::Mat& picture) {
  cv::Mat bytes = picture;
  if (picture.depth() == CV_16U) picture.convertTo(bytes, CV_8U, 1.0 / 257);
  const int channels = bytes.channels();
  if (bytes.depth() != CV_8U || channels == 2 || channels > 4)
    return fail(ErrorKind::invalid, "its pixels are neither 8 nor 16 bits of grey or colour");
  Frame frame(bytes.cols, bytes.rows);
  for (int y = 0; y < bytes.rows; ++y) {
    const std::uint8_t* from = bytes.ptr(y);
    std::uint8_t* to = frame.row(y);
    if (channels == 1) std::copy_n(from, bytes.cols, to);
    if (channels < 3) continue;
    for (int x = 0; x < bytes.cols; ++x, from += channels) {
      const int alpha = channels == 4 ? from[3] : 255;
      to[x] = static_cast<std::uint8_t>((luma(from) * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return frame;
}

}  // namespace

Result<Frame> unpack_picture(ByteView file) {
  const auto header = inspect_image(file);
  if (!header) return std::unexpected(header.error());
  const std::string name(to_string(header->format));
  try {
    // The codecs of 4.6 refuse a WebP of less than 32 bytes; bytes after its RIFF do not matter.
    Bytes longer;
    if (header->format == ImageFormat::webp && file.size() < 64) {
      longer.assign(file.begin(), file.end());
      longer.resize(64);
      file = longer;
    }
    const cv::Mat encoded(1, static_cast<int>(file.size()), CV_8U,
                          const_cast<std::uint8_t*>(file.data()));
    const int flags = header->format == ImageFormat::jpeg
                          ? cv::IMREAD_GRAYSCALE | cv::IMREAD_IGNORE_ORIENTATION
                          : cv::IMREAD_UNCHANGED;
    const cv::Mat picture = cv::imdecode(encoded, flags);
    if (picture.empty())
      return fail(ErrorKind::invalid, name + ": damaged: its pixels cannot be unpacked");
    if (static_cast<std::uint32_t>(picture.cols) != header->width_px ||
        static_cast<std::uint32_t>(picture.rows) != header->height_px)
      return fail(ErrorKind::invalid, name + ": damaged: it unpacks to another size than declared");
    return to_grey(picture);
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid, name + ": damaged: " + error.what());
  }
}

Result<Bytes> pack_png(ImageView image) {
  if (image.empty()) return fail(ErrorKind::invalid, "an empty picture cannot be packed as PNG");
  try {
    const cv::Mat pixels(image.height_px, image.width_px, CV_8U,
                         const_cast<std::uint8_t*>(image.pixels),
                         static_cast<std::size_t>(image.stride_bytes));
    std::vector<std::uint8_t> packed;
    if (!cv::imencode(".png", pixels, packed))
      return fail(ErrorKind::internal, "the picture could not be packed as PNG");
    return packed;
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal, std::string("packing a PNG: ") + error.what());
  }
}

Result<Bytes> pack_jpeg(ImageView image, int quality) {
  if (image.empty()) return fail(ErrorKind::invalid, "an empty picture cannot be packed as JPEG");
  try {
    const cv::Mat pixels(image.height_px, image.width_px, CV_8U,
                         const_cast<std::uint8_t*>(image.pixels),
                         static_cast<std::size_t>(image.stride_bytes));
    std::vector<std::uint8_t> packed;
    if (!cv::imencode(".jpg", pixels, packed, {cv::IMWRITE_JPEG_QUALITY, quality}))
      return fail(ErrorKind::internal, "the picture could not be packed as JPEG");
    return packed;
  } catch (const std::exception& error) {
    return fail(ErrorKind::internal, std::string("packing a JPEG: ") + error.what());
  }
}

}  // namespace backstamp::vision
