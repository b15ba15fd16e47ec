#include <algorithm>
#include <unordered_set>

#include "base/limits.h"
#include "postal/token/statement.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

/// The key of the statement that signed this list.
const IssuerKey* signer_of(const SignedBundle& bundle, const SignedBundle::List& part) {
  const auto envelope = parse_sign1(part.item);
  for (const IssuerKey& key : bundle.issuers.issuers) {
    if (envelope && public_key_id(key.public_key) == envelope->key) return &key;
  }
  return nullptr;
}

/// Key ids are what tokens name: each must mean one key of one issuer.
Result<void> check_key_ids(const SignedBundle& bundle) {
  std::unordered_set<std::uint64_t> seen;
  for (const auto& part : bundle.lists) {
    for (const BundleKey& key : part.list.keys) {
      std::uint64_t number = 0;
      for (const std::uint8_t byte : public_key_id(key.public_key)) number = number << 8 | byte;
      if (!seen.insert(number).second) {
        return refuse_bundle("two keys have the id " + to_hex(public_key_id(key.public_key)));
      }
    }
  }
  return {};
}

std::unexpected<Error> goes_back(const std::string& what, std::uint64_t offered,
                                 std::uint64_t held) {
  return fail(ErrorKind::refused, "key bundle: " + what + " has sequence " +
                                      std::to_string(offered) + ", and " + std::to_string(held) +
                                      " is held");
}

/// Is a part newer (true) or the same (false)? `name` is what to call it.
Result<bool> compare(const std::string& name, std::uint64_t held, UtcTime held_at,
                     const Bytes& held_item, std::uint64_t offered, UtcTime offered_at,
                     const Bytes& offered_item) {
  if (offered < held) return goes_back(name, offered, held);
  if (offered == held) {
    if (held_item == offered_item) return false;
    return fail(ErrorKind::refused, "key bundle: another content of " + name + " with sequence " +
                                        std::to_string(held) + " is held");
  }
  if (offered_at >= held_at) return true;
  return fail(ErrorKind::refused, "key bundle: " + name + " is issued before the one that is held");
}

}  // namespace

std::uint64_t SignedBundle::sequence() const {
  std::uint64_t sum = issuers.sequence;
  for (const List& part : lists) sum += part.list.sequence;
  return sum;
}

UtcTime SignedBundle::issued_at() const {
  UtcTime newest = issuers.issued_at;
  for (const List& part : lists) newest = std::max(newest, part.list.issued_at);
  return newest;
}

KeyBundle SignedBundle::believed() const {
  KeyBundle bundle{sequence(), issued_at(), {}};
  for (const List& part : lists) {
    const IssuerKey* signer = signer_of(*this, part);
    if (signer == nullptr) continue;
    for (const BundleKey& listed : part.list.keys) {
      BundleKey key = listed;
      if (signer->revoked && (!key.revoked_from || signer->revoked->from < *key.revoked_from)) {
        key.revoked_from = signer->revoked->from;
      }
      bundle.keys.push_back(std::move(key));
    }
  }
  return bundle;
}

Bytes SignedBundle::file() const {
  cbor::Writer writer;
  begin_statement(writer, StatementKind::bundle, 2);
  writer.bytes(issuers_item);
  writer.head(Major::array, lists.size());
  for (const List& part : lists) writer.bytes(part.item);
  return writer.take();
}

Result<SignedBundle> make_bundle(ByteView issuers_item, std::span<const Bytes> list_items,
                                 ByteView root_public_key) {
  auto issuers = open_issuers(issuers_item, root_public_key);
  if (!issuers) return std::unexpected(issuers.error());
  SignedBundle bundle{public_key_id(root_public_key),
                      *std::move(issuers),
                      Bytes(issuers_item.begin(), issuers_item.end()),
                      {}};
  for (const Bytes& item : list_items) {
    auto list = open_key_list(item, bundle.issuers);
    if (!list) return std::unexpected(list.error());
    bundle.lists.push_back({*std::move(list), item});
  }
  std::sort(bundle.lists.begin(), bundle.lists.end(),
            [](const auto& a, const auto& b) { return a.list.issuer < b.list.issuer; });
  for (std::size_t i = 1; i < bundle.lists.size(); ++i) {
    if (bundle.lists[i - 1].list.issuer == bundle.lists[i].list.issuer) {
      return refuse_bundle("an issuer has two lists");
    }
  }
  if (auto unique = check_key_ids(bundle); !unique) return std::unexpected(unique.error());
  if (bundle.file().size() > limits::kKeyBundleBytes) {
    return fail(ErrorKind::limit, "key bundle: over 16 MiB");
  }
  return bundle;
}

Result<SignedBundle> open_bundle(ByteView file, ByteView root_public_key) {
  if (file.size() > limits::kKeyBundleBytes) {
    return fail(ErrorKind::limit, "key bundle: over 16 MiB");
  }
  cbor::Reader reader(file);
  if (!read_statement(reader, StatementKind::bundle, 2)) {
    return refuse_bundle("not a bundle of version 2");
  }
  const auto issuers = reader.bytes();
  if (!issuers) return refuse_bundle("no statement of issuers");
  const auto count = reader.head(Major::array);
  if (!count || *count > kIssuersLimit) return refuse_bundle("no lists");
  std::vector<Bytes> items;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto item = reader.bytes();
    if (!item) return refuse_bundle("list " + std::to_string(i + 1) + " is missing");
    items.emplace_back(item->begin(), item->end());
  }
  if (!reader.at_end()) return refuse_bundle("bytes are left over");
  auto bundle = make_bundle(*issuers, items, root_public_key);
  if (!bundle) return bundle;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (bundle->lists[i].item != items[i]) return refuse_bundle("its lists are out of order");
  }
  return bundle;
}

Result<bool> is_newer(const SignedBundle& held, const SignedBundle& offered) {
  if (held.root != offered.root) {
    return fail(ErrorKind::refused,
                "key bundle: of the root " + to_hex(offered.root) + ", not " + to_hex(held.root));
  }
  auto newer = compare("the statement of issuers", held.issuers.sequence, held.issuers.issued_at,
                       held.issuers_item, offered.issuers.sequence, offered.issuers.issued_at,
                       offered.issuers_item);
  if (!newer) return newer;
  bool any = *newer || offered.lists.size() > held.lists.size();
  for (const auto& part : held.lists) {
    const std::string name = "the list of issuer " + std::to_string(part.list.issuer);
    const auto other =
        std::find_if(offered.lists.begin(), offered.lists.end(),
                     [&](const auto& one) { return one.list.issuer == part.list.issuer; });
    if (other == offered.lists.end()) {
      return fail(ErrorKind::refused, "key bundle: " + name + " is missing");
    }
    newer = compare(name, part.list.sequence, part.list.issued_at, part.item, other->list.sequence,
                    other->list.issued_at, other->item);
    if (!newer) return newer;
    any = any || *newer;
  }
  return any;
}

}  // namespace backstamp::postal
