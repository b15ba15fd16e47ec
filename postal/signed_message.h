// A signed message: any content in the envelope of a token (COSE_Sign1, RFC 9052 section 4.2, in
// the one deterministic form of docs/formats/token.md), for records, statements and orders.
#pragma once

#include "base/bytes.h"
#include "postal/keys.h"

namespace backstamp::postal {

/// What a message says and whose it claims to be; nothing is verified.
struct SignedMessage {
  Bytes payload;
  KeyId key{};
};

/// Signs `payload`.
Result<Bytes> sign_message(ByteView payload, const SigningKey& key);
/// The parts of a message, unverified. Fails (invalid).
Result<SignedMessage> parse_signed_message(ByteView message);
/// The payload of a message that this key signed. Fails: invalid (the key, or not exactly our
/// form), refused (another key or algorithm, or the signature does not verify).
Result<Bytes> open_message(ByteView message, ByteView public_key);

}  // namespace backstamp::postal
