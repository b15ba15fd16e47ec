// Deltas: a list is built anew from the one that is held, and its signature tells whether it is
// what the issuer signed. So nobody has to sign a delta, and any two bundles have one.
#include <algorithm>

#include "base/limits.h"
#include "postal/token/statement.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kChangeFields = 9;

std::unexpected<Error> refuse_delta(std::string why) {
  return fail(ErrorKind::invalid, "delta of keys: " + std::move(why));
}

/// What becomes of one issuer's list.
struct Change {
  std::uint32_t issuer = 0;
  std::uint64_t base = 0;  ///< sequence of the list it is for; 0: none is held
  std::uint64_t sequence = 0;
  UtcTime issued_at{};
  std::vector<Bytes> time_keys;
  std::vector<KeyId> removed;  ///< in ascending order
  std::vector<BundleKey> put;  ///< in ascending order of public keys
  ByteView protected_header;   ///< of the new list's message
  std::array<std::uint8_t, 64> signature{};
};

bool same(const BundleKey& a, const BundleKey& b) {
  return a.public_key == b.public_key && a.issuer == b.issuer && a.meter == b.meter &&
         a.valid_from == b.valid_from && a.valid_until == b.valid_until &&
         a.revoked_from == b.revoked_from;
}

bool key_before(const BundleKey& a, const BundleKey& b) {
  return comes_before(a.public_key, b.public_key);
}

const SignedBundle::List* list_of(const SignedBundle& bundle, std::uint32_t issuer) {
  for (const auto& part : bundle.lists) {
    if (part.list.issuer == issuer) return &part;
  }
  return nullptr;
}

Change change_between(const SignedBundle::List* from, const SignedBundle::List& to) {
  Change change;
  change.issuer = to.list.issuer;
  change.base = from == nullptr ? 0 : from->list.sequence;
  change.sequence = to.list.sequence;
  change.issued_at = to.list.issued_at;
  change.time_keys = to.list.time_keys;
  static const std::vector<BundleKey> kNone;
  const auto& before = from == nullptr ? kNone : from->list.keys;
  auto old = before.begin();
  for (const BundleKey& key : to.list.keys) {
    for (; old != before.end() && key_before(*old, key); ++old) {
      change.removed.push_back(public_key_id(old->public_key));
    }
    const bool there = old != before.end() && old->public_key == key.public_key;
    if (!there || !same(*old, key)) change.put.push_back(key);
    if (there) ++old;
  }
  for (; old != before.end(); ++old) change.removed.push_back(public_key_id(old->public_key));
  std::sort(change.removed.begin(), change.removed.end());
  return change;
}

Result<void> append_change(cbor::Writer& writer, const Change& change, ByteView item) {
  const auto message = parse_sign1(item);
  if (!message) return refuse_delta("a list that was not opened");
  cbor::Reader header(message->protected_item);
  writer.head(Major::array, kChangeFields);
  writer.natural(change.issuer);
  writer.natural(change.base);
  writer.natural(change.sequence);
  writer.natural(static_cast<std::uint64_t>(change.issued_at.time_since_epoch().count()));
  if (auto appended = append_time_keys(writer, change.time_keys); !appended) return appended;
  writer.head(Major::array, change.removed.size());
  for (const KeyId& id : change.removed) writer.bytes(id);
  writer.head(Major::array, change.put.size());
  for (const BundleKey& key : change.put) {
    if (auto appended = append_key(writer, key); !appended) return appended;
  }
  writer.bytes(header.bytes().value_or(ByteView()));
  writer.bytes(message->signature);
  return {};
}

bool read_removed(cbor::Reader& reader, Change& change) {
  const auto count = reader.head(Major::array);
  if (!count || *count > kKeysLimit) return false;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto id = reader.bytes();
    KeyId key{};
    if (!id || id->size() != key.size()) return false;
    std::copy(id->begin(), id->end(), key.begin());
    if (i > 0 && !(change.removed.back() < key)) return false;
    change.removed.push_back(key);
  }
  return true;
}

bool read_put(cbor::Reader& reader, Change& change) {
  const auto count = reader.head(Major::array);
  if (!count || *count > kKeysLimit) return false;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto key = read_key(reader, change.issuer);
    if (!key || (i > 0 && !key_before(change.put.back(), *key))) return false;
    change.put.push_back(*std::move(key));
  }
  return true;
}

std::optional<Change> read_change(cbor::Reader& reader) {
  if (!reader.expect(Major::array, kChangeFields)) return std::nullopt;
  Change change;
  const auto issuer = reader.natural(kMost32);
  const auto base = issuer ? reader.natural(kLargestSequence) : std::nullopt;
  const auto sequence = base ? reader.natural(kLargestSequence) : std::nullopt;
  const auto issued_at = sequence ? read_time(reader) : std::nullopt;
  auto time_keys = issued_at ? read_time_keys(reader) : std::nullopt;
  if (!time_keys) return std::nullopt;
  change.issuer = static_cast<std::uint32_t>(*issuer);
  change.base = *base;
  change.sequence = *sequence;
  change.issued_at = *issued_at;
  change.time_keys = *std::move(time_keys);
  if (!read_removed(reader, change) || !read_put(reader, change)) return std::nullopt;
  const auto header = reader.bytes();
  const auto signature = header ? reader.bytes() : std::nullopt;
  if (!signature || signature->size() != change.signature.size()) return std::nullopt;
  change.protected_header = *header;
  std::copy(signature->begin(), signature->end(), change.signature.begin());
  return change;
}

