// Whose configuration a file is, told by its keys.
#pragma once

#include <filesystem>

#include "base/yaml.h"

namespace backstamp::programs {

enum class ConfigKind { station, datacenter };

/// A data center's has `database` or `waiting_period`; anything else is taken for a station's,
/// whose reader then names what is missing. Fails as Document::load.
inline Result<ConfigKind> config_kind(const std::filesystem::path& path) {
  auto document = yaml::Document::load(path);
  if (!document) return std::unexpected(document.error());
  const yaml::Section root = document->root();
  const bool center = root.has("database") || root.has("waiting_period");
  return center && !root.has("station") ? ConfigKind::datacenter : ConfigKind::station;
}

}  // namespace backstamp::programs
