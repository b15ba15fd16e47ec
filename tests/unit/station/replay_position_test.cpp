#include "station/replay_position.h"

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {
using namespace backstamp;
using test::TemporaryFolder;
}  // namespace

TEST_CASE("a replay begins at its first piece and goes on after the journal's last") {
  const TemporaryFolder folder;
  const auto first = station::find_position(folder.path(), "faces", 0);
  REQUIRE(first);
  CHECK(first->done == 0);
  CHECK(first->offset == 0);
  const auto later = station::find_position(folder.path(), "faces", 17);
  REQUIRE(later);
  CHECK(later->done == 17);
  CHECK(later->offset == 0);
}

TEST_CASE("another source begins anew and is numbered on") {
  const TemporaryFolder folder;
  REQUIRE(station::find_position(folder.path(), "faces", 0));
  const auto other = station::find_position(folder.path(), "more", 17);
  REQUIRE(other);
  CHECK(other->done == 0);
  CHECK(other->offset == 17);
  const auto later = station::find_position(folder.path(), "more", 20);
  REQUIRE(later);
  CHECK(later->done == 3);
  CHECK(later->offset == 17);
}

TEST_CASE("a dataset that was made anew at the same place is another source") {
  const TemporaryFolder folder;
  const auto dataset = folder.path() / "dataset";
  std::filesystem::create_directories(dataset);
  REQUIRE(write_file_durably(dataset / "manifest.json", as_bytes("{\"seed\":1}")));
  REQUIRE(station::find_position(folder.path(), dataset, 0));
  CHECK(station::find_position(folder.path(), dataset, 5)->done == 5);
  REQUIRE(write_file_durably(dataset / "manifest.json", as_bytes("{\"seed\":2}")));
  CHECK(station::find_position(folder.path(), dataset, 5)->done == 0);
}

TEST_CASE("a damaged position is refused by name, never guessed") {
  const TemporaryFolder folder;
  for (const char* text :
       {"", "{", "[]", "{\"source\":1,\"offset\":0}", "{\"source\":\"x\",\"offset\":-1}"}) {
    REQUIRE(write_file_durably(folder.path() / "source.json", as_bytes(text)));
    const auto position = station::find_position(folder.path(), "faces", 3);
    REQUIRE_FALSE(position);
    CHECK(position.error().message.find("source.json") != std::string::npos);
  }
}
