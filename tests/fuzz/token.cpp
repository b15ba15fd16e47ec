// Tokens: whatever the bytes, nothing but the one encoding of a token parses, and none of these is
// genuine.
#include <algorithm>

#include "base/assert.h"
#include "postal/keys.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

const SigningKey& key() {
  static const SigningKey made = [] {
    const std::array<std::uint8_t, 32> seed{};
    return SigningKey::from_seed(seed).value();
  }();
  return made;
}

const Verifier& verifier() {
  static const Verifier made = [] {
    using std::chrono::year;
    const KeyBundle bundle{
        1, {}, {{key().public_key(), 7, 42, year(1970) / 1 / 1, year(2149) / 6 / 6, {}}}};
    return Verifier::make(bundle).value();
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView content(data, size);
  const auto parsed = parse_token(content);
  if (!parsed) return 0;
  BACKSTAMP_ASSERT(looks_like_token(content));
  BACKSTAMP_ASSERT(verifier().verify(*parsed) != Verdict::genuine);
  // Minted anew, its claims have the same bytes: they stand between header and signature.
  const auto minted = mint_token(parsed->token, key());
  BACKSTAMP_ASSERT(minted.has_value() && minted->size() == size);
  constexpr std::size_t kEnvelope = 17;  // tag, array, protected and unprotected header
  const std::size_t claims = size - kEnvelope - 66;
  BACKSTAMP_ASSERT(std::equal(data + kEnvelope, data + kEnvelope + claims,
                              minted->begin() + static_cast<std::ptrdiff_t>(kEnvelope)));
  return 0;
}
