#include "postal/token/public_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>

#include "base/sha256.h"

namespace backstamp::postal {
namespace {

// SubjectPublicKeyInfo up to the key itself: RFC 8410 section 4, RFC 5480 section 2.
constexpr std::array<std::uint8_t, 12> kEd25519Head{0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                                    0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::array<std::uint8_t, 27> kP256Head{
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t kEd25519Bytes = kEd25519Head.size() + 32;
constexpr std::size_t kP256Bytes = kP256Head.size() + 64;

struct FreeMdContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreePkeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

template <std::size_t Size>
bool has_head(ByteView bytes, const std::array<std::uint8_t, Size>& head) {
  return bytes.size() >= Size && std::equal(head.begin(), head.end(), bytes.begin());
}

PkeyPointer make_p256(ByteView point) {
  const std::unique_ptr<EVP_PKEY_CTX, FreePkeyContext> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  char group[] = "prime256v1";
  // OpenSSL takes what it only reads as non-const.
  auto* octets = const_cast<std::uint8_t*>(point.data());
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0) {
    return nullptr;
  }
  return PkeyPointer(key);
}

// ECDSA-Sig-Value (RFC 3279 section 2.2.3) of r and s.
std::size_t write_der(const std::array<std::uint8_t, 64>& signature,
                      std::array<std::uint8_t, 72>& der) {
  std::size_t size = 2;
  for (const std::size_t from : {0u, 32u}) {
    std::size_t skip = 0;
    while (skip < 31 && signature[from + skip] == 0) ++skip;
    const bool pad = (signature[from + skip] & 0x80) != 0;
    der[size++] = 0x02;
    der[size++] = static_cast<std::uint8_t>(32 - skip + (pad ? 1 : 0));
    if (pad) der[size++] = 0;
    std::memcpy(&der[size], &signature[from + skip], 32 - skip);
    size += 32 - skip;
  }
  der[0] = 0x30;
  der[1] = static_cast<std::uint8_t>(size - 2);
  return size;
}

/// A context that is ready to verify with a key, kept for the next token of the same meter: making
/// one costs as much as the twentieth part of a verification. One thread's; a context holds its
/// key, so that no other key can have its address.
EVP_PKEY_CTX* ready_context(EVP_PKEY* key) {
  struct Kept {
    const EVP_PKEY* key = nullptr;
    std::unique_ptr<EVP_PKEY_CTX, FreePkeyContext> context;
  };
  constexpr std::size_t kKept = 256;
  thread_local std::array<Kept, kKept> all;
  Kept& kept = all[std::hash<const EVP_PKEY*>{}(key) / alignof(std::max_align_t) % kKept];
  if (kept.key == key) return kept.context.get();
  kept.key = nullptr;
  kept.context.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (kept.context == nullptr || EVP_PKEY_verify_init(kept.context.get()) != 1) return nullptr;
  kept.key = key;
  return kept.context.get();
}

bool verify_p256(EVP_PKEY* key, ByteView message, const std::array<std::uint8_t, 64>& signature) {
  std::array<std::uint8_t, 72> der{};
  const std::size_t size = write_der(signature, der);
  const Sha256 digest = sha256(message);
  EVP_PKEY_CTX* context = ready_context(key);
  return context != nullptr &&
         EVP_PKEY_verify(context, der.data(), size, digest.data(), digest.size()) == 1;
}

bool verify_ed25519(EVP_PKEY* key, ByteView message,
                    const std::array<std::uint8_t, 64>& signature) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeMdContext> context(EVP_MD_CTX_new());
  return context != nullptr && EVP_MD_CTX_reset(context.get()) == 1 &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace

const std::array<std::uint8_t, 32> kP256Order{
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
const std::array<std::uint8_t, 32> kP256HalfOrder{
    0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8};

KeyId public_key_id(ByteView public_key) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(public_key.data(), public_key.size(), digest.data());
  KeyId id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

Result<SignatureAlgorithm> public_key_algorithm(ByteView public_key) {
  if (public_key.size() == kEd25519Bytes && has_head(public_key, kEd25519Head)) {
    return SignatureAlgorithm::eddsa;
  }
  if (public_key.size() == kP256Bytes && has_head(public_key, kP256Head)) {
    return SignatureAlgorithm::es256;
  }
  return fail(ErrorKind::invalid,
              "public key: neither P-256 (uncompressed point) nor Ed25519 as SubjectPublicKeyInfo");
}

Result<Bytes> encode_public_key(const EVP_PKEY* key) {
  std::array<std::uint8_t, 65> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_is_a(key, "ED25519") == 1 &&
      EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1 && size == 32) {
    Bytes bytes(kEd25519Head.begin(), kEd25519Head.end());
    bytes.insert(bytes.end(), raw.begin(), raw.begin() + 32);
    return bytes;
  }
  char group[32] = "";
  size = 0;
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
      std::string_view(group) == "prime256v1" &&
      EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw.data(), raw.size(),
                                      &size) == 1 &&
      size == 65 && raw[0] == 0x04) {
    Bytes bytes(kP256Head.begin(), kP256Head.end());
    bytes.insert(bytes.end(), raw.begin() + 1, raw.end());
    return bytes;
  }
  ERR_clear_error();
  return fail(ErrorKind::invalid, "key: neither P-256 nor Ed25519");
}

Result<Bytes> encode_public_point(SignatureAlgorithm algorithm, ByteView point) {
  const bool es256 = algorithm == SignatureAlgorithm::es256;
  if (point.size() != (es256 ? 65 : 32) || (es256 && point[0] != 0x04)) {
    return fail(ErrorKind::invalid, "key: not a point of P-256 or Ed25519");
  }
  Bytes bytes = es256 ? Bytes(kP256Head.begin(), kP256Head.end() - 1)
                      : Bytes(kEd25519Head.begin(), kEd25519Head.end());
  bytes.insert(bytes.end(), point.begin(), point.end());
  return bytes;
}

Result<PublicKey> PublicKey::parse(ByteView public_key) {
  const auto algorithm = public_key_algorithm(public_key);
  if (!algorithm) return std::unexpected(algorithm.error());
  PkeyPointer key;
  if (*algorithm == SignatureAlgorithm::eddsa) {
    const ByteView raw = public_key.subspan(kEd25519Head.size());
    key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  } else {
    key = make_p256(public_key.subspan(kP256Head.size() - 1));  // with its 04
  }
  if (key == nullptr) {
    ERR_clear_error();
    return fail(ErrorKind::invalid, "public key: not a point of its curve");
  }
  return PublicKey(std::move(key), *algorithm);
}

bool PublicKey::verify(ByteView message, const std::array<std::uint8_t, 64>& signature) const {
  bool verified = false;
  if (algorithm_ == SignatureAlgorithm::es256) {
    // (r, n − s) verifies as well as (r, s): only the lower half is ours.
    if (std::lexicographical_compare(kP256HalfOrder.begin(), kP256HalfOrder.end(),
                                     signature.begin() + 32, signature.end())) {
      return false;
    }
    verified = verify_p256(key_.get(), message, signature);
  } else {
    verified = verify_ed25519(key_.get(), message, signature);
  }
  if (!verified) ERR_clear_error();
  return verified;
}

}  // namespace backstamp::postal
