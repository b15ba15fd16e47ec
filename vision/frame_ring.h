// Memory for the frames of cameras, shared with the decode workers: a frame is written once, by the
// camera, and read where it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::vision {

struct FrameRingOptions {
  std::size_t slot_bytes = 8u << 20;  ///< the largest frame, width × height; rounded up to pages
  unsigned slots = 64;                ///< frames in memory at a time
  bool huge_pages = false;            ///< asked for; on_huge_pages() says whether there are any
  bool locked = false;                ///< asked for: never swapped out, all there from the start
};

/// Slots of one shared memory. Thread-safe; never waits, never allocates after create(). Lives as
/// long as the last shared_ptr, which must be longer than its frames.
///
/// A slot's pages are taken from the system when it is first written to and kept from then on; the
/// slot that came back last is lent first, so that a line touches no more of them than it needs.
class FrameRing final : public FrameKeeper {
 public:
  /// Fails: limit (slot_bytes or slots beyond limits.h), unavailable (no such memory, or more than
  /// half of the machine's). Huge pages and locking that the machine refuses are no failure.
  static Result<std::shared_ptr<FrameRing>> create(const FrameRingOptions& options);

  /// A slot as an uninitialised picture, rows packed. None when all are in use or the picture is
  /// empty or larger than a slot: whoever wanted it loses the frame, and counts it.
  std::optional<Frame> acquire(int width_px, int height_px);
  /// For Frame alone. A slot that is not lent out is a programming fault and ends the process.
  void give_back(std::uint8_t* pixels) noexcept override;

  std::size_t slot_bytes() const;
  unsigned slots() const;
  unsigned in_use() const;
  std::uint64_t refused() const;  ///< acquire() calls that got none because all were in use
  bool on_huge_pages() const;     ///< what the machine allowed
  bool locked() const;
  /// For a report: "64 slots of 8.0 MiB on ordinary pages (huge ones: none free), locked".
  std::string state() const;

  /// For decode workers: a descriptor of the memory that cannot be mapped for writing, written to,
  /// shrunk or grown, nor opened anew in a way that could (its seals are the memory's own).
  int descriptor() const;
  std::size_t total_bytes() const;
  /// Where in the memory a picture begins that lies in one slot, whole or a part of it; none when
  /// it lies elsewhere.
  std::optional<std::size_t> offset_of(ImageView view) const;

  ~FrameRing() override;

 private:
  struct Impl;
  explicit FrameRing(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::vision
