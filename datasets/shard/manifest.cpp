#include "datasets/shard/manifest.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace backstamp::datasets {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "backstamp-dataset";
constexpr int kVersion = 1;

std::unexpected<Error> bad(std::string what) {
  return fail(ErrorKind::invalid, std::move(what));
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The number in the name of a shard's file, if it looks like one.
std::optional<std::uint64_t> number_of(const Json& json) {
  constexpr std::string_view kBefore = "shard-";
  if (!json.is_object() || !json.contains("file") || !json["file"].is_string()) return std::nullopt;
  const std::string file = json["file"].get<std::string>();
  std::uint64_t number = 0;
  if (!file.starts_with(kBefore) || file.size() > 32) return std::nullopt;
  const char* const first = file.data() + kBefore.size();
  const auto [stop, error] = std::from_chars(first, file.data() + file.size(), number);
  if (error != std::errc() || stop == first) return std::nullopt;
  return number;
}

Result<ManifestShard> parse_shard(const Json& json, std::uint64_t number) {
  const std::string where = "shard " + std::to_string(number);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string();
  };
  const auto count = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_number_unsigned();
  };
  if (!text("file") || !text("sha256") || !count("bytes") || !count("samples")) {
    return bad(where + ": wanted file, bytes, samples and sha256");
  }
  ManifestShard shard{json["file"].get<std::string>(), json["bytes"].get<std::uint64_t>(),
                      json["samples"].get<std::uint64_t>(), json["sha256"].get<std::string>()};
  if (shard.file != shard_file(number)) return bad(where + " is not " + shard_file(number));
  if (!is_sha256(shard.sha256)) return bad(where + ": sha256 is not 64 hexadecimal digits");
  if (shard.bytes > limits::kShardBytes) {
    return fail(ErrorKind::limit, where + " is over the limit of a shard");
  }
  if (shard.samples > shard.bytes) return bad(where + " has more samples than bytes");
  return shard;
}

}  // namespace

std::string shard_file(std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return "shard-" + digits + ".tar";
}

std::string index_file(std::string_view shard_file) {
  return std::string(shard_file.substr(0, shard_file.rfind('.'))) + ".index";
}

Result<std::string> print_manifest(const Manifest& manifest) {
  const Json maker = Json::parse(manifest.maker_json, nullptr, false);
  if (!maker.is_object()) return bad("the maker's description is not a JSON object");
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["samples"] = manifest.samples;
  json["shards"] = Json::array();
  for (const ManifestShard& shard : manifest.shards) {
    json["shards"].push_back({{"file", shard.file},
                              {"bytes", shard.bytes},
                              {"samples", shard.samples},
                              {"sha256", shard.sha256}});
  }
  if (manifest.open_shard) json["open_shard"] = *manifest.open_shard;
  json["maker"] = maker;
  return json.dump(2) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > limits::kManifestBytes) return fail(ErrorKind::limit, "too large");
  const auto too_deep = [](int depth, Json::parse_event_t, Json&) { return depth <= 32; };
  const Json json = Json::parse(text, too_deep, false);
  if (!json.is_object()) return bad("not a JSON object");
  if (json.value("format", Json()) != kFormat) return bad("\"format\" is not backstamp-dataset");
  if (json.value("version", Json()) != kVersion) {
    return bad("\"version\" is not 1: made by another version of Backstamp");
  }
  if (!json.contains("samples") || !json["samples"].is_number_unsigned() ||
      !json.contains("shards") || !json["shards"].is_array() || !json.contains("maker") ||
      !json["maker"].is_object()) {
    return bad("wanted samples, shards and maker");
  }
  if (json["shards"].size() > kShards) return fail(ErrorKind::limit, "too many shards");
  Manifest manifest;
  manifest.samples = json["samples"].get<std::uint64_t>();
  manifest.maker_json = json["maker"].dump();
  if (json.contains("open_shard")) {
    const Json& open = json["open_shard"];
    if (!open.is_number_unsigned() || open.get<std::uint64_t>() > kShardNumbers) {
      return bad("\"open_shard\" is not the number of a shard");
    }
    manifest.open_shard = open.get<std::uint64_t>();
  }
  std::uint64_t sum = 0;
  std::uint64_t next = 0;  // the least number that the next shard may have
  for (const Json& entry : json["shards"]) {
    const std::uint64_t number = manifest.open_shard ? number_of(entry).value_or(next) : next;
    auto shard = parse_shard(entry, number);
    if (!shard) return std::unexpected(shard.error());
    if (number < next || number >= manifest.open_shard.value_or(kShards)) {
      return bad(shard->file + " does not stand in its place");
    }
    next = number + 1;
    sum += shard->samples;
    manifest.shards.push_back(std::move(*shard));
  }
  if (sum != manifest.samples) return bad("\"samples\" is not the sum over the shards");
  return manifest;
}

}  // namespace backstamp::datasets
