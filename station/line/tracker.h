// Which picture belongs to which piece: a pure function of triggers and frames in the order of
// their coming. Nothing here waits, reads a clock or looks at a pixel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "station/line.h"
#include "station/line/encoder.h"

namespace backstamp::station {

inline constexpr std::size_t kMostCameras = 8;       ///< of one lane
inline constexpr std::size_t kMostOpenPieces = 256;  ///< of one lane, waiting for pictures
inline constexpr std::size_t kMostEarlyFrames = 16;  ///< of one lane, waiting for their trigger

/// A piece that waits for pictures. `slot` names it for the caller.
struct OpenPiece {
  std::uint32_t slot = 0;
  SteadyTime at{};                     ///< of its trigger
  std::optional<std::int64_t> counts;  ///< of its trigger
  std::uint32_t came = 0;              ///< bit n: the picture of camera n
};

/// A frame as far as it matters here.
struct FrameSign {
  std::uint32_t camera = 0;
  std::uint32_t token = 0;  ///< names the frame for the caller
  SteadyTime at{};          ///< arrived
  std::optional<std::uint32_t> encoder;
};

/// Thread-bound. Memory is taken once.
class Tracker {
 public:
  explicit Tracker(const LineLane& lane);

  struct Opened {
    std::uint32_t marks = 0;  ///< too_close
    bool reversed = false;    ///< the belt went back before it
    std::optional<std::int64_t> counts;
  };
  /// A piece is there: it is open as `slot` from now on. Frames that came before their trigger are
  /// then asked for with claim().
  Opened open(std::uint32_t slot, const Trigger& trigger);
  /// A piece that only its picture told of: it says nothing of where the belt is now.
  Opened open_untriggered(std::uint32_t slot, const Trigger& picture);

  /// The open piece whose picture this frame is; none: it is nobody's yet, and is kept as an early
  /// one if `keep_early`.
  std::optional<std::uint32_t> place(const FrameSign& frame, bool keep_early);
  /// An early frame that belongs to an open piece by now: its token and the piece. Ask until none.
  struct Claimed {
    std::uint32_t token = 0;
    std::uint32_t camera = 0;
    std::uint32_t slot = 0;
  };
  std::optional<Claimed> claim();
  /// An early frame that no trigger will come for any more. Ask until none.
  std::optional<FrameSign> orphan(SteadyTime now);
  /// An open piece all of whose pictures have come, or whose time for them is over. It is open no
  /// more. `missing`: bits of the cameras that gave none. Ask until none.
  struct Closed {
    std::uint32_t slot = 0;
    std::uint32_t missing = 0;
  };
  std::optional<Closed> close(SteadyTime now);
  /// The caller knows whose picture it is (the camera that triggers).
  void attach(std::uint32_t slot, std::uint32_t camera);
  /// The machine stood still for so long: everything that is awaited comes later by that.
  void shift(std::chrono::nanoseconds by);
  /// It waits for nothing any more (it was decided).
  void forget(std::uint32_t slot);
  /// When orphan() or close() will have something to say if nothing comes; none: never.
  std::optional<SteadyTime> next_due() const;
  std::size_t open_pieces() const { return open_.size(); }

 private:
  /// How far a frame is from where the piece's would be, of what is allowed (≤ 1: it may be it).
  double distance(const OpenPiece& piece, const FrameSign& frame) const;
  OpenPiece* nearest(const FrameSign& frame);
  SteadyTime frames_due(const OpenPiece& piece) const;
  bool orphaned(const FrameSign& frame, SteadyTime now) const;

  std::uint32_t cameras_;
  std::uint32_t all_;  ///< bits of all cameras
  EncoderConfig encoder_config_;
  std::vector<std::int64_t> offset_counts_;
  std::vector<std::chrono::microseconds> delay_;
  std::chrono::microseconds longest_delay_{};
  std::chrono::microseconds window_;
  /// Where places tell whose a picture is, it may come late, and so may its trigger: nothing is
  /// gained by giving up before the piece must be decided.
  std::chrono::microseconds await_frames_;
  std::chrono::microseconds await_trigger_;
  std::chrono::microseconds closest_;
  Encoder encoder_;
  std::vector<OpenPiece> open_;
  std::vector<FrameSign> early_;
  std::optional<SteadyTime> last_trigger_;
};

}  // namespace backstamp::station
