// What the root does: the ceremony, and the keys of issuers.
#include <algorithm>
#include <set>

#include "programs/keys/ring.h"

namespace backstamp::keys {
namespace {

namespace fs = std::filesystem;

postal::SignatureAlgorithm algorithm_of(const std::string& name) {
  return name == "es256" ? postal::SignatureAlgorithm::es256 : postal::SignatureAlgorithm::eddsa;
}

/// A new key, its private half in BASE.key, its public half in BASE.pub.
Result<postal::SigningKey> new_key(const fs::path& base, const std::string& algorithm) {
  auto key = postal::SigningKey::generate(algorithm_of(algorithm));
  if (!key) return key;
  if (auto saved = key->save(base.string() + ".key"); !saved) return std::unexpected(saved.error());
  if (auto saved = postal::save_public_key(key->public_key(), base.string() + ".pub"); !saved) {
    return std::unexpected(saved.error());
  }
  return key;
}

Date days_from_now(std::uint32_t days) {
  return Date{std::chrono::sys_days(utc_date(utc_now())) + std::chrono::days(days)};
}

postal::IssuerKey named(const postal::SigningKey& key, std::uint32_t issuer, std::uint32_t days) {
  // From yesterday: the clocks of two machines are not the same at midnight.
  return {key.public_key(),
          issuer,
          Date{std::chrono::sys_days(utc_date(utc_now())) - std::chrono::days(1)},
          days_from_now(days),
          {}};
}

}  // namespace

Result<void> hold_ceremony(const CeremonyArguments& arguments) {
  const fs::path& folder = arguments.common.folder;
  const std::set<std::uint32_t> issuers(arguments.issuers.begin(), arguments.issuers.end());
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  if (fs::exists(folder / "keys.bundle", error) || fs::exists(folder / "root.pub", error)) {
    return fail(ErrorKind::refused, folder.string() + ": has a root already");
  }
  fs::permissions(folder, fs::perms::owner_all, error);
  const auto root = new_key(folder / "root", arguments.algorithm);
  if (!root) return std::unexpected(root.error());
  const auto clock = new_key(folder / "time", "eddsa");
  if (!clock) return std::unexpected(clock.error());
  const UtcTime now = utc_now();
  postal::IssuerStatement statement{1, now, {}};
  std::vector<Bytes> lists;
  for (const std::uint32_t issuer : issuers) {
    const auto key = new_key(folder / ("issuer-" + std::to_string(issuer)), arguments.algorithm);
    if (!key) return std::unexpected(key.error());
    statement.issuers.push_back(named(*key, issuer, arguments.days));
    auto list = postal::sign_key_list({issuer, 1, now, {clock->public_key()}, {}}, *key);
    if (!list) return std::unexpected(list.error());
    lists.push_back(*std::move(list));
  }
  const auto item = postal::sign_issuers(statement, *root);
  if (!item) return std::unexpected(item.error());
  // The bundle comes last: where it stands, the folder is whole.
  const auto ring = Ring::found(arguments.common, root->public_key(), *item, lists);
  if (!ring) return std::unexpected(ring.error());
  ring->tell("founded a root");
  return {};
}

Result<void> rotate_issuer(const RotateIssuerArguments& arguments) {
  const std::uint32_t issuer = arguments.common.issuer;
  auto ring = Ring::open(arguments.common);
  if (!ring) return std::unexpected(ring.error());
  const auto root = ring->root_key();
  if (!root) return std::unexpected(root.error());
  const auto key = new_key(ring->free_issuer_name(issuer), arguments.algorithm);
  if (!key) return std::unexpected(key.error());
  postal::IssuerStatement statement = ring->bundle().issuers;
  const auto today = std::chrono::sys_days(utc_date(utc_now()));
  for (postal::IssuerKey& old : statement.issuers) {
    // It signs nothing more from tomorrow on; what it signed is signed anew at once.
    const bool runs_on = old.issuer == issuer && !old.revoked &&
                         std::chrono::sys_days(old.valid_from) <= today &&
                         std::chrono::sys_days(old.valid_until) > today;
    if (runs_on) old.valid_until = Date{today};
  }
  statement.issuers.push_back(named(*key, issuer, arguments.days));
  auto changed = ring->change_both(std::move(statement), *root, ring->list(issuer), *key);
  if (!changed) return changed;
  ring->tell("issuer " + std::to_string(issuer) + " has the key " + to_hex(key->id()));
  return {};
}

Result<void> revoke_issuer(const RevokeArguments& arguments) {
  const auto from = day_of(arguments.from, "--from", utc_date(utc_now()));
  if (!from) return std::unexpected(from.error());
  auto ring = Ring::open(arguments.common);
  if (!ring) return std::unexpected(ring.error());
  const auto root = ring->root_key();
  if (!root) return std::unexpected(root.error());
  postal::IssuerStatement statement = ring->bundle().issuers;
  const auto key =
      std::find_if(statement.issuers.begin(), statement.issuers.end(), [&](const auto& one) {
        return to_hex(postal::public_key_id(one.public_key)) == arguments.key;
      });
  if (key == statement.issuers.end()) {
    return fail(ErrorKind::not_found, "the root names no issuer's key " + arguments.key);
  }
  const std::uint64_t last = ring->list(key->issuer).sequence;
  if (!key->revoked) {
    key->revoked = postal::IssuerRevocation{*from, last};
  } else if (std::chrono::sys_days(*from) < std::chrono::sys_days(key->revoked->from)) {
    key->revoked->from = *from;
  } else {
    return fail(ErrorKind::refused, arguments.key + ": is revoked from " +
                                        format_date(key->revoked->from) + " already");
  }
  if (auto changed = ring->change_issuers(std::move(statement), *root); !changed) return changed;
  ring->tell("revoked the issuer's key " + arguments.key);
  return {};
}

Result<void> publish(const FolderArguments& arguments, const fs::path& to) {
  const auto ring = Ring::open(arguments);
  if (!ring) return std::unexpected(ring.error());
  const auto root = postal::load_public_key(arguments.folder / "root.pub");
  if (!root) return std::unexpected(root.error());
  std::error_code error;
  if (fs::exists(to, error)) {
    const auto file = read_file(to, ring->bundle().file().size() + (32u << 20));
    if (!file) return std::unexpected(file.error());
    const auto there = postal::open_bundle(*file, *root);
    if (!there) return fail(to.string() + " exists and is not replaced", there.error());
    const auto newer = postal::is_newer(*there, ring->bundle());
    if (!newer) return fail(to.string(), newer.error());
  }
  if (auto written = write_file_durably(to, ring->bundle().file()); !written) return written;
  ring->tell("published as " + to.string());
  return {};
}

}  // namespace backstamp::keys
