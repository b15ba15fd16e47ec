// The shard that is being written, or that a crash left unfinished: what of it is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"

namespace backstamp::datasets {

/// What a scan of an unfinished shard found.
struct OpenShard {
  ShardIndex index;               ///< whole samples alone; their CRCs are not known and 0
  std::uint64_t whole_bytes = 0;  ///< where the last of them ends
};

/// Walks the header blocks of a shard as TarWriter makes them. Ends where something is torn, of
/// another form or over a limit. A sample is whole when another one or an end of archive comes
/// after it (TarWriter::seal): before that, nobody can tell whether it has all its members. Fails:
/// not_found, io.
Result<OpenShard> scan_open_shard(const std::filesystem::path& path);

/// Finishes a shard that a crash left: cut after its last whole sample, ended, synced, its index
/// written durably. None when no sample is whole: then the file is removed. Fails: not_found, io,
/// unavailable (the disk is full).
Result<std::optional<ManifestShard>> recover_shard(const std::filesystem::path& path,
                                                   unsigned mode);

}  // namespace backstamp::datasets
