// Genuine tokens changed at random, in many ways: not one may stay genuine.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <set>

#include "base/limits.h"
#include "tests/unit/postal/key_fixtures.h"

namespace backstamp::postal {
namespace {

/// Tokens of several meters by both algorithms, and the verifier that believes them.
struct Mail {
  std::vector<Bytes> tokens;
  std::set<Bytes> genuine;
  Verifier verifier;

  static Mail make(std::mt19937_64& random) {
    std::vector<BundleKey> keys;
    std::vector<Bytes> tokens;
    for (std::uint32_t meter = 1; meter <= 8; ++meter) {
      const SigningKey key = meter % 2 == 0
                                 ? seeded_key(static_cast<std::uint8_t>(meter))
                                 : SigningKey::generate(SignatureAlgorithm::es256).value();
      keys.push_back(bundle_key(key, {7, meter, 1}));
      for (std::uint64_t counter = 1; counter <= 16; ++counter) {
        Token token = random_token(random);
        token.identity = {7, meter, counter};
        token.mailed = day(2026, 6, static_cast<unsigned>(counter));
        tokens.push_back(mint_token(token, key).value());
      }
    }
    std::set<Bytes> genuine(tokens.begin(), tokens.end());
    return {std::move(tokens), std::move(genuine), Verifier::make(bundle_of(keys)).value()};
  }

  const Bytes& any(std::mt19937_64& random) const { return tokens[random() % tokens.size()]; }
};

std::size_t place(const Bytes& bytes, std::mt19937_64& random) {
  return random() % bytes.size();
}

void flip_bits(Bytes& bytes, std::mt19937_64& random) {
  for (std::uint64_t i = 0, count = 1 + random() % 8; i < count; ++i) {
    bytes[place(bytes, random)] ^= static_cast<std::uint8_t>(1u << random() % 8);
  }
}

void replace_bytes(Bytes& bytes, std::mt19937_64& random) {
  for (std::uint64_t i = 0, count = 1 + random() % 4; i < count; ++i) {
    bytes[place(bytes, random)] = static_cast<std::uint8_t>(random());
  }
}

/// A run of equal bytes, or the same run from somewhere else in the token.
void overwrite(Bytes& bytes, std::mt19937_64& random) {
  const std::size_t from = place(bytes, random);
  const std::size_t size = 1 + random() % std::min<std::size_t>(16, bytes.size() - from);
  const std::size_t other = random() % (bytes.size() - size + 1);
  const std::uint64_t way = random() % 3;
  for (std::size_t i = 0; i < size; ++i) {
    bytes[from + i] = way == 0 ? 0x00 : way == 1 ? 0xFF : bytes[other + i];
  }
}

void swap_bytes(Bytes& bytes, std::mt19937_64& random) {
  for (std::uint64_t i = 0, count = 1 + random() % 3; i < count; ++i) {
    std::swap(bytes[place(bytes, random)], bytes[place(bytes, random)]);
  }
}

/// The beginning of one token and the end of another; half the time its signature alone.
void splice(Bytes& bytes, const Bytes& other, std::mt19937_64& random) {
  const std::size_t most = std::min(bytes.size(), other.size()) - 1;
  const std::size_t tail = random() % 2 == 0 ? std::min<std::size_t>(64, most) : random() % most;
  std::copy(other.end() - static_cast<std::ptrdiff_t>(tail), other.end(),
            bytes.end() - static_cast<std::ptrdiff_t>(tail));
}

/// Bytes left out, put in, cut off or added at the end.
void resize(Bytes& bytes, std::mt19937_64& random) {
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(place(bytes, random));
  switch (random() % 4) {
    case 0:
      bytes.erase(at);
      break;
    case 1:
      bytes.insert(at, static_cast<std::uint8_t>(random()));
      break;
    case 2:
      bytes.resize(random() % bytes.size());
      break;
    default:
      bytes.push_back(static_cast<std::uint8_t>(random()));
      break;
  }
}

Bytes mutated(const Mail& mail, std::mt19937_64& random) {
  Bytes bytes = mail.any(random);
  for (std::uint64_t i = 0, count = 1 + random() % 2; i < count; ++i) {
    switch (random() % 6) {
      case 0:
        flip_bits(bytes, random);
        break;
      case 1:
        replace_bytes(bytes, random);
        break;
      case 2:
        overwrite(bytes, random);
        break;
      case 3:
        swap_bytes(bytes, random);
        break;
      case 4:
        splice(bytes, mail.any(random), random);
        break;
      default:
        resize(bytes, random);
        break;
    }
    if (bytes.size() < 3) break;
  }
  return bytes;
}

/// Half of the changes leave the shape whole, so that the signature alone can tell.
TEST_CASE("Of genuine tokens that are changed at random not one stays genuine") {
  const std::size_t wanted = std::getenv("BACKSTAMP_LONG") != nullptr ? 1'000'000 : 250'000;
  std::mt19937_64 random(2026);
  const Mail mail = Mail::make(random);
  for (const Bytes& token : mail.tokens) {
    REQUIRE(mail.verifier.verify(parse_token(token).value()) == Verdict::genuine);
  }
  std::size_t changed = 0;
  std::size_t parsed = 0;
  std::size_t genuine = 0;
  while (changed < wanted) {
    const Bytes bytes = mutated(mail, random);
    if (mail.genuine.contains(bytes)) continue;  // the change took itself back
    ++changed;
    const auto token = parse_token(bytes);
    if (!token) continue;
    ++parsed;
    if (mail.verifier.verify(*token) != Verdict::genuine) continue;
    ++genuine;
    UNSCOPED_INFO("genuine: " << to_hex(bytes));
  }
  CHECK(genuine == 0);
  for (const Bytes& token : mail.tokens) {  // what came before leaves no trace
    CHECK(mail.verifier.verify(parse_token(token).value()) == Verdict::genuine);
  }
  CHECK(parsed > changed / 4);  // else the test would prove little of signatures
}

}  // namespace
}  // namespace backstamp::postal
