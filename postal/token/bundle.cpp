#include <algorithm>

#include "base/limits.h"
#include "postal/keys.h"
#include "postal/token/cbor.h"
#include "postal/token/cose.h"
#include "postal/token/days.h"
#include "postal/token/public_key.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

constexpr std::uint64_t kKeysLimit = 1'000'000;
constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kMost63 = ~std::uint64_t{0} >> 1;
// Map keys of the payload. 1 is a natural number here and an array in a token, so that the one
// is never taken for the other.
constexpr std::uint64_t kSequence = 1;
constexpr std::uint64_t kIssuedAt = 2;
constexpr std::uint64_t kKeys = 3;
constexpr std::uint64_t kKeyFields = 5;  // and a sixth, the day of revocation, where there is one

std::unexpected<Error> refuse(std::string why) {
  return fail(ErrorKind::invalid, "key bundle: " + std::move(why));
}

Result<void> append_key(cbor::Writer& payload, const BundleKey& key) {
  const auto usable = PublicKey::parse(key.public_key);
  if (!usable) return fail("key bundle", usable.error());
  const auto from = to_days(key.valid_from);
  const auto until = to_days(key.valid_until);
  const auto revoked = key.revoked_from ? to_days(*key.revoked_from) : 0;
  if (!from || !until || !revoked) {
    return fail(ErrorKind::limit, "key bundle: a date is not in 1970 to 2149");
  }
  if (*from > *until) return refuse("a key's validity ends before it begins");
  payload.head(Major::array, kKeyFields + (key.revoked_from ? 1 : 0));
  payload.bytes(key.public_key);
  payload.natural(key.issuer);
  payload.natural(key.meter);
  payload.natural(*from);
  payload.natural(*until);
  if (key.revoked_from) payload.natural(*revoked);
  return {};
}

std::optional<BundleKey> read_key(cbor::Reader& reader) {
  const auto fields = reader.head(Major::array);
  if (!fields || (*fields != kKeyFields && *fields != kKeyFields + 1)) return std::nullopt;
  const auto public_key = reader.bytes();
  if (!public_key || !public_key_algorithm(*public_key)) return std::nullopt;
  const auto issuer = reader.natural(kMost32);
  const auto meter = issuer ? reader.natural(kMost32) : std::nullopt;
  const auto from = meter ? reader.natural(kLastDay) : std::nullopt;
  const auto until = from ? reader.natural(kLastDay) : std::nullopt;
  if (!until || *from > *until) return std::nullopt;
  BundleKey key{Bytes(public_key->begin(), public_key->end()),
                static_cast<std::uint32_t>(*issuer),
                static_cast<std::uint32_t>(*meter),
                from_days(*from),
                from_days(*until),
                {}};
  if (*fields == kKeyFields + 1) {
    const auto revoked = reader.natural(kLastDay);
    if (!revoked) return std::nullopt;
    key.revoked_from = from_days(*revoked);
  }
  return key;
}

Result<KeyBundle> decode(ByteView payload) {
  cbor::Reader reader(payload);
  KeyBundle bundle;
  if (!reader.expect(Major::map, 3) || !reader.expect(Major::natural, kSequence)) {
    return refuse("not a bundle");
  }
  const auto sequence = reader.natural(~std::uint64_t{0});
  if (!sequence || !reader.expect(Major::natural, kIssuedAt)) return refuse("no sequence number");
  const auto issued_at = reader.natural(kMost63);
  if (!issued_at || !reader.expect(Major::natural, kKeys)) return refuse("no time of issue");
  const auto count = reader.head(Major::array);
  if (!count) return refuse("no list of keys");
  if (*count > kKeysLimit) return fail(ErrorKind::limit, "key bundle: over 1000000 keys");
  bundle.sequence = *sequence;
  bundle.issued_at = UtcTime(std::chrono::microseconds(*issued_at));
  for (std::uint64_t i = 0; i < *count; ++i) {  // nothing is reserved: the count may lie
    auto key = read_key(reader);
    if (!key) return refuse("entry " + std::to_string(i + 1) + " is malformed");
    if (i > 0 && bundle.keys.back().public_key >= key->public_key) {
      return refuse("entry " + std::to_string(i + 1) + " is out of order or there twice");
    }
    bundle.keys.push_back(*std::move(key));
  }
  if (!reader.at_end()) return refuse("bytes are left over");
  return bundle;
}

}  // namespace

Result<Bytes> sign_bundle(const KeyBundle& bundle, const SigningKey& root) {
  if (bundle.keys.size() > kKeysLimit) {
    return fail(ErrorKind::limit, "key bundle: over 1000000 keys");
  }
  const auto issued_at = bundle.issued_at.time_since_epoch().count();
  if (issued_at < 0) return fail(ErrorKind::limit, "key bundle: issued before 1970");
  std::vector<const BundleKey*> order;
  for (const BundleKey& key : bundle.keys) order.push_back(&key);
  std::sort(order.begin(), order.end(), [](const BundleKey* a, const BundleKey* b) {
    return as_text(a->public_key) < as_text(b->public_key);  // g++ 14 warns of comparing vectors
  });
  cbor::Writer payload;
  payload.head(Major::map, 3);
  payload.natural(kSequence);
  payload.natural(bundle.sequence);
  payload.natural(kIssuedAt);
  payload.natural(static_cast<std::uint64_t>(issued_at));
  payload.natural(kKeys);
  payload.head(Major::array, order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i - 1]->public_key == order[i]->public_key) {
      return refuse("a key is there twice");
    }
    if (const auto appended = append_key(payload, *order[i]); !appended) {
      return std::unexpected(appended.error());
    }
  }
  auto file = make_sign1(payload.take(), root);
  if (file && file->size() > limits::kKeyBundleBytes) {
    return fail(ErrorKind::limit, "key bundle: over 16 MiB");
  }
  return file;
}

Result<KeyBundle> open_bundle(ByteView file, ByteView root_public_key) {
  if (file.size() > limits::kKeyBundleBytes) {
    return fail(ErrorKind::limit, "key bundle: over 16 MiB");
  }
  const auto root = PublicKey::parse(root_public_key);
  if (!root) return fail("root key", root.error());
  const auto message = parse_sign1(file);
  if (!message) return refuse("not a COSE_Sign1 in our deterministic form");
  if (message->key != public_key_id(root_public_key)) {
    return fail(ErrorKind::refused, "key bundle: signed by " + to_hex(message->key) +
                                        ", not by the root key " +
                                        to_hex(public_key_id(root_public_key)));
  }
  // The signature first: nothing inside is believed, or even looked at, without it.
  if (message->algorithm != root->algorithm() ||
      !root->verify(to_be_signed(message->protected_item, message->payload_item),
                    message->signature)) {
    return fail(ErrorKind::refused, "key bundle: the signature is not that of the root key");
  }
  return decode(message->payload);
}

}  // namespace backstamp::postal
