// Pictures of no-reads, kept for people: written aside, never in the way of the line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "postal/event.h"
#include "vision/frame.h"

namespace backstamp::station {

/// Writes SAMPLE-or-piece.png with a .json of the event beside it, on a thread of its own. When
/// the disk is slower than the line, pictures are left out and counted; events never are.
class Evidence {
 public:
  /// Makes the folder. `limit_pictures` counts what is there already.
  static Result<Evidence> open(std::filesystem::path directory, std::uint64_t limit_pictures);

  /// Queues a copy of the picture; never waits.
  void keep(const postal::ScanEvent& event, vision::ImageView picture);

  struct Counters {
    std::uint64_t kept = 0;
    std::uint64_t left_out = 0;  ///< over the limit, the queue full, or the disk refused
  };
  /// Waits until what is queued is written, then says what became of all pictures.
  Counters settle();

  Evidence(Evidence&&) noexcept;
  ~Evidence();  ///< writes what is queued

 private:
  struct Impl;
  explicit Evidence(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
