// Key bundles: the file as it comes, and the input as the payload of a rightly signed file, which
// is how its parser is reached.
#include "base/assert.h"
#include "postal/keys.h"
#include "postal/token/cose.h"

using namespace backstamp;
using namespace backstamp::postal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SigningKey root = [] {
    const std::array<std::uint8_t, 32> seed{};
    return SigningKey::from_seed(seed).value();
  }();
  static const Bytes root_public_key = root.public_key();
  const ByteView content(data, size);
  BACKSTAMP_ASSERT(!open_bundle(content, root_public_key).has_value());

  const auto file = make_sign1(content, root);
  BACKSTAMP_ASSERT(file.has_value());
  const auto opened = open_bundle(*file, root_public_key);
  if (!opened) return 0;
  // What opens has one encoding; keys off their curve are found when they are to be used.
  if (!Verifier::make(*opened)) return 0;
  const auto again = sign_bundle(*opened, root);
  BACKSTAMP_ASSERT(again.has_value() && *again == *file);
  return 0;
}
