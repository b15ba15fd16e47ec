#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/certificate.h"
#include "tests/support/temporary_folder.h"

using namespace backstamp;
using backstamp::test::TemporaryFolder;
using Catch::Matchers::ContainsSubstring;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::size_t entries_of(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.exists();
  return count;
}

}  // namespace

TEST_CASE("a file is replaced whole and nothing is left beside it") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "state";
  REQUIRE(write_file_durably(path, as_bytes("one")).has_value());
  REQUIRE(write_file_durably(path, as_bytes("two, longer"), 0600).has_value());
  const auto content = read_file(path, 100);
  REQUIRE(content.has_value());
  CHECK(as_text(*content) == "two, longer");
  CHECK(mode_of(path) == 0600);
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("a file that cannot be written leaves the old one and no scraps") {
  const TemporaryFolder folder;
  const auto occupied = folder.path() / "occupied";
  std::filesystem::create_directories(occupied / "inside");
  CHECK_FALSE(write_file_durably(occupied, as_bytes("x")).has_value());
  CHECK(entries_of(folder.path()) == 1);
  const auto nowhere = write_file_durably(folder.path() / "none" / "x", as_bytes("x"));
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().kind == ErrorKind::not_found);
}

TEST_CASE("reading respects the limit, to the byte, and names the file") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "data";
  REQUIRE(write_file_durably(path, Bytes(1000, 7)).has_value());
  CHECK(read_file(path, 1000).has_value());
  const auto over = read_file(path, 999);
  REQUIRE_FALSE(over.has_value());
  CHECK(over.error().kind == ErrorKind::limit);
  CHECK_THAT(over.error().message, ContainsSubstring(path.string()));
  // A device without an end says nothing of its size beforehand.
  CHECK(read_file("/dev/zero", 100'000).error().kind == ErrorKind::limit);
  CHECK(read_file(folder.path() / "none", 10).error().kind == ErrorKind::not_found);
  CHECK(read_file(folder.path(), 10).error().kind == ErrorKind::invalid);
}

TEST_CASE("a lock has one holder and ends with it") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lock";
  auto first = lock_file(path);
  REQUIRE(first.has_value());
  const auto second = lock_file(path);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().kind == ErrorKind::refused);
  CHECK_THAT(second.error().message, ContainsSubstring(path.string()));
  first->reset();
  CHECK(lock_file(path).has_value());
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  UniqueFd first(::open("/dev/null", O_RDONLY));
  const int number = first.get();
  UniqueFd second = std::move(first);
  CHECK_FALSE(static_cast<bool>(first));
  CHECK(second.get() == number);
  second = UniqueFd();
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("writing to a full device fails with its reason") {
  const UniqueFd full(::open("/dev/full", O_WRONLY));
  const auto written = write_all(full.get(), as_bytes("x"));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().kind == ErrorKind::unavailable);
}

TEST_CASE("a server certificate is made once, its key for its owner alone") {
  const TemporaryFolder folder;
  REQUIRE(make_server_certificate(folder.path(), {"hub.example", "192.0.2.1", "::1"}, 90));
  CHECK(mode_of(folder.path() / "server.key") == 0600);
  CHECK(entries_of(folder.path()) == 3);
  const auto again = make_server_certificate(folder.path(), {"hub.example"}, 90);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().kind == ErrorKind::refused);
}

TEST_CASE("a certificate for no name, a bad name or no time is refused") {
  const TemporaryFolder folder;
  for (const auto& names : std::vector<std::vector<std::string>>{
           {}, {""}, {"a b"}, {"a,DNS:b"}, {std::string("a\0b", 3)}, {"a", "*/b"}}) {
    CHECK_FALSE(make_server_certificate(folder.path(), names, 90).has_value());
  }
  CHECK_FALSE(make_server_certificate(folder.path(), {"a"}, 0).has_value());
  CHECK_FALSE(make_server_certificate(folder.path(), {"a"}, 40'000).has_value());
  CHECK_FALSE(make_server_certificate(folder.path() / "none", {"a"}, 1).has_value());
  CHECK(entries_of(folder.path()) == 0);
}
