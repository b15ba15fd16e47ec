// Key bundles, deltas, lists, statements and times. The first byte chooses; what follows comes as a
// file as it is, or as the payload of a rightly signed message, which is how its parser is reached.
#include <algorithm>

#include "base/assert.h"
#include "postal/key_bundle.h"
#include "postal/token/cose.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

/// A root that is its own issuer, and the bundle that is held.
struct Authority {
  SigningKey root = SigningKey::from_seed(std::array<std::uint8_t, 32>{}).value();
  SigningKey clock = SigningKey::from_seed(std::array<std::uint8_t, 32>{2}).value();
  Bytes root_public_key = root.public_key();
  IssuerStatement issuers{1, {}, {{root_public_key, 7, Date{}, Date{}, {}}}};
  Bytes issuers_item;
  SignedBundle held;

  Authority() {
    using std::chrono::year;
    issuers.issuers[0].valid_from = year(1970) / 1 / 1;
    issuers.issuers[0].valid_until = year(2149) / 6 / 6;
    issuers_item = sign_issuers(issuers, root).value();
    const BundleKey key{SigningKey::from_seed(std::array<std::uint8_t, 32>{1}).value().public_key(),
                        7,
                        42,
                        year(2026) / 1 / 1,
                        year(2026) / 12 / 31,
                        {}};
    const Bytes lists[] = {
        sign_key_list({7, 3, UtcTime{}, {clock.public_key()}, {key}}, root).value()};
    held = make_bundle(issuers_item, lists, root_public_key).value();
  }
};

/// A list that opens has one encoding; keys off their curve are found when they are to be used.
void check_list(const Authority& authority, ByteView payload) {
  const Bytes item = make_sign1(payload, authority.root).value();
  const auto list = open_key_list(item, authority.issuers);
  if (!list) return;
  const Bytes lists[] = {item};
  const auto bundle = make_bundle(authority.issuers_item, lists, authority.root_public_key);
  if (!bundle || !Verifier::make(bundle->believed())) return;
  BACKSTAMP_ASSERT(open_bundle(bundle->file(), authority.root_public_key).has_value());
  const auto again = sign_key_list(*list, authority.root);
  BACKSTAMP_ASSERT(!again.has_value() || *again == item);
}

void check_issuers(const Authority& authority, ByteView payload) {
  const Bytes item = make_sign1(payload, authority.root).value();
  const auto statement = open_issuers(item, authority.root_public_key);
  if (!statement) return;
  const auto again = sign_issuers(*statement, authority.root);
  BACKSTAMP_ASSERT(!again.has_value() || *again == item);  // a key off its curve is not signed
}

void check_time(const Authority& authority, ByteView payload) {
  const Bytes item = make_sign1(payload, authority.clock).value();
  const auto statement = open_time(item, authority.held);
  if (!statement) return;
  BACKSTAMP_ASSERT(sign_time(*statement, authority.clock).value() == item);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Authority authority;
  if (size == 0) return 0;
  const ByteView content(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:  // the fuzzer cannot sign: what opens is what the seeds brought, or is a part of it
      if (const auto opened = open_bundle(content, authority.root_public_key)) {
        BACKSTAMP_ASSERT(std::ranges::equal(opened->file(), content));
      }
      break;
    case 1:
      if (const auto made = apply_delta(authority.held, content, authority.root_public_key)) {
        BACKSTAMP_ASSERT(is_newer(authority.held, *made).value());
        BACKSTAMP_ASSERT(std::ranges::equal(make_delta(authority.held, *made).value(), content));
      }
      break;
    case 2:
      check_list(authority, content);
      break;
    case 3:
      check_issuers(authority, content);
      break;
    default:
      check_time(authority, content);
  }
  return 0;
}
