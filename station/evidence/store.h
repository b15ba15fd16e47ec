// The folders of the evidence: what is where, what goes when, and how much may be there.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "datasets/dataset.h"
#include "station/evidence.h"

namespace backstamp::station {

/// How many bytes the file system of a folder has free for others than its owner's reserve.
using FreeSpace = std::function<Result<std::uint64_t>(const std::filesystem::path&)>;
Result<std::uint64_t> free_space(const std::filesystem::path& folder);

/// DIR/CLASS/YYYY-MM-DD, each a growing dataset of one day (UTC) whose shards end by size and by
/// the hour. Thread-bound: the evidence's writer has it.
class EvidenceStore {
 public:
  static Result<EvidenceStore> open(const EvidenceConfig& config, std::string station,
                                    AlarmSink alarms, FreeSpace space = free_space);

  /// Writes the pictures of a piece, after making room for them. Fails: unavailable (no room under
  /// the quota or on the disk), io, refused, not_found.
  Result<void> put(EvidenceClass kind, const std::vector<datasets::Sample>& samples, UtcTime now);
  /// To be called now and then: ends shards whose hour is over, looks at the disk's space, and
  /// removes what is too old. `clock_trusted` false: nothing is too old, as nobody knows the day.
  void tend(UtcTime now, bool clock_trusted);
  /// Ends all shards that are being written.
  void close();

  std::uint64_t removed() const { return removed_; }
  std::array<std::uint64_t, kEvidenceClasses> bytes() const;

 private:
  /// A class's dataset of one day. Without a writer it cannot be understood or written: it is left
  /// alone until it is the oldest, and then goes whole.
  struct Folder {
    std::filesystem::path path;
    std::optional<datasets::DatasetWriter> writer;
    std::uint64_t bytes_unknown = 0;  ///< of one without a writer
    std::int64_t hour = 0;            ///< of the shard that is being written
    std::uint64_t bytes() const { return writer ? writer->bytes() : bytes_unknown; }
  };
  using Name = std::pair<EvidenceClass, std::string>;  ///< class and day: folders in their order
  using Folders = std::map<Name, Folder>;

  EvidenceStore(const EvidenceConfig& config, std::string station, AlarmSink alarms,
                FreeSpace space);
  Result<void> make_folders() const;
  void find_folders();
  Result<Folder*> folder_of_day(EvidenceClass kind, UtcTime now);
  Result<datasets::DatasetWriter> open_writer(const Name& name);
  Result<void> add(EvidenceClass kind, const std::vector<datasets::Sample>& samples, UtcTime now);

  std::uint64_t bytes_of(EvidenceClass kind) const;
  Result<void> make_room(EvidenceClass kind, std::uint64_t bytes);
  Result<void> keep_floor(std::uint64_t bytes);
  void remove_old(UtcTime now);
  Folders::iterator oldest_of(EvidenceClass kind);
  Folders::iterator oldest_of_all();
  /// Removes the oldest shard of a folder, and the folder when it was the last.
  bool drop_from(Folders::iterator folder);
  void tell_floor(bool low, std::uint64_t free);
  void tell_failure(const Error* error);

  EvidenceConfig config_;
  std::string station_;
  AlarmSink alarms_;
  FreeSpace space_;
  UniqueFd lock_;
  Folders folders_;
  std::uint64_t removed_ = 0;
  bool floor_alarm_ = false;
  bool failure_alarm_ = false;
};

}  // namespace backstamp::station
