#include "datasets/shard/index.h"

#include <catch2/catch_test_macros.hpp>

namespace backstamp::datasets {
namespace {

constexpr std::string_view kText =
    "backstamp-shard-index 1 3 2\n"
    "512 11 0badcafe a.json\n"
    "1536 700 00000001 a.png\n"
    "3072 0 ffffffff b.png\n";

TEST_CASE("an index survives printing") {
  const auto index = parse_index(kText);
  REQUIRE(index);
  CHECK(index->samples() == 2);
  CHECK(index->range(0) == std::pair<std::size_t, std::size_t>(0, 2));
  CHECK(index->range(1) == std::pair<std::size_t, std::size_t>(2, 3));
  CHECK(index->members[1].crc == 1);
  CHECK(print_index(*index) == kText);
}

TEST_CASE("an index that is cut off anywhere is refused") {
  for (std::size_t i = 0; i < kText.size(); ++i) CHECK_FALSE(parse_index(kText.substr(0, i)));
}

TEST_CASE("an index with any byte changed is refused or means exactly what it says") {
  for (std::size_t i = 0; i < kText.size(); ++i) {
    for (const int bit : {0, 1, 2, 3, 4, 5, 6, 7}) {
      std::string changed(kText);
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      const auto index = parse_index(changed);
      if (index) CHECK(print_index(*index) == changed);
    }
  }
}

TEST_CASE("an index with hostile names, overlaps or wild numbers is refused") {
  const auto refused = [](std::string_view lines) {
    return !parse_index("backstamp-shard-index 1 1 1\n" + std::string(lines));
  };
  CHECK_FALSE(refused("512 1 00000000 a.png\n"));
  CHECK(refused("512 1 00000000 ../a.png\n"));
  CHECK(refused("512 1 00000000 /a.png\n"));
  CHECK(refused("512 1 00000000 a/../b.png\n"));
  CHECK(refused("511 1 00000000 a.png\n"));
  CHECK(refused("512 99999999999 00000000 a.png\n"));
  CHECK(refused("18446744073709551615 1 00000000 a.png\n"));
  CHECK(refused("99999999999999999999999 1 00000000 a.png\n"));
  CHECK(refused("512 01 00000000 a.png\n"));
  CHECK(refused("512 1 0000000 a.png\n"));
  CHECK(refused("512 1 0000000G a.png\n"));
  CHECK(refused("512 1 00000000 a.png\r\n"));
  CHECK_FALSE(
      parse_index("backstamp-shard-index 1 2 2\n512 600 00000000 a.png\n"
                  "1600 1 00000000 b.png\n"));
}

TEST_CASE("names are split at the first dot of the last component") {
  CHECK(parse_member_name("./a/b.seg.png")->key == "a/b");
  CHECK(parse_member_name("./a/b.seg.png")->extension == "seg.png");
  CHECK(parse_member_name("README")->extension.empty());
  CHECK(parse_member_name(".hidden.png")->key == ".hidden");
  for (const char* name : {"", "/a", "a//b", "a/", "..", "../a", "a/..", "a/./b", "a\\b", "a\tb"}) {
    CHECK_FALSE(parse_member_name(name));
  }
  CHECK_FALSE(parse_member_name(std::string(300, 'a')));
}

}  // namespace
}  // namespace backstamp::datasets
