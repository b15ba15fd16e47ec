// Recorded mail as a source of pieces: a dataset, a tar of pictures, a folder of pictures.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/dataset.h"
#include "vision/frame_source.h"

namespace backstamp::datasets {

/// Feeds the samples of a dataset in order: piece 1 is the first sample. `Capture::file` holds the
/// picture file, `Capture::name` is KEY.EXT. A sample that is damaged or has no picture is still a
/// piece: its `file` is empty, and what was wrong is in damage(). Thread-bound.
class ReplaySource final : public vision::FrameSource {
 public:
  explicit ReplaySource(DatasetReader reader) : reader_(std::move(reader)) {}

  Result<std::optional<vision::Capture>> next() override;
  Result<void> resume_after(std::uint64_t piece) override;

  /// Why the last piece has no picture, naming shard and member; empty when it has one.
  const std::string& damage() const { return damage_; }
  /// The truth of the last piece (its KEY.json); empty when it has none.
  const Bytes& truth() const { return truth_; }
  /// How many samples there are; 0 when that is not known beforehand (a tar).
  std::uint64_t sample_count() const { return reader_.sample_count(); }

 private:
  DatasetReader reader_;
  std::uint64_t piece_ = 0;
  std::string damage_;
  Bytes truth_;
};

/// Feeds picture files in the byte order of their names. A file that cannot be read is still a
/// piece with an empty `file`. Thread-bound.
class FolderSource final : public vision::FrameSource {
 public:
  /// The picture files (by extension) directly in `folder`. Fails: not_found, io, invalid (none
  /// there), limit (over a million).
  static Result<FolderSource> open(const std::filesystem::path& folder);
  /// Exactly these files, in this order.
  explicit FolderSource(std::vector<std::filesystem::path> files) : files_(std::move(files)) {}

  Result<std::optional<vision::Capture>> next() override;
  Result<void> resume_after(std::uint64_t piece) override;
  const std::string& damage() const { return damage_; }
  std::uint64_t sample_count() const { return files_.size(); }

 private:
  std::vector<std::filesystem::path> files_;
  std::uint64_t piece_ = 0;
  std::string damage_;
};

/// The source for what a user named: a dataset folder, a .tar, a folder of pictures or one
/// picture file.
Result<std::unique_ptr<vision::FrameSource>> open_source(const std::filesystem::path& path);

}  // namespace backstamp::datasets
