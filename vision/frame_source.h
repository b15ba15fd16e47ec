// Where pictures come from: a camera, a recorded dataset, a folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "vision/frame.h"

namespace backstamp::vision {

/// One triggered piece with its picture. Either `frame` holds pixels, or `file` holds a picture
/// file that is still to be unpacked (in a worker process: DecodePool::unpack).
struct Capture {
  std::uint64_t piece = 0;  ///< running number from 1; a gap means a lost trigger
  std::string name;         ///< sample or file name; empty from a live camera
  Frame frame;
  Bytes file;
};

/// Thread-bound: one thread pulls.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// The next piece; none at the end. An Error concerns the source, not one picture.
  virtual Result<std::optional<Capture>> next() = 0;
  /// Skips to the piece after `piece`, so that a restarted replay does not repeat itself.
  virtual Result<void> resume_after(std::uint64_t piece) = 0;
};

}  // namespace backstamp::vision
