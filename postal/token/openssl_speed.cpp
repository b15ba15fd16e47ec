#include "postal/openssl_speed.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <vector>

#include "postal/token/public_key.h"

namespace backstamp::postal {
namespace {

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;
using MdContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

}  // namespace

struct OpensslVerifyLoop::Impl {
  PkeyPointer key;
  PkeyContext ecdsa;  ///< for P-256, else none
  MdContext eddsa;    ///< for Ed25519, else none
  bool once = false;  ///< a context of Ed25519 verifies once only and is made ready again (3.5)
  std::array<std::uint8_t, 20> message{};
  std::vector<std::uint8_t> signature;

  bool prepare_p256() {
    key.reset(EVP_EC_gen("P-256"));
    if (key == nullptr) return false;
    PkeyContext signer(EVP_PKEY_CTX_new(key.get(), nullptr));
    std::size_t size = 0;
    if (EVP_PKEY_sign_init(signer.get()) != 1 ||
        EVP_PKEY_sign(signer.get(), nullptr, &size, message.data(), message.size()) != 1) {
      return false;
    }
    signature.resize(size);
    if (EVP_PKEY_sign(signer.get(), signature.data(), &size, message.data(), message.size()) != 1) {
      return false;
    }
    signature.resize(size);
    ecdsa.reset(EVP_PKEY_CTX_new(key.get(), nullptr));
    return ecdsa != nullptr && EVP_PKEY_verify_init(ecdsa.get()) == 1;
  }

  bool prepare_ed25519() {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    MdContext signer(EVP_MD_CTX_new());
    std::size_t size = 64;
    signature.resize(size);
    if (key == nullptr ||
        EVP_DigestSignInit(signer.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(signer.get(), signature.data(), &size, message.data(), message.size()) !=
            1) {
      return false;
    }
    eddsa.reset(EVP_MD_CTX_new());
    if (EVP_DigestVerifyInit(eddsa.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
    once = !(verify_once() && verify_once());
    return true;
  }

  bool verify_once() const {
    if (ecdsa) {
      return EVP_PKEY_verify(ecdsa.get(), signature.data(), signature.size(), message.data(),
                             message.size()) == 1;
    }
    if (once && EVP_DigestVerifyInit(eddsa.get(), nullptr, nullptr, nullptr, nullptr) != 1) {
      return false;
    }
    return EVP_DigestVerify(eddsa.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
  }
};

OpensslVerifyLoop::OpensslVerifyLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpensslVerifyLoop::OpensslVerifyLoop(OpensslVerifyLoop&&) noexcept = default;
OpensslVerifyLoop::~OpensslVerifyLoop() = default;

Result<OpensslVerifyLoop> OpensslVerifyLoop::make(SignatureAlgorithm algorithm) {
  auto impl = std::make_unique<Impl>();
  const bool ready =
      algorithm == SignatureAlgorithm::es256 ? impl->prepare_p256() : impl->prepare_ed25519();
  if (!ready || !impl->verify_once()) {
    return fail(ErrorKind::internal, "OpenSSL could not make a signature to verify");
  }
  return OpensslVerifyLoop(std::move(impl));
}

bool OpensslVerifyLoop::run(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    if (!impl_->verify_once()) return false;
  }
  return true;
}

}  // namespace backstamp::postal
