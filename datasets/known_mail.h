// Pictures of mail together with what is really on them: a dataset, or a folder with a truth.jsonl.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "datasets/face_truth.h"

namespace backstamp::datasets {

struct KnownFace {
  FaceTruth truth;
  Bytes picture;  ///< the picture file, packed
};

/// Goes through the faces of a dataset (or a single shard) whose samples have a picture and a
/// KEY.json, or through the lines of FOLDER/truth.jsonl, each of which names a picture of that
/// folder. Thread-bound.
class KnownMail {
 public:
  /// Fails: not_found (neither is there), and as DatasetReader::open and read_file.
  static Result<KnownMail> open(const std::filesystem::path& path);

  /// The next face; none at the end. An Error concerns one face: the caller may go on.
  Result<std::optional<KnownFace>> next();

  KnownMail(KnownMail&&) noexcept;
  KnownMail& operator=(KnownMail&&) noexcept;
  ~KnownMail();

 private:
  struct Impl;
  explicit KnownMail(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datasets
