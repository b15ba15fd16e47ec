// A dataset that is written to for long: its manifest, and what a crash left of its shards.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "datasets/shard/manifest.h"

namespace backstamp::datasets {

/// Writes manifest.json durably.
Result<void> save_manifest(const std::filesystem::path& folder, const Manifest& manifest,
                           unsigned mode);

/// Removes a shard and its index; it is no fault that they are gone already.
Result<void> remove_shard(const std::filesystem::path& folder, const std::string& file);

/// The manifest of a growing dataset, put in order; of an empty folder a new one. Fails: refused (a
/// finished dataset), invalid (not a manifest), io, unavailable.
Result<Manifest> recover_growing(const std::filesystem::path& folder, const std::string& maker_json,
                                 unsigned mode);

}  // namespace backstamp::datasets
