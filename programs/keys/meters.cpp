// What an issuer does: the keys of its meters.
#include <algorithm>

#include "base/yaml.h"
#include "programs/keys/ring.h"

namespace backstamp::keys {
namespace {

constexpr std::size_t kKeysOnAList = 1'000'000;
constexpr std::int64_t kMost32 = 0xFFFFFFFF;

Date read_date(yaml::Section& section, std::string_view name) {
  const std::string text = section.text(name);
  const auto date = parse_date(text);
  if (!date && !text.empty()) section.refuse(name, "a date as 2026-11-22");
  return date.value_or(Date{});
}

postal::BundleKey read_key(yaml::Section& section, std::uint32_t issuer) {
  postal::BundleKey key;
  key.issuer = issuer;
  const auto path = section.path("public_key");
  if (!path.empty()) {
    if (auto public_key = postal::load_public_key(path)) {
      key.public_key = *std::move(public_key);
    } else {
      section.refuse("public_key", "a public key file (" + public_key.error().message + ")");
    }
  }
  key.meter = static_cast<std::uint32_t>(section.integer("meter", 0, kMost32));
  key.valid_from = read_date(section, "valid_from");
  key.valid_until = read_date(section, "valid_until");
  if (section.has("revoked_from")) key.revoked_from = read_date(section, "revoked_from");
  return key;
}

Result<void> read_list(const std::filesystem::path& path, std::uint32_t issuer,
                       std::vector<postal::BundleKey>& keys) {
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  auto root = document->root();
  for (auto& section : root.sections("keys", kKeysOnAList)) {
    keys.push_back(read_key(section, issuer));
  }
  return document->finish();
}

/// The key that the command line tells of.
Result<postal::BundleKey> told_key(const KeyArguments& arguments, std::uint32_t issuer) {
  if (!arguments.meter || arguments.public_key.empty() || arguments.valid_until.empty()) {
    return fail(ErrorKind::invalid, "give --meter, --public-key and --valid-until, or a --list");
  }
  auto public_key = postal::load_public_key(arguments.public_key);
  if (!public_key) return std::unexpected(public_key.error());
  const auto from = day_of(arguments.valid_from, "--valid-from", utc_date(utc_now()));
  if (!from) return std::unexpected(from.error());
  const auto until = day_of(arguments.valid_until, "--valid-until");
  if (!until) return std::unexpected(until.error());
  return postal::BundleKey{*std::move(public_key), issuer, *arguments.meter, *from, *until, {}};
}

/// A revocation stands: a key that is put again keeps the earlier one.
void put(postal::KeyList& list, postal::BundleKey key) {
  const auto there = std::find_if(list.keys.begin(), list.keys.end(), [&](const auto& one) {
    return one.public_key == key.public_key;
  });
  if (there == list.keys.end()) {
    list.keys.push_back(std::move(key));
    return;
  }
  const auto old = there->revoked_from;
  if (old && (!key.revoked_from ||
              std::chrono::sys_days(*old) < std::chrono::sys_days(*key.revoked_from))) {
    key.revoked_from = old;
  }
  *there = std::move(key);
}

}  // namespace

Result<void> issue_keys(const IssueArguments& arguments) {
  const std::uint32_t issuer = arguments.common.issuer;
  std::vector<postal::BundleKey> keys;
  for (const auto& path : arguments.lists) {
    if (auto read = read_list(path, issuer, keys); !read) return read;
  }
  const bool single = arguments.key.meter || !arguments.key.public_key.empty() ||
                      (arguments.lists.empty() && arguments.time_key.empty());
  if (single) {
    auto key = told_key(arguments.key, issuer);
    if (!key) return std::unexpected(key.error());
    keys.push_back(*std::move(key));
  }
  auto ring = Ring::open(arguments.common);
  if (!ring) return std::unexpected(ring.error());
  postal::KeyList list = ring->list(issuer);
  for (postal::BundleKey& key : keys) put(list, std::move(key));
  if (!arguments.time_key.empty()) {
    auto key = postal::load_public_key(arguments.time_key);
    if (!key) return std::unexpected(key.error());
    if (std::find(list.time_keys.begin(), list.time_keys.end(), *key) == list.time_keys.end()) {
      list.time_keys.push_back(*std::move(key));
    }
  }
  const auto signer = ring->issuer_key(issuer);
  if (!signer) return std::unexpected(signer.error());
  if (auto changed = ring->change_list(std::move(list), *signer); !changed) return changed;
  ring->tell("issued " + std::to_string(keys.size()) + " keys");
  return {};
}

Result<void> rotate_key(const RotateArguments& arguments) {
  const std::uint32_t issuer = arguments.common.issuer;
  auto key = told_key(arguments.key, issuer);
  if (!key) return std::unexpected(key.error());
  auto ring = Ring::open(arguments.common);
  if (!ring) return std::unexpected(ring.error());
  postal::KeyList list = ring->list(issuer);
  const auto last = std::chrono::sys_days(key->valid_from) +
                    std::chrono::days(arguments.overlap_days) - std::chrono::days(1);
  std::size_t ended = 0;
  for (postal::BundleKey& old : list.keys) {
    if (old.meter != key->meter || old.public_key == key->public_key) continue;
    if (std::chrono::sys_days(old.valid_until) <= last) continue;
    old.valid_until = Date{std::max(last, std::chrono::sys_days(old.valid_from))};
    ++ended;
  }
  const std::string id = to_hex(postal::public_key_id(key->public_key));
  const std::string meter = std::to_string(key->meter);
  put(list, *std::move(key));
  const auto signer = ring->issuer_key(issuer);
  if (!signer) return std::unexpected(signer.error());
  if (auto changed = ring->change_list(std::move(list), *signer); !changed) return changed;
  ring->tell("meter " + meter + " has the key " + id + "; " + std::to_string(ended) +
             " end before it");
  return {};
}

Result<void> revoke_key(const RevokeArguments& arguments) {
  const std::uint32_t issuer = arguments.common.issuer;
  const auto from = day_of(arguments.from, "--from", utc_date(utc_now()));
  if (!from) return std::unexpected(from.error());
  auto ring = Ring::open(arguments.common);
  if (!ring) return std::unexpected(ring.error());
  postal::KeyList list = ring->list(issuer);
  std::size_t found = 0;
  std::size_t revoked = 0;
  for (postal::BundleKey& key : list.keys) {
    const bool meant = arguments.meter
                           ? key.meter == *arguments.meter
                           : to_hex(postal::public_key_id(key.public_key)) == arguments.key;
    if (!meant) continue;
    ++found;
    const bool earlier = key.revoked_from &&
                         std::chrono::sys_days(*key.revoked_from) <= std::chrono::sys_days(*from);
    if (earlier) continue;
    key.revoked_from = *from;
    ++revoked;
  }
  if (found == 0) return fail(ErrorKind::not_found, "no such key on the issuer's list");
  if (revoked == 0) return fail(ErrorKind::refused, "revoked already, from that day or earlier");
  const auto signer = ring->issuer_key(issuer);
  if (!signer) return std::unexpected(signer.error());
  if (auto changed = ring->change_list(std::move(list), *signer); !changed) return changed;
  ring->tell("revoked " + std::to_string(revoked) + " keys from " + format_date(*from));
  return {};
}

}  // namespace backstamp::keys
