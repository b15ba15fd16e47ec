// Leave to put funds into a meter, signed by who may give it: a meter that was made with a fund
// authority takes funds by nothing else (docs/formats/vault.md).
#pragma once

#include "postal/keys.h"

namespace backstamp::meter {

/// What an authority says: this meter may count so much more as its funds.
struct FundAuthorization {
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::uint64_t number = 0;  ///< of this meter, from 1, without gaps: each counts once, in order
  postal::Money amount;      ///< above zero
  postal::Money total;       ///< all funds ever put in, this amount included
  bool operator==(const FundAuthorization&) const = default;
};

inline constexpr std::size_t kAuthorizationBytes = 256;

/// The signed message. Fails: invalid (a number out of range), or as the key does.
Result<Bytes> sign_authorization(const FundAuthorization& authorization,
                                 const postal::SigningKey& authority);

/// What the authority with this public key signed. Fails: invalid (no such message), refused
/// (signed by someone else).
Result<FundAuthorization> open_authorization(ByteView message, ByteView authority);

}  // namespace backstamp::meter
