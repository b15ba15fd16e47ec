// The native token: the signed statement in an indicium that a piece is paid for.
//
// A COSE_Sign1 (RFC 9052 section 4.2) over a deterministic CBOR map (RFC 8949 section 4.2), at
// most limits::kTokenBytes bytes; docs/formats/token.md. Key id and algorithm are protected, the
// unprotected header is empty, nothing is re-encoded to verify: the bytes are.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "postal/codes.h"
#include "postal/money.h"
#include "postal/verdict.h"

namespace backstamp::postal {

/// What a token is, whatever its bytes: one counter of one meter of one issuer.
struct TokenIdentity {
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::uint64_t counter = 0;  ///< ascending piece count of the meter, from 1
  auto operator<=>(const TokenIdentity&) const = default;
};

/// The first 8 bytes of SHA-256 over the public key (SubjectPublicKeyInfo, DER).
using KeyId = std::array<std::uint8_t, 8>;

/// Truncated MAC over the cleansed recipient address, where the mint computed one.
using AddressBinding = std::array<std::uint8_t, 8>;

enum class SignatureAlgorithm : std::uint8_t { es256, eddsa };

struct Token {
  TokenIdentity identity;
  Money postage;
  Date mailed{};              ///< date of mailing
  std::uint16_t service = 0;  ///< mail class and services, 0 to 999
  MailpieceCode code;         ///< the identification code of the piece
  std::optional<AddressBinding> address;

  bool operator==(const Token&) const = default;
};

/// Bytes that were signed, without memory of their own elsewhere: verifying takes none.
struct SignedBytes {
  std::array<std::uint8_t, limits::kTokenBytes> bytes{};
  std::size_t size = 0;
  operator ByteView() const { return ByteView(bytes).first(size); }
};

/// A token as parsed: its claims, who says it signed, and the exact bytes that were signed.
struct SignedToken {
  Token token;
  KeyId key{};
  SignatureAlgorithm algorithm = SignatureAlgorithm::eddsa;
  SignedBytes to_be_signed;  ///< the Sig_structure (RFC 9052 section 4.4)
  std::array<std::uint8_t, 64> signature{};
};

/// Do these bytes claim to be a native token (tag and outer shape)? Cheap; proves nothing.
bool looks_like_token(ByteView content);

/// Strict: exactly our deterministic form, every field in range, no byte left over.
/// Fails (invalid, limit). Nothing is said of the signature.
Result<SignedToken> parse_token(ByteView content);

}  // namespace backstamp::postal
