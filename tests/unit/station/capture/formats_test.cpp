#include <catch2/catch_test_macros.hpp>
#include <random>

#include "station/capture/features.h"
#include "station/capture/pixel_formats.h"
#include "station/capture/stream_watch.h"

namespace backstamp::station::capture {
namespace {

/// The pixels of one row, made grey.
std::vector<int> grey(std::uint32_t format, const std::vector<std::uint8_t>& bytes, int width) {
  vision::Frame frame(width, 1);
  const Packing packing = packing_of(format);
  REQUIRE(to_grey(packing, bytes, row_bytes(packing, width), frame));
  return {frame.row(0), frame.row(0) + width};
}

TEST_CASE("each pixel format keeps its eight most significant bits") {
  // 12 bits: 0xABC and 0x123; 10 bits: 0x2AF, 0x001, 0x3FF, 0x155.
  CHECK(grey(0x01080001, {1, 2, 255}, 3) == std::vector<int>{1, 2, 255});
  CHECK(grey(0x01100005, {0xBC, 0x0A, 0x23, 0x01}, 2) == std::vector<int>{0xAB, 0x12});
  CHECK(grey(0x010C0006, {0xAB, 0x3C, 0x12}, 2) == std::vector<int>{0xAB, 0x12});
  CHECK(grey(0x010C0047, {0xBC, 0x3A, 0x12}, 2) == std::vector<int>{0xAB, 0x12});
  CHECK(grey(0x01100003, {0xAF, 0x02, 0x01, 0x00}, 2) == std::vector<int>{0x2AF >> 2, 0});
  CHECK(grey(0x010A0046, {0xAF, 0x06, 0xF0, 0x7F, 0x55}, 4) ==
        std::vector<int>{0x2AF >> 2, 0x001 >> 2, 0x3FF >> 2, 0x155 >> 2});
  CHECK(grey(0x01100007, {0x34, 0x12}, 1) == std::vector<int>{0x12});
  CHECK(grey(0x01100025, {0xFF, 0x3F}, 1) == std::vector<int>{0xFF});
}

TEST_CASE("a mosaic becomes the mean of each square of four, at the borders too") {
  vision::Frame frame(2, 2);
  REQUIRE(to_grey(Packing::bayer8, std::vector<std::uint8_t>{10, 20, 30, 40}, 2, frame));
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 2; ++x) CHECK(frame.row(y)[x] == 25);
  }
  vision::Frame one(1, 1);
  REQUIRE(to_grey(Packing::bayer8, std::vector<std::uint8_t>{9}, 1, one));
  CHECK(one.row(0)[0] == 9);
}

TEST_CASE("what is too short, of broken rows or of no known format gives no pixels") {
  vision::Frame frame(4, 4);
  const std::vector<std::uint8_t> short_by_one(15);
  CHECK_FALSE(to_grey(Packing::mono8, short_by_one, 4, frame));
  CHECK_FALSE(to_grey(Packing::mono8, {}, 4, frame));
  CHECK_FALSE(to_grey(Packing::mono8, std::vector<std::uint8_t>(100), 3, frame));
  CHECK_FALSE(to_grey(Packing::unreadable, std::vector<std::uint8_t>(100), 4, frame));
  vision::Frame odd(3, 1);
  CHECK_FALSE(to_grey(Packing::mono12p, std::vector<std::uint8_t>(100), 50, odd));
  CHECK(packing_of(0x02180014) == Packing::unreadable);
  CHECK(format_name(0x02180014) == "RGB8");
  CHECK(format_name(0xDEADBEEF) == "0xDEADBEEF");
}

TEST_CASE("rows with padding are read by their own length") {
  vision::Frame frame(2, 2);
  REQUIRE(to_grey(Packing::mono8, std::vector<std::uint8_t>{1, 2, 99, 3, 4}, 3, frame));
  CHECK(frame.row(1)[0] == 3);
  CHECK(frame.row(1)[1] == 4);
}

TEST_CASE("a value that was read back is the one that was set, or it is not") {
  CHECK(same_value("On", "On"));
  CHECK_FALSE(same_value("On", "Off"));
  CHECK(same_value("250", "250.4"));  // a step of the camera
  CHECK_FALSE(same_value("250", "260.0"));
  CHECK_FALSE(same_value("250", "251"));  // whole numbers have no steps
  CHECK(same_value("true", "1"));
  CHECK(same_value("0", "false"));
  CHECK_FALSE(same_value("true", "false"));
  CHECK_FALSE(same_value("5", ""));
  CHECK_FALSE(same_value("nan", "nan.0"));
  CHECK(same_value("0", "0.000000"));
}

TEST_CASE("the print of a picture changes with any spot of eight rows, and one shade has none") {
  vision::Frame frame(1000, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 1000; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(x + y);
  }
  const auto before = print_of(frame.view());
  REQUIRE(before.has_value());
  CHECK(print_of(frame.view()) == before);
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const int x = static_cast<int>(random() % 992);
    const int y = static_cast<int>(random() % 56);
    for (int row = y; row < y + 8; ++row) {
      for (int at = x; at < x + 8; ++at) frame.row(row)[at] ^= 1;
    }
    CHECK(print_of(frame.view()) != before);
    for (int row = y; row < y + 8; ++row) {
      for (int at = x; at < x + 8; ++at) frame.row(row)[at] ^= 1;
    }
  }
  for (int y = 0; y < 64; ++y) std::fill(frame.row(y), frame.row(y) + 1000, std::uint8_t{7});
  CHECK_FALSE(print_of(frame.view()).has_value());
}

}  // namespace
}  // namespace backstamp::station::capture
