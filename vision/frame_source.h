// Where pictures come from: a camera, a recorded dataset, a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::vision {

/// One picture of a piece, with what the camera said of it. Either `frame` holds pixels, or `file`
/// holds a picture file that is still to be unpacked (in a worker process: DecodePool::unpack), or
/// neither: then `fault` says why.
struct Capture {
  std::uint64_t piece = 0;  ///< recordings: running number from 1; a gap means a lost trigger
  std::string name;         ///< sample or file name; empty from a live camera
  Frame frame;
  Bytes file;

  // Of a live camera:
  SteadyTime arrived{};            ///< when its last line was in memory; unset in recordings
  std::uint64_t frame_number = 0;  ///< the camera's own running number; gaps are lost frames
  std::optional<std::uint64_t> camera_time_ns;  ///< the camera's own clock
  std::optional<std::uint64_t> trigger_count;   ///< its trigger counter (chunk data)
  std::optional<std::uint64_t> encoder;  ///< its encoder counter at exposure (chunk data), raw
  std::uint32_t marks = 0;               ///< postal::PieceMark bits: what the cutter of strips saw
  std::string fault;                     ///< "incomplete: 12 of 980 packets missing"
};

/// Thread-bound: one thread pulls.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// The next picture. A recording's end is none; a live camera waits for its next frame, survives
  /// whatever the camera does, and gives none only when it was told to stop. An Error concerns the
  /// source, not one picture, and is final.
  virtual Result<std::optional<Capture>> next() = 0;
  /// Skips to the piece after `piece`, so that a restarted replay does not repeat itself. A live
  /// camera has nothing to skip.
  virtual Result<void> resume_after(std::uint64_t piece) = 0;
};

}  // namespace backstamp::vision
