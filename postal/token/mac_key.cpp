#include "postal/mac_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "postal/token/mac_impl.h"

namespace backstamp::postal {
namespace {

struct MemoryMac : MacKey::Impl {
  std::array<std::uint8_t, 32> secret{};

  Result<Sha256> mac(ByteView message) const override {
    Sha256 made{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(),
             message.size(), made.data(), &size) == nullptr ||
        size != made.size()) {
      return fail(ErrorKind::internal, "OpenSSL: HMAC failed");
    }
    return made;
  }
  ~MemoryMac() override { OPENSSL_cleanse(secret.data(), secret.size()); }
};

}  // namespace

MacKey::MacKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MacKey::MacKey(MacKey&&) noexcept = default;
MacKey& MacKey::operator=(MacKey&&) noexcept = default;
MacKey::~MacKey() = default;

MacKey MacKey::from_bytes(std::span<const std::uint8_t, 32> secret) {
  auto impl = std::make_unique<MemoryMac>();
  std::copy(secret.begin(), secret.end(), impl->secret.begin());
  return MacKey(std::move(impl));
}

Result<Sha256> MacKey::mac(ByteView message) const {
  return impl_->mac(message);
}

bool equal_macs(ByteView one, ByteView other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace backstamp::postal
