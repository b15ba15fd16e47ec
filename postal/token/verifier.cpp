#include <cstring>
#include <unordered_map>

#include "postal/keys.h"
#include "postal/token/public_key.h"

namespace backstamp::postal {
namespace {

struct Entry {
  PublicKey key;
  std::uint32_t issuer;
  std::uint32_t meter;
  std::chrono::sys_days valid_from;
  std::chrono::sys_days valid_until;
  std::optional<std::chrono::sys_days> revoked_from;
};

// A key id is the beginning of a hash already.
struct HashKeyId {
  std::size_t operator()(const KeyId& id) const {
    std::size_t hash = 0;
    static_assert(sizeof hash == sizeof id);
    std::memcpy(&hash, id.data(), sizeof hash);
    return hash;
  }
};

}  // namespace

struct Verifier::Impl {
  std::uint64_t sequence = 0;
  std::unordered_map<KeyId, Entry, HashKeyId> keys;
};

Verifier::Verifier(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;
Verifier::~Verifier() = default;

Result<Verifier> Verifier::make(const KeyBundle& bundle) {
  auto impl = std::make_shared<Impl>();
  impl->sequence = bundle.sequence;
  impl->keys.reserve(bundle.keys.size());
  for (const BundleKey& key : bundle.keys) {
    const KeyId id = public_key_id(key.public_key);
    auto parsed = PublicKey::parse(key.public_key);
    if (!parsed) return fail("key bundle: key " + to_hex(id), parsed.error());
    if (!key.valid_from.ok() || !key.valid_until.ok() ||
        (key.revoked_from && !key.revoked_from->ok())) {
      return fail(ErrorKind::invalid, "key bundle: key " + to_hex(id) + " has an impossible date");
    }
    Entry entry{*std::move(parsed), key.issuer, key.meter, key.valid_from, key.valid_until, {}};
    if (key.revoked_from) entry.revoked_from = *key.revoked_from;
    if (!impl->keys.emplace(id, std::move(entry)).second) {
      return fail(ErrorKind::invalid, "key bundle: key " + to_hex(id) + " is there twice");
    }
  }
  return Verifier(std::move(impl));
}

Verdict Verifier::verify(const SignedToken& token) const {
  const auto found = impl_->keys.find(token.key);
  if (found == impl_->keys.end()) return Verdict::unknown_key;
  const Entry& entry = found->second;
  const TokenIdentity& identity = token.token.identity;
  if (token.algorithm != entry.key.algorithm() || identity.issuer != entry.issuer ||
      identity.meter != entry.meter || !entry.key.verify(token.to_be_signed, token.signature)) {
    return Verdict::forged;
  }
  const std::chrono::sys_days mailed = token.token.mailed;
  if (entry.revoked_from && mailed >= *entry.revoked_from) return Verdict::revoked;
  if (mailed < entry.valid_from) return Verdict::not_yet_valid;
  if (mailed > entry.valid_until) return Verdict::expired;
  return Verdict::genuine;
}

std::uint64_t Verifier::sequence() const {
  return impl_->sequence;
}

}  // namespace backstamp::postal
