#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "base/limits.h"
#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;
namespace fs = std::filesystem;

TEST_CASE("A saved key is the same key again, and only its owner may read it") {
  const TemporaryFolder folder;
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    const auto path = folder / ("key-" + std::to_string(static_cast<int>(algorithm)));
    const SigningKey key = SigningKey::generate(algorithm).value();
    REQUIRE(key.save(path).has_value());
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    const auto loaded = SigningKey::load(path);
    REQUIRE(loaded.has_value());
    CHECK(loaded->id() == key.id());
    CHECK(loaded->algorithm() == algorithm);
    CHECK(loaded->public_key() == key.public_key());
    CHECK(key.save(path).error().kind == ErrorKind::refused);

    fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
    CHECK(SigningKey::load(path).error().kind == ErrorKind::refused);
  }
  CHECK(SigningKey::load(folder / "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("A file that is no private key of ours is refused") {
  const TemporaryFolder folder;
  const auto path = folder / "key";
  for (const std::string content :
       {"", "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"}) {
    REQUIRE(write_file_durably(path, as_bytes(content), 0600).has_value());
    CHECK(SigningKey::load(path).error().kind == ErrorKind::invalid);
  }
  // An RSA key in an otherwise good file, or a P-384 one, is not ours; X25519 is the nearest kin.
  const std::string x25519 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VuBCIEIEhIu3+dyMN0O8wa0tA1vLxHLTjpLBGDeHSvP0kUR1Fa\n"
      "-----END PRIVATE KEY-----\n";
  REQUIRE(write_file_durably(path, as_bytes(x25519), 0600).has_value());
  CHECK(SigningKey::load(path).error().kind == ErrorKind::invalid);
}

TEST_CASE("A public key file holds the key and nothing else is taken for one") {
  const TemporaryFolder folder;
  const auto path = folder / "key.pub";
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    const Bytes key = SigningKey::generate(algorithm)->public_key();
    REQUIRE(save_public_key(key, path).has_value());
    CHECK(load_public_key(path).value() == key);
  }
  CHECK_FALSE(save_public_key(Bytes(44, 0), path).has_value());
  REQUIRE(write_file_durably(path, as_bytes("no key")).has_value());
  CHECK(load_public_key(path).error().kind == ErrorKind::invalid);
  CHECK(load_public_key(folder / "none").error().kind == ErrorKind::not_found);
}

TEST_CASE("The key of a seed is that of RFC 8032 section 7.1, and signs as there") {
  const Bytes seed =
      from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value();
  const SigningKey key =
      SigningKey::from_seed(std::span<const std::uint8_t, 32>(seed.data(), 32)).value();
  CHECK(to_hex(key.public_key()).substr(24) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(to_hex(key.sign({}).value()) ==
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
}
