#include "station/key_memory.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"

namespace backstamp::station {
namespace {

using Json = nlohmann::json;

std::filesystem::path file_in(const std::filesystem::path& directory) {
  return directory / "keys.json";
}

std::optional<std::uint64_t> natural(const Json& json, const char* name) {
  if (!json.contains(name) || !json[name].is_number_unsigned()) return std::nullopt;
  return json[name].get<std::uint64_t>();
}

std::optional<UtcTime> time(const Json& json, const char* name) {
  const auto text = json.find(name);
  if (text == json.end() || !text->is_string()) return std::nullopt;
  const auto parsed = parse_utc(text->get<std::string>());
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<KeyMemory> from_json(const Json& json) {
  if (!json.is_object() || !json.contains("root") || !json["root"].is_string()) return {};
  KeyMemory memory;
  const auto root = from_hex(json["root"].get<std::string>());
  const auto issuers = natural(json, "issuers");
  const auto floor = time(json, "floor");
  const auto confirmed = time(json, "confirmed");
  const auto lists = json.find("lists");
  if (!root || root->size() != memory.root.size() || !issuers || !floor || !confirmed ||
      lists == json.end() || !lists->is_object()) {
    return {};
  }
  std::copy(root->begin(), root->end(), memory.root.begin());
  memory.issuers = *issuers;
  memory.floor = *floor;
  memory.confirmed = *confirmed;
  for (const auto& [name, sequence] : lists->items()) {
    std::uint32_t issuer = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), issuer);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size() ||
        !sequence.is_number_unsigned()) {
      return {};
    }
    memory.lists[issuer] = sequence.get<std::uint64_t>();
  }
  return memory;
}

std::unexpected<Error> went_back(const std::string& what, std::uint64_t offered,
                                 std::uint64_t had) {
  return fail(ErrorKind::refused, "the key bundle: " + what + " has sequence " +
                                      std::to_string(offered) + ", this station has had " +
                                      std::to_string(had) + " already; give it the newest");
}

}  // namespace

Result<std::optional<KeyMemory>> load_key_memory(const std::filesystem::path& directory) {
  const auto path = file_in(directory);
  const auto file = read_file(path, limits::kConfigFileBytes);
  if (!file) {
    if (file.error().kind == ErrorKind::not_found) return std::nullopt;
    return std::unexpected(file.error());
  }
  auto memory = from_json(Json::parse(as_text(*file), nullptr, false));
  if (memory) return memory;
  return fail(ErrorKind::invalid, path.string() +
                                      ": damaged; remove it when the key bundle is known to be "
                                      "the newest");
}

Result<void> save_key_memory(const std::filesystem::path& directory, const KeyMemory& memory) {
  Json lists = Json::object();
  for (const auto& [issuer, sequence] : memory.lists) lists[std::to_string(issuer)] = sequence;
  const Json json{{"root", to_hex(memory.root)},
                  {"issuers", memory.issuers},
                  {"lists", std::move(lists)},
                  {"floor", format_utc(memory.floor)},
                  {"confirmed", format_utc(memory.confirmed)}};
  return write_file_durably(file_in(directory), as_bytes(json.dump() + "\n"));
}

Result<void> never_go_back(const KeyMemory& memory, const postal::SignedBundle& bundle) {
  if (memory.root != bundle.root) return {};
  if (bundle.issuers.sequence < memory.issuers) {
    return went_back("its statement of issuers", bundle.issuers.sequence, memory.issuers);
  }
  std::map<std::uint32_t, std::uint64_t> offered;
  for (const auto& part : bundle.lists) offered[part.list.issuer] = part.list.sequence;
  for (const auto& [issuer, had] : memory.lists) {
    const auto now = offered.find(issuer);
    const std::uint64_t sequence = now == offered.end() ? 0 : now->second;
    if (sequence < had) {
      return went_back("the list of issuer " + std::to_string(issuer), sequence, had);
    }
  }
  return {};
}

void remember(KeyMemory& memory, const postal::SignedBundle& bundle) {
  if (memory.root != bundle.root) {
    memory.root = bundle.root;
    memory.lists.clear();
    memory.confirmed = UtcTime{};
  }
  memory.issuers = bundle.issuers.sequence;
  for (const auto& part : bundle.lists) memory.lists[part.list.issuer] = part.list.sequence;
}

}  // namespace backstamp::station
