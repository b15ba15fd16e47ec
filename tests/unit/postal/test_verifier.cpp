#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

// The verdict of bytes as a station comes to it: what does not parse is no token at all.
Verdict verdict_of(const Verifier& verifier, ByteView content) {
  const auto token = parse_token(content);
  return token ? verifier.verify(*token) : Verdict::unsigned_;
}

Verdict verdict_on(const Verifier& verifier, const SigningKey& key, Date mailed) {
  Token token = example_token();
  token.mailed = mailed;
  return verdict_of(verifier, mint_token(token, key).value());
}

// The order n of P-256 minus the second half of a signature.
void mirror_s(Bytes& content) {
  const Bytes order =
      from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    auto& byte = content[content.size() - 32 + i];
    const int difference = order[i] - byte - borrow;
    borrow = difference < 0 ? 1 : 0;
    byte = static_cast<std::uint8_t>(difference + 256 * borrow);
  }
}

}  // namespace

TEST_CASE("No token with one byte changed is ever genuine") {
  const SigningKey keys[]{SigningKey::generate(SignatureAlgorithm::es256).value(), seeded_key(1)};
  for (const SigningKey& key : keys) {
    const auto verifier = Verifier::make(bundle_of({bundle_key(key)})).value();
    Token token = example_token();
    token.address = AddressBinding{8, 7, 6, 5, 4, 3, 2, 1};
    const Bytes content = mint_token(token, key).value();
    REQUIRE(verdict_of(verifier, content) == Verdict::genuine);
    for (std::size_t at = 0; at < content.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        for (const int difference : {1 << bit, 0xFF >> bit}) {
          Bytes changed = content;
          changed[at] = static_cast<std::uint8_t>(changed[at] ^ difference);
          REQUIRE(verdict_of(verifier, changed) != Verdict::genuine);
        }
      }
    }
  }
}

TEST_CASE("A token cut short, extended, or with bytes swapped or moved is never genuine") {
  const SigningKey key = seeded_key(2);
  const auto verifier = Verifier::make(bundle_of({bundle_key(key)})).value();
  const Bytes content = mint_token(example_token(), key).value();
  for (std::size_t at = 0; at < content.size(); ++at) {
    REQUIRE(verdict_of(verifier, ByteView(content).first(at)) != Verdict::genuine);
    Bytes changed = content;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(at));
    REQUIRE(verdict_of(verifier, changed) != Verdict::genuine);
    changed = content;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(at), 0x00);
    REQUIRE(verdict_of(verifier, changed) != Verdict::genuine);
    changed = content;
    std::swap(changed[at], changed[(at + 1) % changed.size()]);
    if (changed != content) REQUIRE(verdict_of(verifier, changed) != Verdict::genuine);
  }
}

TEST_CASE("An ES256 signature is made with low s, and its mirror image is forged") {
  const SigningKey key = SigningKey::generate(SignatureAlgorithm::es256).value();
  const auto verifier = Verifier::make(bundle_of({bundle_key(key)})).value();
  for (int i = 0; i < 50; ++i) {
    Bytes content = mint_token(example_token(), key).value();
    CHECK(content[content.size() - 32] < 0x80);
    CHECK(verdict_of(verifier, content) == Verdict::genuine);
    mirror_s(content);
    CHECK(verdict_of(verifier, content) == Verdict::forged);
    mirror_s(content);
    CHECK(verdict_of(verifier, content) == Verdict::genuine);
  }
}

TEST_CASE("Signatures of zeros, of ones and of the curve's order are forged") {
  for (const auto algorithm : {SignatureAlgorithm::es256, SignatureAlgorithm::eddsa}) {
    const SigningKey key = SigningKey::generate(algorithm).value();
    const auto verifier = Verifier::make(bundle_of({bundle_key(key)})).value();
    Bytes content = mint_token(example_token(), key).value();
    for (const int fill : {0x00, 0x01, 0x7F, 0xFF}) {
      std::fill(content.end() - 64, content.end(), static_cast<std::uint8_t>(fill));
      CHECK(verdict_of(verifier, content) == Verdict::forged);
    }
    std::fill(content.end() - 64, content.end(), std::uint8_t{0});
    mirror_s(content);  // s = n
    CHECK(verdict_of(verifier, content) == Verdict::forged);
  }
}

TEST_CASE("A key that is not in the bundle is unknown, whatever else is wrong") {
  const auto verifier = Verifier::make(bundle_of({bundle_key(seeded_key(1))})).value();
  Bytes content = mint_token(example_token(), seeded_key(2)).value();
  CHECK(verdict_of(verifier, content) == Verdict::unknown_key);
  content.back() ^= 1;
  CHECK(verdict_of(verifier, content) == Verdict::unknown_key);
}

