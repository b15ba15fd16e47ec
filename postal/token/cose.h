// COSE_Sign1 (RFC 9052 section 4.2) in the one shape that tokens and bundles have:
//   18([ << {1: algorithm, 4: key id} >>, {}, payload, signature ])
// Everything that is not a signature is under it; there is one encoding of each value.
#pragma once

#include <optional>
#include <span>

#include "base/bytes.h"
#include "postal/keys.h"
#include "postal/token.h"

namespace backstamp::postal {

/// A signed message, borrowed from its bytes.
struct Sign1 {
  SignatureAlgorithm algorithm = SignatureAlgorithm::eddsa;
  KeyId key{};
  ByteView protected_item;  ///< the byte string of the protected header, with its head
  ByteView payload_item;    ///< the byte string of the payload, with its head
  ByteView payload;
  std::array<std::uint8_t, 64> signature{};
};

/// The message that is exactly `content`; none when it has any other shape.
std::optional<Sign1> parse_sign1(ByteView content);

/// The bytes that are signed: the Sig_structure of RFC 9052 section 4.4, without external data.
Bytes to_be_signed(ByteView protected_item, ByteView payload_item);
/// The same where there is room for it; how many bytes it has, or 0 when it has more than `out`.
std::size_t put_to_be_signed(ByteView protected_item, ByteView payload_item,
                             std::span<std::uint8_t> out);

/// The message of parts that were made before: an item of a protected header, a payload (without
/// its head) and a signature.
Bytes join_sign1(ByteView protected_item, ByteView payload,
                 const std::array<std::uint8_t, 64>& signature);

/// Signs `payload`.
Result<Bytes> make_sign1(ByteView payload, const SigningKey& key);

}  // namespace backstamp::postal
