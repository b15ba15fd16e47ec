#include "uplink/curve_keys.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/unit/uplink/events.h"

namespace backstamp::uplink {
namespace {

TEST_CASE("keys come back from their files, which others may not read") {
  const test::Folder folder;
  const auto keys = generate_curve_keys();
  REQUIRE(keys);
  REQUIRE(save_curve_keys(*keys, folder.path() / "leeds-7"));
  const auto secret_file = folder.path() / "leeds-7.secret";
  struct stat status{};
  REQUIRE(::stat(secret_file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto back = load_curve_keys(secret_file);
  REQUIRE(back);
  CHECK(back->public_key == keys->public_key);
  CHECK(back->secret_key == keys->secret_key);
  CHECK(load_curve_public_key(folder.path() / "leeds-7.public") == keys->public_key);
  // No key is overwritten.
  CHECK(save_curve_keys(*keys, folder.path() / "leeds-7").error().kind == ErrorKind::refused);
  // Nor used once others can read it.
  REQUIRE(::chmod(secret_file.c_str(), 0640) == 0);
  CHECK(load_curve_keys(secret_file).error().kind == ErrorKind::refused);
}

TEST_CASE("files that hold no key are refused") {
  const test::Folder folder;
  const auto keys = *generate_curve_keys();
  const auto other = *generate_curve_keys();
  const auto file = folder.path() / "x.secret";
  for (const std::string& text :
       {std::string(), std::string("public \nsecret \n"), "public " + keys.public_key + "\n",
        "public " + other.public_key + "\nsecret " + keys.secret_key + "\n",
        "public " + keys.public_key + "\nsecret " + keys.secret_key + "0\n"}) {
    REQUIRE(write_file_durably(file, as_bytes(text), 0600));
    CHECK(load_curve_keys(file).error().kind == ErrorKind::invalid);
  }
  CHECK(load_curve_keys(folder.path() / "none").error().kind == ErrorKind::not_found);
  CHECK_FALSE(valid_z85_key(std::string(40, '~')));
  CHECK_FALSE(valid_z85_key(std::string(39, '0')));
  CHECK(valid_z85_key(keys.public_key));
}

}  // namespace
}  // namespace backstamp::uplink
