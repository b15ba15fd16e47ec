#include "station/replay_position.h"

#include <nlohmann/json.hpp>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"

namespace backstamp::station {
namespace {

using Json = nlohmann::json;

/// What tells one source from another: its place, and of a dataset what its manifest says.
std::string identity_of(const std::filesystem::path& source) {
  std::error_code ignored;
  std::string identity = std::filesystem::weakly_canonical(source, ignored).string();
  if (const auto manifest = read_file(source / "manifest.json", limits::kManifestBytes)) {
    identity += " " + std::to_string(crc32c(*manifest));
  }
  return identity;
}

}  // namespace

Result<ReplayPosition> find_position(const std::filesystem::path& journal_directory,
                                     const std::filesystem::path& source,
                                     std::uint64_t last_piece) {
  const auto path = journal_directory / "source.json";
  const std::string identity = identity_of(source);
  if (const auto file = read_file(path, limits::kConfigFileBytes)) {
    const Json json = Json::parse(as_text(*file), nullptr, false);
    const bool sound = json.is_object() && json.contains("source") && json["source"].is_string() &&
                       json.contains("offset") && json["offset"].is_number_unsigned();
    if (!sound) {
      return fail(ErrorKind::invalid, path.string() +
                                          ": damaged; remove it to begin the source "
                                          "anew, its pieces numbered on");
    }
    const auto offset = json["offset"].get<std::uint64_t>();
    if (json["source"].get<std::string>() == identity && offset <= last_piece) {
      return ReplayPosition{last_piece - offset, offset};
    }
  } else if (file.error().kind != ErrorKind::not_found) {
    return std::unexpected(file.error());
  }
  const std::string text = Json{{"source", identity}, {"offset", last_piece}}.dump() + "\n";
  if (auto written = write_file_durably(path, as_bytes(text)); !written) {
    return std::unexpected(written.error());
  }
  return ReplayPosition{0, last_piece};
}

}  // namespace backstamp::station
