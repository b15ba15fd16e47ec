// Recorded mail: a dataset is a folder with a manifest and tar shards (docs/formats/dataset.md).
//
//   dataset/manifest.json           what it is, how it was made, its shards with sizes and digests
//   dataset/shard-000000.tar        samples: KEY.png (or .pgm …), KEY.json (the truth), in order
//   dataset/shard-000000.index      one line a member: offset, size, CRC-32C, name
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::datasets {

/// All members of one key, WebDataset naming: KEY.EXT, where EXT begins after the first dot.
struct Sample {
  std::string key;
  std::map<std::string, Bytes> parts;  ///< by extension: "png", "pgm", "json", …

  /// The picture: the first part whose extension is a picture's; null when there is none.
  const Bytes* picture() const;
  std::string picture_extension() const;  ///< of that part; empty when there is none
  const Bytes* part(const std::string& extension) const;
};

/// Is there a manifest in this folder?
bool holds_dataset(const std::filesystem::path& folder);

/// Writes samples into shards. Keys are 1 to 80 of [A-Za-z0-9_-] and single; extensions 1 to 16 of
/// [A-Za-z0-9.]. Thread-bound.
///
/// create() makes a dataset at one go: it is complete only after finish(), as the manifest is
/// written last and durably. The same samples make the same bytes.
///
/// append() keeps one that grows for as long as one likes and can be read meanwhile: its manifest
/// is there from the beginning, and every sample can be read once add() has returned, also after
/// the process was killed. A power cut may cost what was added since the last rotate().
class DatasetWriter {
 public:
  struct Options {
    std::filesystem::path directory;           ///< made
    std::uint64_t shard_bytes = 256ull << 20;  ///< a new shard begins after this size
    std::string manifest_json = "{}";          ///< what the maker says of itself (object)
    unsigned file_mode = 0644;                 ///< permission of all files
  };
  /// Begins a dataset; the folder must not hold a manifest yet.
  static Result<DatasetWriter> create(Options options);
  /// Goes on with a dataset that append() began, or begins one. What a crash left is put in order:
  /// a torn sample at the end is cut, an unfinished shard is finished, rests of removed shards are
  /// removed. One process a folder; who calls sees to that. Keys must be single within a shard.
  /// Fails: refused (a dataset that was finished), invalid (not a manifest), io, unavailable.
  static Result<DatasetWriter> append(Options options);
  /// Fails: invalid (key, extension), limit (size), io, unavailable (the disk is full), and, of a
  /// growing dataset, not_found (its files were removed or moved away). After a failure to write,
  /// a growing dataset is to be opened anew by append(), which cuts what is torn.
  Result<void> add(const Sample& sample);
  /// Ends the shard that is being written, if there is one: synced, with its index, and in the
  /// manifest. The next sample begins another. Growing datasets only.
  Result<void> rotate();
  /// What one drop_oldest() removed; nothing when there was no shard.
  struct Dropped {
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;
  };
  /// Removes the oldest shard, also the one that is being written (it may be all there is on a full
  /// disk). Growing datasets only.
  Result<Dropped> drop_oldest();
  /// The tar of the oldest shard; none when there is no shard.
  std::optional<std::filesystem::path> oldest_shard() const;
  std::uint64_t bytes() const;       ///< of all shards
  std::uint64_t shards() const;      ///< the one that is being written included
  std::uint64_t open_bytes() const;  ///< of the shard that is being written
  /// Writes the last index and the manifest. Of a growing dataset no more than rotate().
  Result<void> finish();

  DatasetWriter(DatasetWriter&&) noexcept;
  DatasetWriter& operator=(DatasetWriter&&) noexcept;
  ~DatasetWriter();

 private:
  struct Impl;
  explicit DatasetWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads a dataset folder, or a single tar of pictures without index or manifest (ustar, pax or
/// GNU). In a dataset every member's CRC is checked when it is read. Thread-bound.
class DatasetReader {
 public:
  static Result<DatasetReader> open(const std::filesystem::path& path);
  /// 0 for a tar without index. Of a dataset that is being written to: what is there at open(),
  /// and no more than that is read.
  std::uint64_t sample_count() const;
  const std::string& manifest_json() const;  ///< the whole file; "{}" for a single tar
  /// The next sample; none at the end. An Error names the shard and the member; the reader stands
  /// after it, so the caller may go on.
  Result<std::optional<Sample>> next();
  /// After a failed next(): the key of the one sample that was damaged; empty when the failure
  /// concerns more than one (a shard, the end of a tar, a member without a usable name).
  const std::string& damaged_key() const;
  /// Skips `samples` samples without reading their contents where an index allows it.
  Result<void> skip(std::uint64_t samples);

  DatasetReader(DatasetReader&&) noexcept;
  DatasetReader& operator=(DatasetReader&&) noexcept;
  ~DatasetReader();

 private:
  struct Impl;
  explicit DatasetReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datasets
