// Keys, tokens and bundles for tests.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/limits.h"
#include "postal/key_bundle.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/postal/random_codes.h"

namespace backstamp::postal {

/// An Ed25519 key that is the same every time: the seed is 32 times `fill`.
inline SigningKey seeded_key(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(fill);
  return SigningKey::from_seed(seed).value();
}

inline Date day(int year, unsigned month, unsigned day_of_month) {
  return Date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day_of_month)};
}

/// The token of docs/formats/token.md.
inline Token example_token() {
  return {{7, 42, 1001},
          Money{730},
          day(2026, 11, 22),
          270,
          Imb::parse("0027090000000000100101234567891").value(),
          {}};
}

inline BundleKey bundle_key(const SigningKey& key, TokenIdentity identity = {7, 42, 1}) {
  return {key.public_key(), identity.issuer,   identity.meter,
          day(2026, 1, 1),  day(2026, 12, 31), {}};
}

inline KeyBundle bundle_of(std::vector<BundleKey> keys, std::uint64_t sequence = 1) {
  return {sequence, UtcTime(std::chrono::microseconds(1'795'000'000'000'000)), std::move(keys)};
}

inline UtcTime example_time(std::int64_t seconds_later = 0) {
  return UtcTime(std::chrono::seconds(1'795'000'000 + seconds_later));
}

/// A root (seed of 0x52), issuer 7 (0x49) with a key of 2026, and the data center's clock (0x54).
struct Authority {
  SigningKey root = seeded_key(0x52);
  SigningKey issuer = seeded_key(0x49);
  SigningKey clock = seeded_key(0x54);
  IssuerStatement statement{
      1, example_time(-86'400), {{issuer.public_key(), 7, day(2026, 1, 1), day(2026, 12, 31), {}}}};

  Bytes issuers() const { return sign_issuers(statement, root).value(); }
  KeyList list(std::vector<BundleKey> keys, std::uint64_t sequence = 1) const {
    return {7,
            sequence,
            example_time(static_cast<std::int64_t>(sequence)),
            {clock.public_key()},
            std::move(keys)};
  }
  Bytes sign(const KeyList& list) const { return sign_key_list(list, issuer).value(); }
  SignedBundle bundle(std::vector<BundleKey> keys, std::uint64_t sequence = 1) const {
    const Bytes lists[] = {sign(list(std::move(keys), sequence))};
    return make_bundle(issuers(), lists, root.public_key()).value();
  }
  Result<SignedBundle> open(ByteView file) const { return open_bundle(file, root.public_key()); }
};

inline Token random_token(std::mt19937_64& random) {
  // Small and large numbers alike, so that every size of CBOR head is met.
  const auto number = [&](unsigned bits) { return random() >> (64 - 1 - random() % bits); };
  Token token{{static_cast<std::uint32_t>(number(32)), static_cast<std::uint32_t>(number(32)),
               number(64) | 1},
              Money{static_cast<std::int64_t>(number(32))},
              Date{std::chrono::sys_days(std::chrono::days(static_cast<int>(number(16))))},
              static_cast<std::uint16_t>(random() % 1000),
              random_code(random),
              {}};
  if (random() % 2 == 0) {
    for (auto& byte : token.address.emplace()) byte = static_cast<std::uint8_t>(random());
  }
  return token;
}

inline bool same(const Token& a, const Token& b) {
  return a.identity == b.identity && a.postage == b.postage && a.mailed == b.mailed &&
         a.service == b.service && a.code == b.code && a.address == b.address;
}

/// A page of the repository without blanks and line breaks, to find long hexadecimal texts in.
inline std::string page_without_blanks(const std::string& name) {
  const Bytes page =
      read_file(std::filesystem::path(BACKSTAMP_SOURCE_DIR) / name, limits::kConfigFileBytes)
          .value();
  std::string text;
  for (const std::uint8_t byte : page) {
    if (byte > ' ') text += static_cast<char>(byte);
  }
  return text;
}

using backstamp::test::TemporaryFolder;

}  // namespace backstamp::postal
