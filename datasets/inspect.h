// Looking a dataset over: every checksum, every digest, every count; and taking members out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace backstamp::datasets {

struct DatasetSummary {
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;  ///< of the shards
  std::vector<std::string> shards;
  std::string maker_json = "{}";
};

/// What the manifest says. Fails as DatasetReader::open.
Result<DatasetSummary> summarise_dataset(const std::filesystem::path& folder);

struct Verification {
  std::uint64_t samples = 0;  ///< that are whole
  std::uint64_t members = 0;
  std::vector<std::string> faults;  ///< one sentence each, naming shard and member; at most 1,000
};

/// Called now and then with samples looked at so far and in all.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Checks sizes, SHA-256, CRC-32C, and that the tars hold exactly what their indexes say. An
/// Error only when there is no manifest to begin with.
Result<Verification> verify_dataset(const std::filesystem::path& folder, const Progress& progress);

struct Extraction {
  std::uint64_t files = 0;
  std::vector<std::string> faults;  ///< members that were damaged or refused
};

/// Writes the members whose names match `glob` (`*`, `?`, `[…]`; empty: all) into `folder`, made
/// when missing. Names never lead out of it, and no existing file is replaced. `source` is a
/// dataset folder or a tar. Without a glob the truth of all samples comes along as truth.jsonl
/// (truth_line of datasets/synthesizer.h), where there is any.
Result<Extraction> extract_members(const std::filesystem::path& source,
                                   const std::filesystem::path& folder, const std::string& glob,
                                   const Progress& progress);

}  // namespace backstamp::datasets
