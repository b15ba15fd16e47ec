// The pictures named on the command line, one after the other, loaded when they are asked for.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "datasets/dataset.h"

namespace backstamp::programs {

struct NamedImage {
  std::string name;            ///< base name of the file, or KEY.EXT in a shard
  std::filesystem::path path;  ///< to be loaded; empty when `file` or `error` says it all
  Bytes file;                  ///< from a tar
  std::optional<Error> error;
};

/// Files, folders (their pictures by extension, sorted, not recursive), datasets and tars.
/// Thread-bound.
class ImageList {
 public:
  explicit ImageList(const std::vector<std::string>& arguments);
  /// The next picture; none at the end.
  std::optional<NamedImage> next();

 private:
  std::optional<NamedImage> from_shard();
  void open(const std::filesystem::path& path);

  std::deque<std::filesystem::path> arguments_;
  std::deque<NamedImage> pending_;
  std::optional<datasets::DatasetReader> shard_;
  std::string shard_name_;
};

/// Loads what `image` names into its `file`, or sets its error.
void load(NamedImage& image);

}  // namespace backstamp::programs
