// A public key ready to verify with, and the pieces of OpenSSL that signing shares with it.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "postal/keys.h"

namespace backstamp::postal {

struct FreePkey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PkeyPointer = std::unique_ptr<EVP_PKEY, FreePkey>;

/// The one SubjectPublicKeyInfo that we write for a key. Fails (invalid) for other kinds of keys.
Result<Bytes> encode_public_key(const EVP_PKEY* key);
/// The same from the point as an HSM gives it: 04 ‖ x ‖ y of P-256, or the 32 bytes of Ed25519.
/// Fails (invalid) for another size.
Result<Bytes> encode_public_point(SignatureAlgorithm algorithm, ByteView point);

/// Thread-safe, immutable.
class PublicKey {
 public:
  /// Fails (invalid) when the bytes are no key, or no point of the curve.
  static Result<PublicKey> parse(ByteView public_key);
  SignatureAlgorithm algorithm() const { return algorithm_; }
  /// Is it the signature over `message`? ES256 with s in the upper half of its range is not.
  bool verify(ByteView message, const std::array<std::uint8_t, 64>& signature) const;

 private:
  PublicKey(PkeyPointer key, SignatureAlgorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}
  PkeyPointer key_;
  SignatureAlgorithm algorithm_;
};

/// The order n of P-256 (SEC 2 section 2.4.2), big-endian, and (n − 1) / 2.
extern const std::array<std::uint8_t, 32> kP256Order;
extern const std::array<std::uint8_t, 32> kP256HalfOrder;

}  // namespace backstamp::postal
