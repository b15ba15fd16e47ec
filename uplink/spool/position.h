// The acknowledged position, kept in two slots of one file that are written in turn: a torn write
// leaves the other one (docs/formats/spool.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "uplink/storage.h"

namespace backstamp::uplink::spool {

struct Position {
  std::uint64_t epoch = 0;
  std::uint64_t acknowledged = 0;
};

/// Thread-bound.
class PositionFile {
 public:
  /// Opens or makes `path`. What it held is in `stored()`: none when new or both slots damaged.
  static Result<PositionFile> open(const std::filesystem::path& path, Storage& storage);
  const std::optional<Position>& stored() const { return stored_; }
  /// On stable storage when this succeeds.
  Result<void> store(const Position& position);

 private:
  std::unique_ptr<StorageFile> file_;
  std::optional<Position> stored_;
  std::uint64_t counter_ = 0;  ///< of the last write; odd and even go to different slots
};

}  // namespace backstamp::uplink::spool
