#include "station/bundle_memory.h"

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {
using namespace backstamp;
using station::never_go_back;
using test::TemporaryFolder;

constexpr postal::KeyId kRoot{1, 2, 3, 4, 5, 6, 7, 8};
constexpr postal::KeyId kOtherRoot{8, 7, 6, 5, 4, 3, 2, 1};
}  // namespace

TEST_CASE("a station goes on with the same bundle or a newer one, never with an older one") {
  const TemporaryFolder folder;
  CHECK(never_go_back(folder.path(), kRoot, 3));
  CHECK(never_go_back(folder.path(), kRoot, 3));
  CHECK(never_go_back(folder.path(), kRoot, 12));
  const auto older = never_go_back(folder.path(), kRoot, 11);
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == ErrorKind::refused);
  CHECK(older.error().message.find("sequence 11") != std::string::npos);
  CHECK(older.error().message.find("12") != std::string::npos);
  CHECK(never_go_back(folder.path(), kRoot, 12));
}

TEST_CASE("another root begins its own count") {
  const TemporaryFolder folder;
  CHECK(never_go_back(folder.path(), kRoot, 9));
  CHECK(never_go_back(folder.path(), kOtherRoot, 1));
  CHECK(never_go_back(folder.path(), kOtherRoot, 2));
}

TEST_CASE("a damaged memory of the bundle is refused by name, cut anywhere") {
  const TemporaryFolder folder;
  CHECK(never_go_back(folder.path(), kRoot, 9));
  const auto path = folder.path() / "keys.json";
  const auto whole = read_file(path, 4096);
  REQUIRE(whole);
  for (std::size_t size = 0; size + 1 < whole->size(); ++size) {
    REQUIRE(write_file_durably(path, ByteView(*whole).first(size)));
    const auto refused = never_go_back(folder.path(), kRoot, 10);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::invalid);
    CHECK(refused.error().message.find("keys.json") != std::string::npos);
  }
}
