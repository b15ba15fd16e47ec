// Writes records into segments: the only place that writes the log's files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "uplink/spool/catalog.h"
#include "uplink/spool/record.h"
#include "uplink/storage.h"

namespace backstamp::uplink::spool {

struct WriterOptions {
  std::filesystem::path directory;
  std::string station;
  std::uint64_t epoch = 0;
  std::uint64_t segment_bytes = 0;  ///< a new segment begins once the last one has this size
};

/// The file name of a segment: its first sequence in 20 digits and ".seg".
std::string segment_name(std::uint64_t first_sequence);

/// Thread-bound. After a failure it must not be used again.
class SegmentWriter {
 public:
  SegmentWriter(WriterOptions options, std::shared_ptr<Storage> storage)
      : options_(std::move(options)), storage_(std::move(storage)) {}

  /// Makes a segment and has it, and its name, on stable storage.
  Result<std::filesystem::path> begin_segment(std::uint64_t first_sequence, const Sha256& previous);
  /// Goes on behind the last good record of a segment: cuts what follows, then syncs all of it.
  Result<void> resume_segment(const std::filesystem::path& path, std::uint64_t good_end,
                              const Sha256& previous);

  /// Puts a record behind the last one, in memory, or begins a new segment for it.
  Result<Placement> add(RecordType type, std::uint64_t sequence, ByteView payload);
  /// Writes and syncs what was added.
  Result<void> commit();

 private:
  WriterOptions options_;
  std::shared_ptr<Storage> storage_;
  std::unique_ptr<StorageFile> file_;
  std::uint64_t written_ = 0;  ///< bytes of the segment that are in the file
  Bytes pending_;              ///< bytes behind them
  Sha256 previous_{};
};

}  // namespace backstamp::uplink::spool
