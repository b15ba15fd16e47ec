#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/limits.h"
#include "postal/key_bundle.h"
#include "programs/keys/commands.h"
#include "uplink/curve_keys.h"

namespace backstamp::keys {
namespace {

using Item = nlohmann::ordered_json;

const char* name_of(postal::SignatureAlgorithm algorithm) {
  return algorithm == postal::SignatureAlgorithm::es256 ? "es256" : "eddsa";
}

// One line of JSON, or one line a field.
void print(const Item& item, bool json) {
  if (json) {
    std::puts(item.dump().c_str());
    return;
  }
  for (const auto& [field, value] : item.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    std::printf("%-13s %s\n", field.c_str(), text.c_str());
  }
}

Result<postal::SignedBundle> open(const std::filesystem::path& path,
                                  const std::filesystem::path& root) {
  const auto root_key = postal::load_public_key(root);
  if (!root_key) return std::unexpected(root_key.error());
  const auto file = read_file(path, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  auto bundle = postal::open_bundle(*file, *root_key);
  if (!bundle) return fail(path.string(), bundle.error());
  return bundle;
}

Result<void> show_private_key(const InspectArguments& arguments) {
  const auto key = postal::SigningKey::load(arguments.file);
  if (!key) return std::unexpected(key.error());
  print({{"kind", "private_key"},
         {"algorithm", name_of(key->algorithm())},
         {"key", to_hex(key->id())},
         {"public_key", to_base64(key->public_key())}},
        arguments.json);
  return {};
}

Result<void> show_public_key(const InspectArguments& arguments) {
  const auto key = postal::load_public_key(arguments.file);
  if (!key) return std::unexpected(key.error());
  const auto id = postal::public_key_id(*key);
  const auto algorithm = postal::public_key_algorithm(*key);
  if (!algorithm) return std::unexpected(algorithm.error());
  print({{"kind", "public_key"},
         {"algorithm", name_of(*algorithm)},
         {"key", to_hex(id)},
         {"public_key", to_base64(*key)}},
        arguments.json);
  return {};
}

Result<void> show_token(const InspectArguments& arguments,
                        const postal::SignedToken& signed_token) {
  const postal::Token& token = signed_token.token;
  Item item{{"kind", "token"},
            {"issuer", token.identity.issuer},
            {"meter", token.identity.meter},
            {"counter", token.identity.counter},
            {"postage", token.postage.to_string()},
            {"mailed", format_date(token.mailed)},
            {"service", token.service},
            {"code", postal::canonical(token.code)}};
  if (token.address) item["address"] = to_hex(*token.address);
  item["algorithm"] = name_of(signed_token.algorithm);
  item["key"] = to_hex(signed_token.key);
  if (!arguments.bundle.empty()) {
    const auto bundle = open(arguments.bundle, arguments.root);
    if (!bundle) return std::unexpected(bundle.error());
    const auto verifier = postal::Verifier::make(bundle->believed());
    if (!verifier) return std::unexpected(verifier.error());
    item["verdict"] = postal::to_string(verifier->verify(signed_token));
  }
  print(item, arguments.json);
  return {};
}

/// One of several items: an empty line before it, for people.
void print_further(const Item& item, bool json) {
  if (!json) std::puts("");
  print(item, json);
}

void show_issuer(const postal::IssuerKey& key, bool json) {
  Item item{{"kind", "issuer_key"},
            {"key", to_hex(postal::public_key_id(key.public_key))},
            {"algorithm", name_of(postal::public_key_algorithm(key.public_key).value())},
            {"issuer", key.issuer},
            {"valid_from", format_date(key.valid_from)},
            {"valid_until", format_date(key.valid_until)}};
  if (key.revoked) {
    item["revoked_from"] = format_date(key.revoked->from);
    item["last_sequence"] = key.revoked->last_sequence;
  }
  print_further(item, json);
}

void show_list(const postal::KeyList& list, bool json) {
  Item clocks = Item::array();
  for (const Bytes& key : list.time_keys) clocks.push_back(to_hex(postal::public_key_id(key)));
  print_further({{"kind", "key_list"},
                 {"issuer", list.issuer},
                 {"sequence", list.sequence},
                 {"issued_at", format_utc(list.issued_at)},
                 {"time_keys", std::move(clocks)},
                 {"keys", list.keys.size()}},
                json);
}

void show_key(const postal::BundleKey& key, bool json) {
  Item item{{"kind", "bundle_key"},
            {"key", to_hex(postal::public_key_id(key.public_key))},
            {"algorithm", name_of(postal::public_key_algorithm(key.public_key).value())},
            {"issuer", key.issuer},
            {"meter", key.meter},
            {"valid_from", format_date(key.valid_from)},
            {"valid_until", format_date(key.valid_until)}};
  if (key.revoked_from) item["revoked_from"] = format_date(*key.revoked_from);
  print_further(item, json);
}

Result<void> show_bundle(const InspectArguments& arguments) {
  if (arguments.root.empty()) {
    return fail(ErrorKind::refused, arguments.file.string() +
                                        ": looks like a key bundle; name its root's public "
                                        "key with --root to open it");
  }
  const auto bundle = open(arguments.file, arguments.root);
  if (!bundle) return std::unexpected(bundle.error());
  const postal::KeyBundle believed = bundle->believed();
  print({{"kind", "bundle"},
         {"root", to_hex(bundle->root)},
         {"sequence", believed.sequence},
         {"issued_at", format_utc(believed.issued_at)},
         {"issuers_sequence", bundle->issuers.sequence},
         {"lists", bundle->lists.size()},
         {"keys", believed.keys.size()}},
        arguments.json);
  for (const postal::IssuerKey& key : bundle->issuers.issuers) show_issuer(key, arguments.json);
  for (const auto& part : bundle->lists) show_list(part.list, arguments.json);
  for (const postal::BundleKey& key : believed.keys) show_key(key, arguments.json);
  return {};
}

Result<void> show_curve_key(const InspectArguments& arguments) {
  if (const auto pair = uplink::load_curve_keys(arguments.file)) {
    print({{"kind", "station_secret"}, {"public_key", pair->public_key}}, arguments.json);
    return {};
  }
  if (const auto key = uplink::load_curve_public_key(arguments.file)) {
    print({{"kind", "station_public"}, {"public_key", *key}}, arguments.json);
    return {};
  }
  return fail(ErrorKind::invalid,
              arguments.file.string() + ": no key, key bundle or token that we know");
}

// The token that a file holds, as bytes or as their hexadecimal with an end of line.
std::optional<Bytes> token_bytes(const Bytes& content) {
  if (postal::looks_like_token(content)) return content;
  std::string_view text = as_text(content);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto bytes = from_hex(text);
  if (bytes && postal::looks_like_token(*bytes)) return *std::move(bytes);
  return std::nullopt;
}

}  // namespace

Result<void> inspect(const InspectArguments& arguments) {
  const auto content = read_file(arguments.file, limits::kKeyBundleBytes);
  if (!content) return std::unexpected(content.error());
  const std::string_view text = as_text(*content);
  if (text.starts_with("-----BEGIN PUBLIC KEY-----")) return show_public_key(arguments);
  if (text.starts_with("-----BEGIN ")) return show_private_key(arguments);
  if (const auto token = token_bytes(*content)) {
    const auto parsed = postal::parse_token(*token);
    if (!parsed) return fail(arguments.file.string(), parsed.error());
    return show_token(arguments, *parsed);
  }
  if (postal::looks_like_bundle(*content)) return show_bundle(arguments);
  return show_curve_key(arguments);
}

}  // namespace backstamp::keys