TEST_CASE("A key signs only for its own issuer and meter") {
  const SigningKey key = seeded_key(1);
  const auto mint = [&](TokenIdentity identity) {
    Token token = example_token();
    token.identity = identity;
    return mint_token(token, key).value();
  };
  const auto verifier = Verifier::make(bundle_of({bundle_key(key, {7, 42, 1})})).value();
  CHECK(verdict_of(verifier, mint({7, 42, 5})) == Verdict::genuine);
  CHECK(verdict_of(verifier, mint({8, 42, 5})) == Verdict::forged);
  CHECK(verdict_of(verifier, mint({7, 43, 5})) == Verdict::forged);
}

TEST_CASE("Validity and revocation go by the mailing date, and their last days belong to them") {
  const SigningKey key = seeded_key(1);
  BundleKey entry = bundle_key(key);
  const auto plain = Verifier::make(bundle_of({entry})).value();
  CHECK(verdict_on(plain, key, day(2025, 12, 31)) == Verdict::not_yet_valid);
  CHECK(verdict_on(plain, key, day(2026, 1, 1)) == Verdict::genuine);
  CHECK(verdict_on(plain, key, day(2026, 12, 31)) == Verdict::genuine);
  CHECK(verdict_on(plain, key, day(2027, 1, 1)) == Verdict::expired);

  entry.revoked_from = day(2026, 6, 1);
  const auto revoking = Verifier::make(bundle_of({entry})).value();
  CHECK(verdict_on(revoking, key, day(2025, 12, 31)) == Verdict::not_yet_valid);
  CHECK(verdict_on(revoking, key, day(2026, 5, 31)) == Verdict::genuine);
  CHECK(verdict_on(revoking, key, day(2026, 6, 1)) == Verdict::revoked);
  CHECK(verdict_on(revoking, key, day(2027, 1, 1)) == Verdict::revoked);
}

TEST_CASE("A forged token is forged, not revoked or expired") {
  const SigningKey key = seeded_key(1);
  BundleKey entry = bundle_key(key);
  entry.revoked_from = day(2026, 1, 1);
  const auto verifier = Verifier::make(bundle_of({entry})).value();
  Bytes content = mint_token(example_token(), key).value();
  CHECK(verdict_of(verifier, content) == Verdict::revoked);
  content.back() ^= 1;
  CHECK(verdict_of(verifier, content) == Verdict::forged);
}

TEST_CASE("A token that names the other algorithm than its key's is forged") {
  const SigningKey key = seeded_key(1);
  const auto verifier = Verifier::make(bundle_of({bundle_key(key)})).value();
  Bytes content = mint_token(example_token(), key).value();
  REQUIRE(content[5] == 0x27);  // EdDSA
  content[5] = 0x26;
  CHECK(verdict_of(verifier, content) == Verdict::forged);
}

TEST_CASE("A verifier is not made of keys that cannot be used") {
  const BundleKey good = bundle_key(seeded_key(1));
  CHECK(Verifier::make(bundle_of({good}, 17))->sequence() == 17);
  CHECK_FALSE(Verifier::make(bundle_of({good, good})).has_value());
  BundleKey bad = good;
  bad.public_key.pop_back();
  CHECK_FALSE(Verifier::make(bundle_of({bad})).has_value());
  bad = bundle_key(SigningKey::generate(SignatureAlgorithm::es256).value());
  bad.public_key.back() ^= 1;  // off the curve
  CHECK_FALSE(Verifier::make(bundle_of({bad})).has_value());
  bad = good;
  bad.valid_from = day(2026, 2, 30);
  CHECK_FALSE(Verifier::make(bundle_of({bad})).has_value());
}

TEST_CASE("One verifier serves many threads") {
  const SigningKey keys[]{SigningKey::generate(SignatureAlgorithm::es256).value(), seeded_key(1)};
  const auto verifier =
      Verifier::make(bundle_of({bundle_key(keys[0]), bundle_key(keys[1])})).value();
  std::vector<int> genuine(4, 0);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < genuine.size(); ++i) {
    threads.emplace_back([&, i] {
      Token token = example_token();
      for (int piece = 1; piece <= 50; ++piece) {
        token.identity.counter = static_cast<std::uint64_t>(piece);
        const Bytes content = mint_token(token, keys[i % 2]).value();
        if (verdict_of(verifier, content) == Verdict::genuine) ++genuine[i];
      }
    });
  }
  threads.clear();  // joins
  for (const int count : genuine) CHECK(count == 50);
}
