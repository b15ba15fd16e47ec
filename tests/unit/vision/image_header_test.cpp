#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/limits.h"
#include "tests/unit/vision/tiny_pictures.h"
#include "vision/decode_pool.h"
#include "vision/image_file.h"
#include "vision/image_header.h"

namespace backstamp::vision {
namespace {

Frame gradient(int width, int height) {
  Frame frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(x * 7 + y * 13);
  return frame;
}

Bytes tiny_png() {
  const Frame frame = gradient(6, 4);
  return *pack_png(frame.view());
}

Bytes text_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Bytes tiny_pgm() {
  return text_bytes("P5\n# a comment\n6 4\n255\n" + std::string(24, 'x'));
}

struct Example {
  const char* name;
  ImageFormat format;
  Bytes file;
};

std::vector<Example> examples() {
  return {{"PNG", ImageFormat::png, tiny_png()},
          {"JPEG", ImageFormat::jpeg, *from_hex(kTinyJpeg)},
          {"WebP", ImageFormat::webp, *from_hex(kTinyWebp)},
          {"PGM", ImageFormat::pnm, tiny_pgm()},
          {"TIFF", ImageFormat::tiff, *from_hex(kTinyTiff)}};
}

TEST_CASE("Each picture format declares its size") {
  for (const Example& example : examples()) {
    INFO(example.name);
    const auto header = inspect_image(example.file);
    REQUIRE(header);
    CHECK(header->format == example.format);
    CHECK(header->width_px == 6);
    CHECK(header->height_px == 4);
    const auto frame = unpack_picture(example.file);
    REQUIRE(frame);
    CHECK(frame->width_px() == 6);
    CHECK(frame->height_px() == 4);
  }
}

TEST_CASE("A picture cut short anywhere is refused, and it is said that it is truncated") {
  for (const Example& example : examples()) {
    INFO(example.name);
    for (std::size_t length = 0; length < example.file.size(); ++length) {
      INFO(length);
      const Bytes cut(example.file.begin(),
                      example.file.begin() + static_cast<std::ptrdiff_t>(length));
      const auto header = inspect_image(cut);
      // A TIFF's directory may end before the last bytes of the file.
      if (example.format == ImageFormat::tiff && header) continue;
      REQUIRE_FALSE(header);
      CHECK(header.error().kind == ErrorKind::invalid);
      if (length >= 12) CHECK(header.error().message.find("truncated") != std::string::npos);
    }
  }
}

TEST_CASE("A picture with any bit flipped is read or refused, never more") {
  for (const Example& example : examples()) {
    Bytes file = example.file;
    for (std::size_t i = 0; i < file.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        file[i] = static_cast<std::uint8_t>(file[i] ^ 1 << bit);
        const auto header = inspect_image(file);
        if (header)
          CHECK(std::uint64_t{header->width_px} * header->height_px <= limits::kImagePixels);
        // Every byte of a PNG is under a CRC or in the chunk structure.
        if (example.format == ImageFormat::png) CHECK_FALSE(header);
        file[i] = static_cast<std::uint8_t>(file[i] ^ 1 << bit);
      }
    }
  }
}

TEST_CASE("A declared size over the limit is refused before anything is unpacked") {
  const auto wide = inspect_image(text_bytes("P5 40000 1 255 " + std::string(40000, 'x')));
  REQUIRE_FALSE(wide);
  CHECK(wide.error().kind == ErrorKind::limit);
  const auto large = inspect_image(text_bytes("P5 30000 30000 255 x"));
  REQUIRE_FALSE(large);
  CHECK(large.error().kind == ErrorKind::limit);
  Bytes jpeg = *from_hex(kTinyJpeg);
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i)
    if (jpeg[i] == 0xFF && jpeg[i + 1] == 0xC0)
      jpeg[i + 5] = jpeg[i + 6] = jpeg[i + 7] = jpeg[i + 8] = 0xFF;
  const auto huge = inspect_image(jpeg);
  REQUIRE_FALSE(huge);
  CHECK(huge.error().kind == ErrorKind::limit);
}

TEST_CASE("What is not a picture is called so") {
  for (const char* text : {"", "hello", "GIF89a", "BM", "%PDF-1.4", "RIFF\x10\x00\x00\x00WAVE"}) {
    const auto header = inspect_image(as_bytes(text));
    REQUIRE_FALSE(header);
    CHECK(header.error().kind == ErrorKind::invalid);
  }
  CHECK(inspect_image(as_bytes("hello")).error().message.find("not a picture") !=
        std::string::npos);
  CHECK(inspect_image({}).error().message.find("empty") != std::string::npos);
}

TEST_CASE("A plain PGM and a 16-bit one are unpacked to 8 bits of grey") {
  const auto plain = unpack_picture(as_bytes("P2 2 1 255 7 200\n"));
  REQUIRE(plain);
  CHECK(int{plain->view().pixels[0]} == 7);
  CHECK(int{plain->view().pixels[1]} == 200);
  using namespace std::string_view_literals;
  const auto deep = unpack_picture(as_bytes("P5 2 1 65535 \xff\xff\x80\x00"sv));
  REQUIRE(deep);
  CHECK(int{deep->view().pixels[0]} == 255);
  CHECK(int{deep->view().pixels[1]} == 128);
}

TEST_CASE("A packed picture unpacks to the same pixels") {
  const Frame frame = gradient(31, 17);
  const auto packed = pack_png(frame.view());
  REQUIRE(packed);
  const auto back = unpack_picture(*packed);
  REQUIRE(back);
  for (int y = 0; y < 17; ++y)
    for (int x = 0; x < 31; ++x) REQUIRE(back->view().row(y)[x] == frame.view().row(y)[x]);
}

}  // namespace
}  // namespace backstamp::vision
