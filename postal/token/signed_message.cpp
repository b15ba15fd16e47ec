#include "postal/signed_message.h"

#include "postal/token/cose.h"
#include "postal/token/public_key.h"

namespace backstamp::postal {
namespace {

std::unexpected<Error> malformed() {
  return fail(ErrorKind::invalid, "signed message: not a COSE_Sign1 in our deterministic form");
}

}  // namespace

Result<Bytes> sign_message(ByteView payload, const SigningKey& key) {
  return make_sign1(payload, key);
}

Result<SignedMessage> parse_signed_message(ByteView message) {
  const auto parsed = parse_sign1(message);
  if (!parsed) return malformed();
  return SignedMessage{Bytes(parsed->payload.begin(), parsed->payload.end()), parsed->key};
}

Result<Bytes> open_message(ByteView message, ByteView public_key) {
  const auto key = PublicKey::parse(public_key);
  if (!key) return std::unexpected(key.error());
  const auto parsed = parse_sign1(message);
  if (!parsed) return malformed();
  if (parsed->key != public_key_id(public_key) || parsed->algorithm != key->algorithm() ||
      !key->verify(to_be_signed(parsed->protected_item, parsed->payload_item), parsed->signature)) {
    return fail(ErrorKind::refused, "signed message: the signature is not that of the key");
  }
  return Bytes(parsed->payload.begin(), parsed->payload.end());
}

}  // namespace backstamp::postal