/// The keys of `held` without those that went, and with those that came or changed. A change that
/// changes nothing is refused: each delta has one form.
Result<std::vector<BundleKey>> changed_keys(const std::vector<BundleKey>& held,
                                            const Change& change) {
  std::vector<BundleKey> keys;
  std::size_t removed = 0;
  auto put = change.put.begin();
  for (const BundleKey& key : held) {
    for (; put != change.put.end() && key_before(*put, key); ++put) keys.push_back(*put);
    const bool replaced = put != change.put.end() && put->public_key == key.public_key;
    if (replaced) {
      if (same(*put, key)) return refuse_delta("it puts a key that is there already");
      keys.push_back(*put++);
    } else if (std::binary_search(change.removed.begin(), change.removed.end(),
                                  public_key_id(key.public_key))) {
      ++removed;
    } else {
      keys.push_back(key);
    }
  }
  keys.insert(keys.end(), put, change.put.end());
  if (removed != change.removed.size()) return refuse_delta("it removes a key that is not there");
  return keys;
}

/// The signed list as it was before it was taken apart.
Result<Bytes> rebuild(const SignedBundle::List* held, const Change& change) {
  const std::uint64_t base = held == nullptr ? 0 : held->list.sequence;
  if (base != change.base) {
    return fail(ErrorKind::refused, "delta of keys: for list " + std::to_string(change.base) +
                                        " of issuer " + std::to_string(change.issuer) + ", and " +
                                        std::to_string(base) + " is held");
  }
  if (change.sequence <= base) return refuse_delta("it changes nothing of a list");
  static const std::vector<BundleKey> kNone;
  auto keys = changed_keys(held == nullptr ? kNone : held->list.keys, change);
  if (!keys) return std::unexpected(keys.error());
  const auto payload = encode_key_list(
      {change.issuer, change.sequence, change.issued_at, change.time_keys, *std::move(keys)});
  if (!payload) return std::unexpected(payload.error());
  cbor::Writer header;
  header.bytes(change.protected_header);
  return join_sign1(header.take(), *payload, change.signature);
}

}  // namespace

bool looks_like_delta(ByteView file) {
  cbor::Reader reader(file);
  return read_statement(reader, StatementKind::delta, 3);
}

bool looks_like_bundle(ByteView file) {
  cbor::Reader reader(file);
  return read_statement(reader, StatementKind::bundle, 2);
}

Result<Bytes> make_delta(const SignedBundle& from, const SignedBundle& to) {
  const auto newer = is_newer(from, to);
  if (!newer) return std::unexpected(newer.error());
  std::vector<const SignedBundle::List*> changed;
  for (const auto& part : to.lists) {
    const auto* old = list_of(from, part.list.issuer);
    if (old == nullptr || old->item != part.item) changed.push_back(&part);
  }
  cbor::Writer writer;
  begin_statement(writer, StatementKind::delta, 3);
  writer.natural(from.sequence());
  writer.bytes(from.issuers_item == to.issuers_item ? ByteView() : ByteView(to.issuers_item));
  writer.head(Major::array, changed.size());
  for (const auto* part : changed) {
    const Change change = change_between(list_of(from, part->list.issuer), *part);
    if (auto appended = append_change(writer, change, part->item); !appended) {
      return std::unexpected(appended.error());
    }
  }
  return writer.take();
}

Result<SignedBundle> apply_delta(const SignedBundle& held, ByteView delta,
                                 ByteView root_public_key) {
  if (delta.size() > limits::kKeyBundleBytes) {
    return fail(ErrorKind::limit, "delta of keys: over 16 MiB");
  }
  cbor::Reader reader(delta);
  if (!read_statement(reader, StatementKind::delta, 3)) return refuse_delta("not a delta");
  const auto base = reader.natural(~std::uint64_t{0});
  if (!base) return refuse_delta("no sequence number");
  if (*base != held.sequence()) {
    return fail(ErrorKind::refused, "delta of keys: for bundle " + std::to_string(*base) +
                                        ", and " + std::to_string(held.sequence()) + " is held");
  }
  const auto issuers = reader.bytes();
  const auto count = issuers ? reader.head(Major::array) : std::nullopt;
  if (!count || *count > kIssuersLimit) return refuse_delta("no list of changes");
  if (std::ranges::equal(*issuers, held.issuers_item)) {
    return refuse_delta("it brings the statement that is held");
  }
  std::vector<Bytes> items;
  std::vector<std::uint32_t> touched;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto change = read_change(reader);
    if (!change || (i > 0 && touched.back() >= change->issuer)) {
      return refuse_delta("change " + std::to_string(i + 1) + " is malformed or out of order");
    }
    touched.push_back(change->issuer);
    auto item = rebuild(list_of(held, change->issuer), *change);
    if (!item) return std::unexpected(item.error());
    items.push_back(*std::move(item));
  }
  if (!reader.at_end()) return refuse_delta("bytes are left over");
  for (const auto& part : held.lists) {
    if (!std::binary_search(touched.begin(), touched.end(), part.list.issuer)) {
      items.push_back(part.item);
    }
  }
  auto bundle = make_bundle(issuers->empty() ? ByteView(held.issuers_item) : *issuers, items,
                            root_public_key);
  if (!bundle) return bundle;
  const auto newer = is_newer(held, *bundle);
  if (!newer) return std::unexpected(newer.error());
  if (!*newer) return refuse_delta("it changes nothing");
  return bundle;
}

}  // namespace backstamp::postal
