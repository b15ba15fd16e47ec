#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/postal/key_fixtures.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

Result<SignedBundle> apply(const Authority& authority, const SignedBundle& held, ByteView delta) {
  return apply_delta(held, delta, authority.root.public_key());
}

std::vector<BundleKey> some_keys(std::mt19937_64& random, std::vector<BundleKey> from) {
  std::erase_if(from, [&](const BundleKey&) { return random() % 4 == 0; });
  for (BundleKey& key : from) {
    if (random() % 5 == 0)
      key.revoked_from = day(2026, 1 + static_cast<unsigned>(random() % 12), 1);
  }
  for (int i = 0; i < 3; ++i) {
    const auto fill = static_cast<std::uint8_t>(random());
    const BundleKey key = bundle_key(seeded_key(fill), {7, fill, 1});
    const bool there = std::any_of(from.begin(), from.end(), [&](const BundleKey& one) {
      return one.public_key == key.public_key;
    });
    if (!there) from.push_back(key);
  }
  return from;
}

}  // namespace

TEST_CASE("A delta gives the new bundle byte for byte, from any earlier one to any later") {
  std::mt19937_64 random(31);
  Authority authority;
  std::vector<SignedBundle> bundles;
  std::vector<BundleKey> keys;
  for (std::uint64_t sequence = 1; sequence <= 12; ++sequence) {
    keys = some_keys(random, keys);
    if (sequence % 5 == 0) ++authority.statement.sequence;
    bundles.push_back(authority.bundle(keys, sequence));
  }
  for (std::size_t from = 0; from < bundles.size(); ++from) {
    for (std::size_t to = 0; to < bundles.size(); ++to) {
      const auto delta = make_delta(bundles[from], bundles[to]);
      if (to < from) CHECK_FALSE(delta.has_value());
      if (to <= from) continue;
      REQUIRE(delta.has_value());
      CHECK(looks_like_delta(*delta));
      CHECK_FALSE(looks_like_delta(bundles[to].file()));
      const auto made = apply(authority, bundles[from], *delta);
      REQUIRE(made.has_value());
      CHECK(made->file() == bundles[to].file());
      for (std::size_t held = 0; held < bundles.size(); ++held) {
        if (held != from) REQUIRE_FALSE(apply(authority, bundles[held], *delta).has_value());
      }
    }
  }
}

TEST_CASE("A delta brings a list and a statement that were not there") {
  Authority authority;
  const auto bare = make_bundle(authority.issuers(), {}, authority.root.public_key()).value();
  const SignedBundle first = authority.bundle({bundle_key(seeded_key(1))});
  const auto made = apply(authority, bare, make_delta(bare, first).value());
  REQUIRE(made.has_value());
  CHECK(made->file() == first.file());
  authority.statement.sequence = 2;
  authority.statement.issuers[0].revoked = IssuerRevocation{day(2026, 5, 1), 1};
  const SignedBundle revoked = authority.bundle({bundle_key(seeded_key(1))});
  const Bytes delta = make_delta(first, revoked).value();
  CHECK(apply(authority, first, delta)->file() == revoked.file());
}

TEST_CASE("No change of one byte of a delta is taken, nor a part of it") {
  const Authority authority;
  std::vector<BundleKey> keys{bundle_key(seeded_key(1)), bundle_key(seeded_key(2), {7, 43, 1})};
  const SignedBundle held = authority.bundle(keys, 5);
  keys[0].revoked_from = day(2026, 6, 1);
  keys[1] = bundle_key(seeded_key(3), {7, 44, 1});
  const SignedBundle next = authority.bundle(keys, 6);
  const Bytes delta = make_delta(held, next).value();
  REQUIRE(apply(authority, held, delta)->file() == next.file());
  for (std::size_t at = 0; at < delta.size(); ++at) {
    REQUIRE_FALSE(apply(authority, held, ByteView(delta).first(at)).has_value());
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = delta;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1 << bit));
      REQUIRE_FALSE(apply(authority, held, changed).has_value());
    }
  }
  Bytes longer = delta;
  longer.push_back(0);
  CHECK_FALSE(apply(authority, held, longer).has_value());
}

TEST_CASE("A revocation in a list of thousands is a small delta") {
  const Authority authority;
  std::vector<BundleKey> keys;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = static_cast<std::uint8_t>(i);
    seed[1] = static_cast<std::uint8_t>(i >> 8);
    keys.push_back(bundle_key(SigningKey::from_seed(seed).value(), {7, i, 1}));
  }
  const SignedBundle held = authority.bundle(keys, 1);
  keys[1000].revoked_from = day(2026, 11, 1);
  const SignedBundle next = authority.bundle(keys, 2);
  const Bytes delta = make_delta(held, next).value();
  CHECK(delta.size() < 400);
  CHECK(next.file().size() > 100'000);
  CHECK(apply(authority, held, delta)->file() == next.file());
}
