#include "base/certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/file.h"

namespace backstamp {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(GENERAL_NAME* name) const { GENERAL_NAME_free(name); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

constexpr long kSecondsBeforeNow = 3600;  // clocks differ

bool is_dns_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_';
  });
}

/// An entry of subjectAltName (RFC 5280 section 4.2.1.6): an address if it is one, else a name.
std::unique_ptr<GENERAL_NAME, Free> general_name(const std::string& name) {
  std::unique_ptr<GENERAL_NAME, Free> entry(GENERAL_NAME_new());
  if (!entry) return nullptr;
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str())) {
    GENERAL_NAME_set0_value(entry.get(), GEN_IPADD, address);
    return entry;
  }
  if (!is_dns_name(name)) return nullptr;
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  if (text == nullptr || ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) != 1) {
    ASN1_IA5STRING_free(text);
    return nullptr;
  }
  GENERAL_NAME_set0_value(entry.get(), GEN_DNS, text);
  return entry;
}

bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// What every certificate has but its extensions and its signature.
Certificate begin(const std::string& subject, EVP_PKEY* key, int valid_days) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (!certificate || RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive, 16 bytes
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  const bool numbered =
      number != nullptr &&
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get())) != nullptr;
  BN_free(number);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(subject.data());
  const bool sound =
      numbered && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kSecondsBeforeNow) != nullptr &&
      X509_time_adj_ex(X509_getm_notAfter(certificate.get()), valid_days, 0, nullptr) != nullptr &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, static_cast<int>(subject.size()),
                                 -1, 0) == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1;
  if (!sound) return nullptr;
  return certificate;
}

Certificate make_authority(EVP_PKEY* key, int valid_days) {
  Certificate authority = begin("Backstamp authority", key, valid_days);
  if (!authority) return nullptr;
  X509* self = authority.get();
  const bool made = X509_set_issuer_name(self, X509_get_subject_name(self)) == 1 &&
                    extend(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    extend(self, self, NID_subject_key_identifier, "hash") &&
                    X509_sign(self, key, EVP_sha256()) > 0;
  if (!made) return nullptr;
  return authority;
}

Certificate make_server(EVP_PKEY* key, X509* authority, EVP_PKEY* authority_key,
                        GENERAL_NAMES* names, int valid_days) {
  Certificate server = begin("Backstamp server", key, valid_days);
  if (!server) return nullptr;
  X509* self = server.get();
  const bool made =
      X509_set_issuer_name(self, X509_get_subject_name(authority)) == 1 &&
      extend(self, authority, NID_basic_constraints, "critical,CA:FALSE") &&
      extend(self, authority, NID_key_usage, "critical,digitalSignature") &&
      extend(self, authority, NID_ext_key_usage, "serverAuth") &&
      extend(self, authority, NID_subject_key_identifier, "hash") &&
      extend(self, authority, NID_authority_key_identifier, "keyid:always") &&
      X509_add1_ext_i2d(self, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
      X509_sign(self, authority_key, EVP_sha256()) > 0;
  if (!made) return nullptr;
  return server;
}

/// What `write` puts into a memory file.
template <typename Write>
Bytes pem(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  char* data = nullptr;
  if (!bio || write(bio.get()) != 1) return {};
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, data + size};
}

Bytes pem_of(X509* certificate) {
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

Result<void> make_server_certificate(const std::filesystem::path& folder,
                                     const std::vector<std::string>& names, int valid_days) {
  if (names.empty() || valid_days < 1 || valid_days > 36500) {
    return fail(ErrorKind::invalid, "a server certificate wants a name and 1 to 36500 days");
  }
  const std::filesystem::path key_path = folder / "server.key";
  std::error_code ignored;
  if (std::filesystem::exists(key_path, ignored)) {
    return fail(ErrorKind::refused, key_path.string() + ": is there already; move it away first");
  }
  const std::unique_ptr<GENERAL_NAMES, Free> alternatives(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    auto entry = general_name(name);
    if (!entry) return fail(ErrorKind::invalid, "\"" + name + "\": not a host name or address");
    if (!alternatives || sk_GENERAL_NAME_push(alternatives.get(), entry.get()) <= 0) {
      return fail(ErrorKind::internal, "OpenSSL: no room for a name");
    }
    entry.release();
  }
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key key(EVP_EC_gen("P-256"));
  if (!authority_key || !key) return fail(ErrorKind::internal, "OpenSSL: no P-256 key");
  const Certificate authority = make_authority(authority_key.get(), valid_days);
  if (!authority) return fail(ErrorKind::internal, "OpenSSL: no authority certificate");
  const Certificate server =
      make_server(key.get(), authority.get(), authority_key.get(), alternatives.get(), valid_days);
  if (!server) return fail(ErrorKind::internal, "OpenSSL: no server certificate");

  const Bytes key_pem = pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const Bytes authority_pem = pem_of(authority.get());
  const Bytes server_pem = pem_of(server.get());
  if (key_pem.empty() || authority_pem.empty() || server_pem.empty()) {
    return fail(ErrorKind::internal, "OpenSSL: no PEM");
  }
  // The key last: where it is, the others are.
  auto written = write_file_durably(folder / "authority.pem", authority_pem);
  if (written) written = write_file_durably(folder / "server.pem", server_pem);
  if (written) written = write_file_durably(key_path, key_pem, 0600);
  return written;
}

}  // namespace backstamp
