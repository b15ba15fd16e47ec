#include "programs/keys/ring.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace backstamp::keys {
namespace {

namespace fs = std::filesystem;

fs::path issuer_name(const fs::path& folder, std::uint32_t issuer, unsigned number) {
  const std::string name = "issuer-" + std::to_string(issuer);
  return folder / (number < 2 ? name : name + "-" + std::to_string(number));
}

fs::path with_ending(fs::path base, const char* ending) {
  return base += ending;
}

/// May it sign a list now?
bool signs_today(const postal::IssuerKey& key, std::uint32_t issuer) {
  const auto today = std::chrono::sys_days(utc_date(utc_now()));
  return key.issuer == issuer && !key.revoked && std::chrono::sys_days(key.valid_from) <= today &&
         today <= std::chrono::sys_days(key.valid_until);
}

Result<UniqueFd> lock(const fs::path& folder) {
  return lock_file(folder / "keys.lock");
}

}  // namespace

Result<Ring> Ring::open(const FolderArguments& arguments) {
  Ring ring;
  ring.arguments_ = arguments;
  const fs::path path = arguments.folder / "keys.bundle";
  std::error_code error;
  if (!fs::exists(path, error)) {
    return fail(ErrorKind::not_found, path.string() +
                                          ": is not there; `backstamp keys ceremony` founds a "
                                          "folder of keys");
  }
  auto locked = lock(arguments.folder);
  if (!locked) return std::unexpected(locked.error());
  ring.lock_ = std::move(*locked);
  auto root = postal::load_public_key(arguments.folder / "root.pub");
  if (!root) return std::unexpected(root.error());
  ring.root_public_key_ = *std::move(root);
  const auto file = read_file(path, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  auto bundle = postal::open_bundle(*file, ring.root_public_key_);
  if (!bundle) return fail(path.string(), bundle.error());
  ring.bundle_ = *std::move(bundle);
  return ring;
}

Result<Ring> Ring::found(const FolderArguments& arguments, ByteView root_public_key,
                         ByteView issuers_item, const std::vector<Bytes>& list_items) {
  Ring ring;
  ring.arguments_ = arguments;
  ring.root_public_key_.assign(root_public_key.begin(), root_public_key.end());
  auto locked = lock(arguments.folder);
  if (!locked) return std::unexpected(locked.error());
  ring.lock_ = std::move(*locked);
  auto bundle = postal::make_bundle(issuers_item, list_items, root_public_key);
  if (!bundle) return std::unexpected(bundle.error());
  ring.bundle_ = *std::move(bundle);
  if (auto written = write_file_durably(arguments.folder / "keys.bundle", ring.bundle_.file());
      !written) {
    return std::unexpected(written.error());
  }
  return ring;
}

postal::KeyList Ring::list(std::uint32_t issuer) const {
  for (const auto& part : bundle_.lists) {
    if (part.list.issuer == issuer) return part.list;
  }
  postal::KeyList none;
  none.issuer = issuer;
  return none;
}

Result<postal::SigningKey> Ring::root_key() const {
  const fs::path path =
      arguments_.root_key.empty() ? arguments_.folder / "root.key" : arguments_.root_key;
  auto key = postal::SigningKey::load(path);
  if (key && key->public_key() != root_public_key_) {
    return fail(ErrorKind::refused, path.string() + ": is not the key of root.pub");
  }
  return key;
}

Result<postal::SigningKey> Ring::issuer_key(std::uint32_t issuer) const {
  if (!arguments_.issuer_key.empty()) return postal::SigningKey::load(arguments_.issuer_key);
  // The newest of those that may sign, whichever of the folder's files it is in.
  std::vector<postal::IssuerKey> named;
  for (const postal::IssuerKey& key : bundle_.issuers.issuers) {
    if (signs_today(key, issuer)) named.push_back(key);
  }
  std::sort(named.begin(), named.end(), [](const auto& a, const auto& b) {
    return std::chrono::sys_days(a.valid_until) > std::chrono::sys_days(b.valid_until);
  });
  for (const postal::IssuerKey& key : named) {
    for (unsigned number = 1;; ++number) {
      const fs::path name = issuer_name(arguments_.folder, issuer, number);
      const auto there = postal::load_public_key(with_ending(name, ".pub"));
      if (!there) break;
      if (*there == key.public_key) return postal::SigningKey::load(with_ending(name, ".key"));
    }
  }
  return fail(ErrorKind::not_found, arguments_.folder.string() + ": no private key of issuer " +
                                        std::to_string(issuer) +
                                        " that may sign today; name one with --issuer-key");
}

fs::path Ring::free_issuer_name(std::uint32_t issuer) const {
  std::error_code error;
  for (unsigned number = 1;; ++number) {
    const fs::path name = issuer_name(arguments_.folder, issuer, number);
    if (!fs::exists(with_ending(name, ".pub"), error) &&
        !fs::exists(with_ending(name, ".key"), error)) {
      return name;
    }
  }
}

std::vector<Bytes> Ring::items_without(std::uint32_t issuer) const {
  std::vector<Bytes> items;
  for (const auto& part : bundle_.lists) {
    if (part.list.issuer != issuer) items.push_back(part.item);
  }
  return items;
}

Result<Bytes> Ring::sign_issuers(postal::IssuerStatement statement,
                                 const postal::SigningKey& root) {
  statement.sequence = bundle_.issuers.sequence + 1;
  statement.issued_at = std::max(utc_now(), bundle_.issuers.issued_at);
  return postal::sign_issuers(statement, root);
}

Result<Bytes> Ring::sign_list(postal::KeyList list, const postal::SigningKey& issuer) {
  const postal::KeyList old = this->list(list.issuer);
  list.sequence = old.sequence + 1;
  list.issued_at = std::max(utc_now(), old.issued_at);
  return postal::sign_key_list(list, issuer);
}

Result<void> Ring::change_issuers(postal::IssuerStatement statement,
                                  const postal::SigningKey& root) {
  const auto item = sign_issuers(std::move(statement), root);
  if (!item) return std::unexpected(item.error());
  std::vector<Bytes> items;
  for (const auto& part : bundle_.lists) items.push_back(part.item);
  return write(*item, std::move(items));
}

Result<void> Ring::change_list(postal::KeyList list, const postal::SigningKey& issuer) {
  std::vector<Bytes> items = items_without(list.issuer);
  auto item = sign_list(std::move(list), issuer);
  if (!item) return std::unexpected(item.error());
  items.push_back(*std::move(item));
  return write(bundle_.issuers_item, std::move(items));
}

Result<void> Ring::change_both(postal::IssuerStatement statement, const postal::SigningKey& root,
                               postal::KeyList list, const postal::SigningKey& issuer) {
  std::vector<Bytes> items = items_without(list.issuer);
  const auto issuers = sign_issuers(std::move(statement), root);
  if (!issuers) return std::unexpected(issuers.error());
  auto item = sign_list(std::move(list), issuer);
  if (!item) return std::unexpected(item.error());
  items.push_back(*std::move(item));
  return write(*issuers, std::move(items));
}

Result<void> Ring::write(ByteView issuers_item, std::vector<Bytes> list_items) {
  auto made = postal::make_bundle(issuers_item, list_items, root_public_key_);
  if (!made) return std::unexpected(made.error());
  if (const auto newer = postal::is_newer(bundle_, *made); !newer) {
    return std::unexpected(newer.error());
  }
  // As a station will take it: what it could not use is not written.
  if (const auto verifier = postal::Verifier::make(made->believed()); !verifier) {
    return std::unexpected(verifier.error());
  }
  if (auto written = write_file_durably(arguments_.folder / "keys.bundle", made->file());
      !written) {
    return written;
  }
  bundle_ = *std::move(made);
  return {};
}

void Ring::tell(const std::string& what) const {
  std::size_t keys = 0;
  for (const auto& part : bundle_.lists) keys += part.list.keys.size();
  const std::string file = (arguments_.folder / "keys.bundle").string();
  if (arguments_.json) {
    const nlohmann::ordered_json line{{"did", what},
                                      {"bundle", file},
                                      {"root", to_hex(bundle_.root)},
                                      {"sequence", bundle_.sequence()},
                                      {"issued_at", format_utc(bundle_.issued_at())},
                                      {"issuers", bundle_.issuers.issuers.size()},
                                      {"keys", keys}};
    std::puts(line.dump().c_str());
    return;
  }
  std::printf("%s; %s: sequence %llu, %zu keys, root %s\n", what.c_str(), file.c_str(),
              static_cast<unsigned long long>(bundle_.sequence()), keys,
              to_hex(bundle_.root).c_str());
}

Result<Date> day_of(const std::string& text, const char* option, std::optional<Date> otherwise) {
  if (text.empty() && otherwise) return *otherwise;
  auto date = parse_date(text);
  if (!date) {
    return fail(ErrorKind::invalid, std::string(option) + ": a date as 2026-11-22 is wanted");
  }
  return *date;
}

}  // namespace backstamp::keys
