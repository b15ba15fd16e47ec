#include "postal/hsm.h"

#include <algorithm>

#include "postal/token/hsm_object.h"
#include "postal/token/low_s.h"
#include "postal/token/mac_impl.h"
#include "postal/token/public_key.h"
#include "postal/token/signing_impl.h"

namespace backstamp::postal {
namespace {

// The names of the curves as DER: 1.2.840.10045.3.1.7 (RFC 5480) and 1.3.101.112 (RFC 8410).
constexpr std::uint8_t kP256Name[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::uint8_t kEd25519Name[] = {0x06, 0x03, 0x2B, 0x65, 0x70};
constexpr std::size_t kLabelBytes = 200;
constexpr std::size_t kDataBytes = 4096;
constexpr CK_OBJECT_CLASS kClasses[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKO_DATA};

struct HsmSigningKey : SigningKey::Impl {
  HsmObject object;

  HsmSigningKey(std::shared_ptr<HsmConnection> connection, const std::string& label)
      : object(std::move(connection), CKO_PRIVATE_KEY, label) {}

  Result<std::array<std::uint8_t, 64>> sign(ByteView message) const override {
    std::array<std::uint8_t, 64> signature{};
    if (algorithm == SignatureAlgorithm::eddsa) {
      auto done = object.sign(CKM_EDDSA, message, signature.data(), signature.size());
      if (!done) return std::unexpected(done.error());
      return signature;
    }
    const Sha256 digest = sha256(message);
    auto done = object.sign(CKM_ECDSA, digest, signature.data(), signature.size());
    if (!done) return std::unexpected(done.error());
    make_low_s(signature);
    return signature;
  }
  Result<void> save(const std::filesystem::path& path) const override {
    return fail(ErrorKind::refused, path.string() + ": the key of an HSM does not leave it");
  }
};

struct HsmMacKey : MacKey::Impl {
  HsmObject object;

  HsmMacKey(std::shared_ptr<HsmConnection> connection, const std::string& label)
      : object(std::move(connection), CKO_SECRET_KEY, label) {}

  Result<Sha256> mac(ByteView message) const override {
    Sha256 made{};
    auto done = object.sign(CKM_SHA256_HMAC, message, made.data(), made.size());
    if (!done) return std::unexpected(done.error());
    return made;
  }
};

/// A template whose values live as long as it does.
class Template {
 public:
  Template& flag(CK_ATTRIBUTE_TYPE type, bool value) {
    attributes_.push_back({type, value ? &yes_ : &no_, sizeof(CK_BBOOL)});
    return *this;
  }
  /// `value` is borrowed.
  Template& number(CK_ATTRIBUTE_TYPE type, const CK_ULONG& value) {
    attributes_.push_back({type, const_cast<CK_ULONG*>(&value), sizeof value});
    return *this;
  }
  Template& bytes(CK_ATTRIBUTE_TYPE type, ByteView value) {
    attributes_.push_back(
        {type, const_cast<std::uint8_t*>(value.data()), static_cast<CK_ULONG>(value.size())});
    return *this;
  }
  Template& labelled(const std::string& label) {
    flag(CKA_TOKEN, true);
    return bytes(CKA_LABEL, as_bytes(label)).bytes(CKA_ID, as_bytes(label));
  }
  CK_ATTRIBUTE* data() { return attributes_.data(); }
  CK_ULONG size() const { return static_cast<CK_ULONG>(attributes_.size()); }

 private:
  CK_BBOOL yes_ = CK_TRUE;
  CK_BBOOL no_ = CK_FALSE;
  std::vector<CK_ATTRIBUTE> attributes_;
};

/// Sensitive and never extractable, as the token itself says.
CK_RV stays_inside(const HsmSession& in, CK_OBJECT_HANDLE key, bool& inside) {
  CK_BBOOL sensitive = CK_FALSE;
  CK_BBOOL extractable = CK_TRUE;
  CK_ATTRIBUTE asked[] = {{CKA_SENSITIVE, &sensitive, sizeof sensitive},
                          {CKA_EXTRACTABLE, &extractable, sizeof extractable}};
  const CK_RV answer = in.calls.C_GetAttributeValue(in.session, key, asked, 2);
  inside = answer == CKR_OK && sensitive == CK_TRUE && extractable == CK_FALSE;
  return answer;
}

/// The point of a public key, out of the OCTET STRING that most tokens put around it.
CK_RV read_point(const HsmSession& in, CK_OBJECT_HANDLE key, SignatureAlgorithm& algorithm,
                 Bytes& point) {
  std::uint8_t content[128];
  CK_KEY_TYPE type = 0;
  CK_ATTRIBUTE asked[] = {{CKA_KEY_TYPE, &type, sizeof type},
                          {CKA_EC_POINT, content, sizeof content}};
  const CK_RV answer = in.calls.C_GetAttributeValue(in.session, key, asked, 2);
  if (answer != CKR_OK || asked[1].ulValueLen > sizeof content) return answer;
  algorithm = type == CKK_EC_EDWARDS ? SignatureAlgorithm::eddsa : SignatureAlgorithm::es256;
  const std::size_t size = algorithm == SignatureAlgorithm::eddsa ? 32 : 65;
  ByteView value(content, asked[1].ulValueLen);
  if (value.size() == size + 2 && value[0] == 0x04 && value[1] == size) value = value.subspan(2);
  point.assign(value.begin(), value.end());
  return CKR_OK;
}

Result<void> check_label(const std::string& label) {
  if (!label.empty() && label.size() <= kLabelBytes) return {};
  return fail(ErrorKind::invalid, "HSM: a label has 1 to 200 characters");
}

std::unexpected<Error> taken(const std::string& label) {
  return fail(ErrorKind::refused, "HSM: the token has something by the name \"" + label + "\"");
}

std::unexpected<Error> leaves(const std::string& label) {
  return fail(ErrorKind::refused, "HSM: the token would give key \"" + label + "\" away");
}

std::unexpected<Error> missing(const std::string& label) {
  return fail(ErrorKind::not_found, "HSM: no \"" + label + "\" in the token");
}

}  // namespace

Hsm::Hsm(std::shared_ptr<HsmConnection> connection) : connection_(std::move(connection)) {}

Result<Hsm> Hsm::open(const HsmConfig& config) {
  auto connection = HsmConnection::open(config);
  if (!connection) return std::unexpected(connection.error());
  return Hsm(*std::move(connection));
}

bool Hsm::supports(SignatureAlgorithm algorithm) const {
  bool supported = false;
  const auto asked = connection_->run("C_GetMechanismInfo", [&](const HsmSession& in) -> CK_RV {
    CK_MECHANISM_INFO info{};
    const CK_RV answer = in.calls.C_GetMechanismInfo(
        connection_->slot(), algorithm == SignatureAlgorithm::es256 ? CKM_ECDSA : CKM_EDDSA, &info);
    supported = answer == CKR_OK && (info.flags & CKF_SIGN) != 0;
    return answer == CKR_MECHANISM_INVALID ? CKR_OK : answer;
  });
  return asked.has_value() && supported;
}

Result<SigningKey> Hsm::generate(SignatureAlgorithm algorithm, const std::string& label) const {
  if (auto ok = check_label(label); !ok) return std::unexpected(ok.error());
  const bool es256 = algorithm == SignatureAlgorithm::es256;
  enum class Outcome { made, label_taken, not_inside, cannot } outcome = Outcome::made;
  auto done = connection_->run("C_GenerateKeyPair", [&](const HsmSession& in) -> CK_RV {
    if (!connection_->find(CKO_PRIVATE_KEY, label).empty()) {
      outcome = Outcome::label_taken;
      return CKR_OK;
    }
    // A making that was cut short leaves the public half alone: nothing was ever signed with it.
    for (const CK_OBJECT_HANDLE stray : connection_->find(CKO_PUBLIC_KEY, label)) {
      const CK_RV gone = in.calls.C_DestroyObject(in.session, stray);
      if (gone != CKR_OK) return gone;
      connection_->forget(CKO_PUBLIC_KEY, label, stray);
    }
    Template open;
    open.labelled(label).flag(CKA_PRIVATE, false).flag(CKA_VERIFY, true);
    open.bytes(CKA_EC_PARAMS, es256 ? ByteView(kP256Name) : ByteView(kEd25519Name));
    Template closed;
    closed.labelled(label).flag(CKA_PRIVATE, true).flag(CKA_SIGN, true);
    closed.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false).flag(CKA_COPYABLE, false);
    CK_MECHANISM how{es256 ? CKM_EC_KEY_PAIR_GEN : CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE public_half = 0;
    CK_OBJECT_HANDLE private_half = 0;
    CK_RV answer =
        in.calls.C_GenerateKeyPair(in.session, &how, open.data(), open.size(), closed.data(),
                                   closed.size(), &public_half, &private_half);
    if (answer == CKR_MECHANISM_INVALID) {
      outcome = Outcome::cannot;
      return CKR_OK;
    }
    if (answer != CKR_OK) return answer;
    bool inside = false;
    answer = stays_inside(in, private_half, inside);
    if (!inside) {
      in.calls.C_DestroyObject(in.session, private_half);
      in.calls.C_DestroyObject(in.session, public_half);
      outcome = Outcome::not_inside;
      return answer;
    }
    connection_->remember(CKO_PUBLIC_KEY, label, public_half);
    connection_->remember(CKO_PRIVATE_KEY, label, private_half);
    return CKR_OK;
  });
  if (!done) return std::unexpected(done.error());
  if (outcome == Outcome::label_taken) return taken(label);
  if (outcome == Outcome::not_inside) return leaves(label);
  if (outcome == Outcome::cannot) {
    return fail(ErrorKind::invalid, "HSM: it cannot do this algorithm");
  }
  return key(label);
}

Result<SigningKey> Hsm::key(const std::string& label) const {
  bool found = false;
  bool inside = false;
  auto algorithm = SignatureAlgorithm::es256;
  Bytes point;
  auto done = connection_->run("reading a key", [&](const HsmSession& in) -> CK_RV {
    if (connection_->find(CKO_PRIVATE_KEY, label).empty()) {
      if (const CK_RV answer = connection_->look_again(in); answer != CKR_OK) return answer;
    }
    const auto private_half = connection_->find(CKO_PRIVATE_KEY, label);
    const auto public_half = connection_->find(CKO_PUBLIC_KEY, label);
    found = private_half.size() == 1 && public_half.size() == 1;
    if (!found) return CKR_OK;
    const CK_RV answer = stays_inside(in, private_half.front(), inside);
    if (answer != CKR_OK || !inside) return answer;
    return read_point(in, public_half.front(), algorithm, point);
  });
  if (!done) return std::unexpected(done.error());
  if (!found) return missing(label);
  if (!inside) return leaves(label);
  auto public_key = encode_public_point(algorithm, point);
  if (!public_key) return std::unexpected(public_key.error());
  auto impl = std::make_unique<HsmSigningKey>(connection_, label);
  if (auto set = impl->set_public_key(*std::move(public_key)); !set) {
    return std::unexpected(set.error());
  }
  return SigningKey(std::move(impl));
}

Result<MacKey> Hsm::generate_mac(const std::string& label) const {
  if (auto ok = check_label(label); !ok) return std::unexpected(ok.error());
  bool label_taken = false;
  auto done = connection_->run("C_GenerateKey", [&](const HsmSession& in) -> CK_RV {
    label_taken = !connection_->find(CKO_SECRET_KEY, label).empty();
    if (label_taken) return CKR_OK;
    const CK_ULONG size = 32;
    Template closed;
    closed.labelled(label).flag(CKA_PRIVATE, true).flag(CKA_SIGN, true).flag(CKA_VERIFY, true);
    closed.flag(CKA_SENSITIVE, true).flag(CKA_EXTRACTABLE, false).flag(CKA_COPYABLE, false);
    closed.number(CKA_VALUE_LEN, size);
    CK_MECHANISM how{CKM_GENERIC_SECRET_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE made = 0;
    const CK_RV answer =
        in.calls.C_GenerateKey(in.session, &how, closed.data(), closed.size(), &made);
    if (answer == CKR_OK) connection_->remember(CKO_SECRET_KEY, label, made);
    return answer;
  });
  if (!done) return std::unexpected(done.error());
  if (label_taken) return taken(label);
  return mac_key(label);
}

Result<MacKey> Hsm::mac_key(const std::string& label) const {
  bool found = false;
  bool inside = false;
  auto done = connection_->run("reading a key", [&](const HsmSession& in) -> CK_RV {
    if (connection_->find(CKO_SECRET_KEY, label).empty()) {
      if (const CK_RV answer = connection_->look_again(in); answer != CKR_OK) return answer;
    }
    const auto handles = connection_->find(CKO_SECRET_KEY, label);
    found = handles.size() == 1;
    return found ? stays_inside(in, handles.front(), inside) : CKR_OK;
  });
  if (!done) return std::unexpected(done.error());
  if (!found) return missing(label);
  if (!inside) return leaves(label);
  return MacKey(std::make_unique<HsmMacKey>(connection_, label));
}

Result<void> Hsm::destroy(const std::string& label) const {
  bool found = false;
  auto done = connection_->run("C_DestroyObject", [&](const HsmSession& in) -> CK_RV {
    for (const CK_OBJECT_CLASS object_class : kClasses) {
      for (const CK_OBJECT_HANDLE handle : connection_->find(object_class, label)) {
        found = true;
        const CK_RV answer = in.calls.C_DestroyObject(in.session, handle);
        if (answer != CKR_OK) return answer;
        connection_->forget(object_class, label, handle);
      }
    }
    return CKR_OK;
  });
  if (done && !found) return missing(label);
  return done;
}

Result<void> Hsm::put(const std::string& label, ByteView content) const {
  if (auto ok = check_label(label); !ok) return ok;
  if (content.size() > kDataBytes) return fail(ErrorKind::limit, "HSM: at most 4096 bytes of data");
  return connection_->run("C_CreateObject", [&](const HsmSession& in) -> CK_RV {
    const auto old = connection_->find(CKO_DATA, label);
    const CK_ULONG object_class = CKO_DATA;
    Template data;
    data.number(CKA_CLASS, object_class).flag(CKA_TOKEN, true).flag(CKA_PRIVATE, true);
    data.bytes(CKA_LABEL, as_bytes(label)).bytes(CKA_APPLICATION, as_bytes("backstamp"));
    data.bytes(CKA_VALUE, content);
    CK_OBJECT_HANDLE made = 0;
    CK_RV answer = in.calls.C_CreateObject(in.session, data.data(), data.size(), &made);
    if (answer != CKR_OK) return answer;
    connection_->remember(CKO_DATA, label, made);
    for (const CK_OBJECT_HANDLE handle : old) {
      answer = in.calls.C_DestroyObject(in.session, handle);
      if (answer != CKR_OK) return answer;
      connection_->forget(CKO_DATA, label, handle);
    }
    return CKR_OK;
  });
}

Result<std::vector<Bytes>> Hsm::get(const std::string& label) const {
  std::vector<Bytes> contents;
  auto done = connection_->run("reading data", [&](const HsmSession& in) -> CK_RV {
    for (const CK_OBJECT_HANDLE handle : connection_->find(CKO_DATA, label)) {
      Bytes content(kDataBytes);
      CK_ATTRIBUTE asked[] = {{CKA_VALUE, content.data(), kDataBytes}};
      const CK_RV answer = in.calls.C_GetAttributeValue(in.session, handle, asked, 1);
      if (says_gone(answer)) return answer;
      if (answer != CKR_OK) continue;  // an interrupted put() may leave one without its value
      content.resize(std::min<std::size_t>(asked[0].ulValueLen, kDataBytes));
      contents.push_back(std::move(content));
    }
    return CKR_OK;
  });
  if (!done) return std::unexpected(done.error());
  return contents;
}

}  // namespace backstamp::postal
