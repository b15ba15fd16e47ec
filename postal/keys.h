// Keys of tokens: making, signing, verifying. How a station learns whom to believe is told in
// postal/key_bundle.h.
// OpenSSL stays behind these declarations.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "postal/token.h"

namespace backstamp::postal {

/// A private key for tokens or bundles, in memory or in an HSM (postal/hsm.h) that it never leaves.
/// Movable; thread-safe to sign with.
class SigningKey {
 public:
  static Result<SigningKey> generate(SignatureAlgorithm algorithm);
  /// PKCS#8 PEM. Fails: not_found, invalid, refused (the file is readable by others).
  static Result<SigningKey> load(const std::filesystem::path& path);
  /// Writes PKCS#8 PEM, mode 0600, durably. Refuses to overwrite, and a key of an HSM.
  Result<void> save(const std::filesystem::path& path) const;
  /// A key made from a 32-byte seed (EdDSA only), so that synthetic mail is the same every time.
  static Result<SigningKey> from_seed(std::span<const std::uint8_t, 32> seed);

  SignatureAlgorithm algorithm() const;
  KeyId id() const;
  Bytes public_key() const;  ///< SubjectPublicKeyInfo, DER
  /// 64 bytes: r‖s with low s (ES256), or R‖S (EdDSA, RFC 8032). Fails: internal; of a key in an
  /// HSM also unavailable (the device is gone; a later call may succeed) and not_found.
  Result<std::array<std::uint8_t, 64>> sign(ByteView message) const;

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  struct Impl;

 private:
  friend class Hsm;
  explicit SigningKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Mints the bytes of a token. Fails (limit) when a field is out of range or the token too long.
Result<Bytes> mint_token(const Token& token, const SigningKey& key);

/// A public key in a bundle and when it may be believed.
struct BundleKey {
  Bytes public_key;          ///< SubjectPublicKeyInfo, DER: P-256 or Ed25519
  std::uint32_t issuer = 0;  ///< the only issuer and meter it may sign for
  std::uint32_t meter = 0;
  Date valid_from{};                 ///< first mailing date
  Date valid_until{};                ///< last mailing date
  std::optional<Date> revoked_from;  ///< mailing dates from this day on are revoked
};

/// Whom to believe, all in one (postal/key_bundle.h says how it comes about).
struct KeyBundle {
  std::uint64_t sequence = 0;  ///< a station never goes back to a smaller one
  UtcTime issued_at{};
  std::vector<BundleKey> keys;
};

/// Verifies tokens against a bundle whose keys are parsed once. Thread-safe, immutable.
class Verifier {
 public:
  /// Fails (invalid) when a key of the bundle cannot be used.
  static Result<Verifier> make(const KeyBundle& bundle);
  /// Never genuine unless the signature of the key named in the token verifies over the exact
  /// bytes, that key may sign for this issuer and meter, and it was valid on the mailing date.
  Verdict verify(const SignedToken& token) const;
  std::uint64_t sequence() const;

  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;
  ~Verifier();

 private:
  struct Impl;
  explicit Verifier(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// The key id of a SubjectPublicKeyInfo, and which algorithm it is for. The latter fails (invalid)
/// unless it is the DER of a P-256 key with an uncompressed point or of an Ed25519 key.
KeyId public_key_id(ByteView public_key);
Result<SignatureAlgorithm> public_key_algorithm(ByteView public_key);

/// A public key file: PEM SubjectPublicKeyInfo, as DER.
Result<Bytes> load_public_key(const std::filesystem::path& path);
Result<void> save_public_key(ByteView public_key, const std::filesystem::path& path);

}  // namespace backstamp::postal
