#include <cstdio>

#include "base/file.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "postal/keys.h"
#include "programs/keys/commands.h"

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

postal::BundleKey read_key(yaml::Section& section) {
  postal::BundleKey key;
  const auto path = section.path("public_key");
  if (!path.empty()) {
    if (auto public_key = postal::load_public_key(path)) {
      key.public_key = *std::move(public_key);
    } else {
      section.refuse("public_key", "a public key file (" + public_key.error().message + ")");
    }
  }
  key.issuer = static_cast<std::uint32_t>(section.integer("issuer", 0, kMost32));
  key.meter = static_cast<std::uint32_t>(section.integer("meter", 0, kMost32));
  key.valid_from = read_date(section, "valid_from");
  key.valid_until = read_date(section, "valid_until");
  if (section.has("revoked_from")) key.revoked_from = read_date(section, "revoked_from");
  return key;
}

Result<void> read_list(const std::filesystem::path& path, std::vector<postal::BundleKey>& keys) {
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  auto root = document->root();
  for (auto& section : root.sections("keys", kKeysOnAList)) keys.push_back(read_key(section));
  return document->finish();
}

// Refuses to replace a bundle by one that stations would not take in its place.
Result<void> check_sequence(const BundleArguments& arguments, ByteView root_public_key) {
  if (!std::filesystem::exists(arguments.out)) return {};
  const auto file = read_file(arguments.out, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  const auto old = postal::open_bundle(*file, root_public_key);
  if (!old) return fail(arguments.out.string() + " exists and is not replaced", old.error());
  if (old->sequence < arguments.sequence) return {};
  return fail(ErrorKind::refused, arguments.out.string() + ": has sequence " +
                                      std::to_string(old->sequence) + "; take a larger one");
}

}  // namespace

Result<void> make_bundle(const BundleArguments& arguments) {
  const auto root = postal::SigningKey::load(arguments.root);
  if (!root) return std::unexpected(root.error());
  if (const auto newer = check_sequence(arguments, root->public_key()); !newer) return newer;
  postal::KeyBundle bundle{arguments.sequence, utc_now(), {}};
  for (const auto& list : arguments.lists) {
    if (const auto read = read_list(list, bundle.keys); !read) return read;
  }
  const auto file = postal::sign_bundle(bundle, *root);
  if (!file) return std::unexpected(file.error());
  // As a station will take it: what it would refuse is not written.
  const auto opened = postal::open_bundle(*file, root->public_key());
  if (!opened) return std::unexpected(opened.error());
  if (const auto verifier = postal::Verifier::make(*opened); !verifier) {
    return std::unexpected(verifier.error());
  }
  if (const auto written = write_file_durably(arguments.out, *file); !written) return written;
  std::fprintf(stderr, "keys: %s: sequence %llu, %zu keys, signed by %s\n", arguments.out.c_str(),
               static_cast<unsigned long long>(bundle.sequence), bundle.keys.size(),
               to_hex(root->id()).c_str());
  return {};
}

}  // namespace backstamp::keys
