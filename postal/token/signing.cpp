#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "postal/keys.h"
#include "postal/token/low_s.h"
#include "postal/token/public_key.h"
#include "postal/token/signing_impl.h"

namespace backstamp::postal {
namespace {

constexpr std::uint64_t kKeyFileBytes = 16 << 10;
constexpr std::string_view kPkcs8Begin = "-----BEGIN PRIVATE KEY-----";

struct FreeOpenssl {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(unsigned char* bytes) const { OPENSSL_free(bytes); }
  void operator()(char* text) const { OPENSSL_free(text); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeOpenssl>;

std::unexpected<Error> internal(std::string_view what) {
  ERR_clear_error();
  return fail(ErrorKind::internal, "OpenSSL: " + std::string(what) + " failed");
}

// A key file never asks a person for a pass phrase.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

std::string_view text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<void> create_file(const std::filesystem::path& path, std::string_view content) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) {
    if (errno == EEXIST) {
      return fail(ErrorKind::refused, path.string() + ": exists already; keys are not overwritten");
    }
    return std::unexpected(system_error("create " + path.string(), errno));
  }
  auto written = write_all(fd.get(), as_bytes(content));
  if (written && ::fsync(fd.get()) != 0) {
    written = std::unexpected(system_error("fsync " + path.string(), errno));
  }
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (written) written = sync_directory(folder);
  if (!written) ::unlink(path.c_str());
  return written;
}

// r and the smaller of s and n − s, from the DER that OpenSSL makes.
Result<std::array<std::uint8_t, 64>> low_s(ByteView der) {
  const unsigned char* from = der.data();
  const Owned<ECDSA_SIG> parsed(d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size())));
  if (parsed == nullptr) return internal("reading a signature");
  std::array<std::uint8_t, 64> signature{};
  if (BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), signature.data(), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), signature.data() + 32, 32) != 32) {
    return internal("reading a signature");
  }
  make_low_s(signature);
  return signature;
}

// A key whose private half lies in this process and, saved, in a file.
struct FileKey : SigningKey::Impl {
  PkeyPointer key;

  Result<std::array<std::uint8_t, 64>> sign(ByteView message) const override;
  Result<void> save(const std::filesystem::path& path) const override;
};

Result<std::array<std::uint8_t, 64>> FileKey::sign(ByteView message) const {
  const bool es256 = algorithm == SignatureAlgorithm::es256;
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::array<std::uint8_t, 80> made{};
  std::size_t size = made.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, es256 ? EVP_sha256() : nullptr, nullptr,
                         key.get()) != 1 ||
      EVP_DigestSign(context.get(), made.data(), &size, message.data(), message.size()) != 1) {
    return internal("signing");
  }
  if (es256) return low_s(ByteView(made).first(size));
  std::array<std::uint8_t, 64> signature{};
  if (size != signature.size()) return internal("signing");
  std::copy_n(made.begin(), signature.size(), signature.begin());
  return signature;
}

Result<void> FileKey::save(const std::filesystem::path& path) const {
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr) != 1) {
    return internal("writing a private key");
  }
  return create_file(path, text_of(bio.get()));
}

Result<std::unique_ptr<FileKey>> make_file_key(PkeyPointer key) {
  auto made = std::make_unique<FileKey>();
  auto public_key = encode_public_key(key.get());
  if (!public_key) return std::unexpected(public_key.error());
  if (auto set = made->set_public_key(*std::move(public_key)); !set) {
    return std::unexpected(set.error());
  }
  made->key = std::move(key);
  return made;
}

}  // namespace

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SignatureAlgorithm SigningKey::algorithm() const {
  return impl_->algorithm;
}
KeyId SigningKey::id() const {
  return impl_->id;
}
Bytes SigningKey::public_key() const {
  return impl_->public_key;
}

Result<SigningKey> SigningKey::generate(SignatureAlgorithm algorithm) {
  PkeyPointer key(algorithm == SignatureAlgorithm::eddsa
                      ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                      : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (key == nullptr) return internal("making a key");
  auto impl = make_file_key(std::move(key));
  if (!impl) return std::unexpected(impl.error());
  return SigningKey(*std::move(impl));
}

Result<SigningKey> SigningKey::from_seed(std::span<const std::uint8_t, 32> seed) {
  PkeyPointer key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (key == nullptr) return internal("making a key from a seed");
  auto impl = make_file_key(std::move(key));
  if (!impl) return std::unexpected(impl.error());
  return SigningKey(*std::move(impl));
}

Result<SigningKey> SigningKey::load(const std::filesystem::path& path) {
  auto content = read_file(path, kKeyFileBytes);
  if (!content) return std::unexpected(content.error());
  PkeyPointer key;
  if (as_text(*content).starts_with(kPkcs8Begin)) {
    const Owned<BIO> bio(BIO_new_mem_buf(content->data(), static_cast<int>(content->size())));
    key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  }
  OPENSSL_cleanse(content->data(), content->size());
  if (key == nullptr) {
    ERR_clear_error();
    return fail(ErrorKind::invalid, path.string() + ": not a private key as PKCS#8 PEM");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    return fail(ErrorKind::refused,
                path.string() + ": a private key that others may open; chmod 600 it");
  }
  auto impl = make_file_key(std::move(key));
  if (!impl) return fail(path.string(), impl.error());
  return SigningKey(*std::move(impl));
}

Result<void> SigningKey::save(const std::filesystem::path& path) const {
  return impl_->save(path);
}

Result<std::array<std::uint8_t, 64>> SigningKey::sign(ByteView message) const {
  return impl_->sign(message);
}

Result<Bytes> load_public_key(const std::filesystem::path& path) {
  const auto content = read_file(path, kKeyFileBytes);
  if (!content) return std::unexpected(content.error());
  const Owned<BIO> bio(BIO_new_mem_buf(content->data(), static_cast<int>(content->size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  const bool read = PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1;
  const Owned<char> owned_name(name);
  const Owned<char> owned_header(header);
  const Owned<unsigned char> owned_data(data);
  if (!read || std::string_view(name) != "PUBLIC KEY" || *header != '\0') {
    ERR_clear_error();
    return fail(ErrorKind::invalid, path.string() + ": not a public key as PEM");
  }
  Bytes public_key(data, data + size);
  const auto parsed = PublicKey::parse(public_key);
  if (!parsed) return fail(path.string(), parsed.error());
  return public_key;
}

Result<void> save_public_key(ByteView public_key, const std::filesystem::path& path) {
  if (const auto parsed = PublicKey::parse(public_key); !parsed) {
    return fail(path.string(), parsed.error());
  }
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio(bio.get(), "PUBLIC KEY", "", public_key.data(),
                                      static_cast<long>(public_key.size())) <= 0) {
    return internal("writing a public key");
  }
  return write_file_durably(path, as_bytes(text_of(bio.get())));
}

}  // namespace backstamp::postal
