#include <catch2/catch_test_macros.hpp>

#include "postal/cbor.h"

using namespace backstamp;
using namespace backstamp::postal::cbor;

TEST_CASE("Heads are written as in the examples of RFC 8949 appendix A") {
  const auto natural = [](std::uint64_t value) {
    Writer writer;
    writer.natural(value);
    return to_hex(writer.take());
  };
  CHECK(natural(0) == "00");
  CHECK(natural(23) == "17");
  CHECK(natural(24) == "1818");
  CHECK(natural(100) == "1864");
  CHECK(natural(255) == "18ff");
  CHECK(natural(256) == "190100");
  CHECK(natural(1000) == "1903e8");
  CHECK(natural(65536) == "1a00010000");
  CHECK(natural(1'000'000'000'000) == "1b000000e8d4a51000");
  CHECK(natural(~std::uint64_t{0}) == "1bffffffffffffffff");
  Writer writer;
  writer.head(Major::negative, 99);
  writer.bytes(Bytes{1, 2, 3, 4});
  writer.text("IETF");
  writer.head(Major::array, 0);
  writer.head(Major::map, 0);
  writer.head(Major::tag, 1);
  CHECK(to_hex(writer.take()) ==
        "3863"
        "4401020304"
        "6449455446"
        "80"
        "a0"
        "c1");
}

TEST_CASE("Only the shortest head of a number is read") {
  for (const char* hex : {"1817", "190018", "1900ff", "1a0000ffff", "1b00000000ffffffff", "18",
                          "19ff", "1a010203", "1c", "1d", "1e", "1f", "20", ""}) {
    CAPTURE(hex);
    const Bytes bytes = from_hex(hex).value();
    Reader reader(bytes);
    CHECK_FALSE(reader.natural(~std::uint64_t{0}).has_value());
    CHECK(reader.remaining() == bytes.size());
  }
}

TEST_CASE("Byte strings longer than what is there are not read") {
  for (const char* hex : {"41", "58ff00", "5bffffffffffffffff00", "5f4100ff", "6161"}) {
    CAPTURE(hex);
    const Bytes bytes = from_hex(hex).value();
    Reader reader(bytes);
    CHECK_FALSE(reader.bytes().has_value());
  }
}

TEST_CASE("A head that was not asked for stays unread") {
  const Bytes bytes{0x18, 0x64, 0x40};
  Reader reader(bytes);
  CHECK_FALSE(reader.natural(99).has_value());
  CHECK_FALSE(reader.expect(Major::array, 100));
  CHECK_FALSE(reader.expect(Major::natural, 99));
  CHECK(reader.expect(Major::natural, 100));
  CHECK(reader.bytes().value().empty());
  CHECK(reader.at_end());
  CHECK_FALSE(reader.head(Major::natural).has_value());
}
