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

/// Writes samples into shards. The dataset is complete only after finish(): the manifest is
/// written last and durably. Keys are 1 to 80 of [A-Za-z0-9_-] and single; extensions 1 to 16 of
/// [A-Za-z0-9.]. The same samples make the same bytes. Thread-bound.
class DatasetWriter {
 public:
  struct Options {
    std::filesystem::path directory;           ///< made; must not hold a manifest yet
    std::uint64_t shard_bytes = 256ull << 20;  ///< a new shard begins after this size
    std::string manifest_json = "{}";          ///< what the maker says of itself (object)
  };
  static Result<DatasetWriter> create(Options options);
  Result<void> add(const Sample& sample);
  Result<void> finish();

  DatasetWriter(DatasetWriter&&) noexcept;
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
  std::uint64_t sample_count() const;        ///< 0 for a tar without index
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
