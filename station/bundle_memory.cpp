#include "station/bundle_memory.h"

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"

namespace backstamp::station {

using Json = nlohmann::json;

Result<void> never_go_back(const std::filesystem::path& journal_directory,
                           const postal::KeyId& root, std::uint64_t sequence) {
  const auto path = journal_directory / "keys.json";
  const std::string signer = to_hex(root);
  if (const auto file = read_file(path, limits::kConfigFileBytes)) {
    const Json json = Json::parse(as_text(*file), nullptr, false);
    const bool sound = json.is_object() && json.contains("root") && json["root"].is_string() &&
                       json.contains("sequence") && json["sequence"].is_number_unsigned();
    if (!sound) {
      return fail(ErrorKind::invalid, path.string() +
                                          ": damaged; remove it when the key bundle is known to "
                                          "be the newest");
    }
    const auto seen = json["sequence"].get<std::uint64_t>();
    if (json["root"].get<std::string>() == signer) {
      if (sequence == seen) return {};
      if (sequence < seen) {
        return fail(ErrorKind::refused,
                    "the key bundle has sequence " + std::to_string(sequence) +
                        ", this station has had " + std::to_string(seen) +
                        " already; give it the newest, or sign one with a larger number");
      }
    }
  } else if (file.error().kind != ErrorKind::not_found) {
    return std::unexpected(file.error());
  }
  const std::string text = Json{{"root", signer}, {"sequence", sequence}}.dump() + "\n";
  return write_file_durably(path, as_bytes(text));
}

}  // namespace backstamp::station
