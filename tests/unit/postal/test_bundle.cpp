#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/limits.h"
#include "postal/token/cbor.h"
#include "postal/token/cose.h"
#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

KeyBundle example_bundle() {
  BundleKey revoked = bundle_key(seeded_key(0x43), {7, 43, 1});
  revoked.revoked_from = day(2026, 6, 1);
  return bundle_of({bundle_key(seeded_key(0x42)), revoked}, 12);
}

// A bundle whose payload is given in hexadecimal, rightly signed.
Result<KeyBundle> open_payload(const std::string& hex, const SigningKey& root) {
  return open_bundle(make_sign1(from_hex(hex).value(), root).value(), root.public_key());
}

}  // namespace

TEST_CASE("A signed bundle opens to what went in, in the order of the keys") {
  std::mt19937_64 random(30);
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    const SigningKey root = SigningKey::generate(algorithm).value();
    KeyBundle bundle = bundle_of({}, 99);
    for (std::uint8_t i = 0; i < 100; ++i) {
      BundleKey key = bundle_key(seeded_key(i), {random() % 2 == 0 ? 7u : 70'000u, i, 1});
      if (random() % 3 == 0) key.revoked_from = day(2026, 3, 1 + i % 28);
      bundle.keys.push_back(key);
    }
    bundle.keys.push_back(bundle_key(SigningKey::generate(SignatureAlgorithm::es256).value()));
    const auto opened = open_bundle(sign_bundle(bundle, root).value(), root.public_key());
    REQUIRE(opened.has_value());
    CHECK(opened->sequence == 99);
    CHECK(opened->issued_at == bundle.issued_at);
    REQUIRE(opened->keys.size() == bundle.keys.size());
    for (const BundleKey& key : bundle.keys) {
      const auto found = std::find_if(opened->keys.begin(), opened->keys.end(), [&](const auto& k) {
        return k.public_key == key.public_key;
      });
      REQUIRE(found != opened->keys.end());
      CHECK(found->issuer == key.issuer);
      CHECK(found->meter == key.meter);
      CHECK(found->valid_from == key.valid_from);
      CHECK(found->valid_until == key.valid_until);
      CHECK(found->revoked_from == key.revoked_from);
    }
  }
}

TEST_CASE("The worked example of docs/formats/key-bundle.md is what we sign") {
  const Bytes file = sign_bundle(example_bundle(), seeded_key(0x52)).value();
  CAPTURE(to_hex(file));
  const std::string page = page_without_blanks("docs/formats/key-bundle.md");
  CHECK(page.find("```" + to_hex(file) + "```") != page.npos);
}

TEST_CASE("No change of one byte of a bundle opens, nor does a part of it") {
  const SigningKey root = seeded_key(0x52);
  const Bytes file = sign_bundle(example_bundle(), root).value();
  for (std::size_t at = 0; at < file.size(); ++at) {
    REQUIRE_FALSE(open_bundle(ByteView(file).first(at), root.public_key()).has_value());
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = file;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1 << bit));
      REQUIRE_FALSE(open_bundle(changed, root.public_key()).has_value());
    }
  }
  Bytes longer = file;
  longer.push_back(0);
  CHECK_FALSE(open_bundle(longer, root.public_key()).has_value());
}

TEST_CASE("A bundle of another root is refused") {
  const Bytes file = sign_bundle(example_bundle(), seeded_key(0x52)).value();
  const auto opened = open_bundle(file, seeded_key(0x53).public_key());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().kind == ErrorKind::refused);
  CHECK_FALSE(open_bundle(file, {}).has_value());
}

TEST_CASE("A token is not a bundle, even when the root itself signed it") {
  const SigningKey root = seeded_key(0x52);
  const Bytes token = mint_token(example_token(), root).value();
  CHECK_FALSE(open_bundle(token, root.public_key()).has_value());
  CHECK_FALSE(parse_token(sign_bundle(bundle_of({}), root).value()).has_value());
}

TEST_CASE("A rightly signed payload must still be exactly a bundle") {
  const SigningKey root = seeded_key(0x52);
  const std::string key = "582c" + to_hex(seeded_key(1).public_key());
  const std::string other = "582c" + to_hex(seeded_key(2).public_key());
  const std::string dates =
      "194fd6"
      "195142";
  const std::string entry = "85" + key +
                            "07"
                            "182a" +
                            dates;
  const std::string later = "85" + other +
                            "07"
                            "182a" +
                            dates;
  const bool in_order = key < other;
  const std::string head =
      "a3"
      "01"
      "01"
      "02"
      "00"
      "03";
  CHECK(open_payload(head + "80", root).has_value());
  CHECK(open_payload(head + "81" + entry, root).has_value());
  CHECK(open_payload(head + "82" + (in_order ? entry + later : later + entry), root).has_value());
  for (const std::string& payload :
       {std::string(), std::string("a0"), head, head + "81", head + "81" + entry + "00",
        head + "82" + entry, head + "82" + entry + entry,
        head + "82" + (in_order ? later + entry : entry + later),
        head + "9a000f4241",  // over a million
        head + "9affffffff",  // a count that lies
        std::string("a3"
                    "0118"
                    "01"
                    "0200"
                    "0380"),  // not the shortest form
        std::string("a3"
                    "0200"
                    "0101"
                    "0380"),  // keys of the map out of order
        head +
            "81"
            "85" +
            key +
            "07"
            "182a"
            "195142"
            "194fd6",  // ends before it begins
        head +
            "81"
            "85" +
            key +
            "07"
            "182a"
            "194fd6"
            "1a00010000",  // past 2149
        head +
            "81"
            "86" +
            key +
            "07"
            "182a" +
            dates,  // no day of revocation
        head +
            "81"
            "85"
            "41"
            "00"
            "07"
            "182a" +
            dates}) {  // no key
    CAPTURE(payload);
    CHECK_FALSE(open_payload(payload, root).has_value());
  }
}

TEST_CASE("Bundles that cannot be meant are not signed") {
  const SigningKey root = seeded_key(0x52);
  const BundleKey good = bundle_key(seeded_key(1));
  CHECK_FALSE(sign_bundle(bundle_of({good, good}), root).has_value());
  BundleKey bad = good;
  bad.public_key.clear();
  CHECK_FALSE(sign_bundle(bundle_of({bad}), root).has_value());
  bad = good;
  std::swap(bad.valid_from, bad.valid_until);
  CHECK_FALSE(sign_bundle(bundle_of({bad}), root).has_value());
  bad = good;
  bad.valid_until = day(2150, 1, 1);
  CHECK(sign_bundle(bundle_of({bad}), root).error().kind == ErrorKind::limit);
  CHECK(open_bundle(Bytes(limits::kKeyBundleBytes + 1), root.public_key()).error().kind ==
        ErrorKind::limit);
}
