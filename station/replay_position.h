// Where a replay stands: a restarted station goes on after the last piece of its journal.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace backstamp::station {

struct ReplayPosition {
  std::uint64_t done = 0;    ///< pieces of this source that the journal holds
  std::uint64_t offset = 0;  ///< the journal's piece number minus the source's
};

/// The journal knows its last piece; the file `source.json` beside its segments says of which
/// source and from which number on. Another source than the last one begins at its first piece,
/// and its pieces are numbered on from the journal's last. Writes that file when it changes.
/// Fails: io, invalid (the file was damaged: it names it).
Result<ReplayPosition> find_position(const std::filesystem::path& journal_directory,
                                     const std::filesystem::path& source, std::uint64_t last_piece);

}  // namespace backstamp::station
