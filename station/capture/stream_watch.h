// What is wrong with a stream of frames, seen from the frames alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "station/capture/driver.h"
#include "vision/frame.h"

namespace backstamp::station::capture {

/// What the frames before say of one frame.
struct FrameFinding {
  std::uint64_t lost = 0;     ///< frames that are missing before this one
  bool clock_jumped = false;  ///< the camera's clock did not go as ours
  bool frozen = false;        ///< the same picture as the frame before, byte for byte
  unsigned damaged_in_a_row = 0;
  unsigned frozen_in_a_row = 0;
};

/// Follows one camera's streams. Thread-bound; allocates nothing.
class StreamWatch {
 public:
  FrameFinding see(const DriverFrame& frame);
  /// The camera was started anew: numbers and clocks begin again, but for the count of triggers,
  /// where the camera keeps it: that tells what was missed meanwhile.
  void anew();

 private:
  std::uint64_t gap_before(std::uint64_t number);
  std::uint64_t triggers_missed(const DriverFrame& frame);
  bool clock_jump(const DriverFrame& frame);

  std::optional<std::uint64_t> number_;
  std::optional<std::uint64_t> triggers_;
  std::optional<std::uint64_t> camera_time_ns_;
  SteadyTime arrived_{};
  std::optional<std::uint64_t> print_;
  unsigned damaged_ = 0;
  unsigned frozen_ = 0;
};

/// A hash of every eighth run of 64 pixels, in each row another eighth: what differs in a spot of 8
/// rows has another print. The noise of a sensor alone makes any two pictures differ in many such
/// runs. Touches an eighth of the memory. None of a picture that is of one shade all over: a belt
/// without mail, or a cap on the lens, may be so for long.
std::optional<std::uint64_t> print_of(vision::ImageView picture);

}  // namespace backstamp::station::capture
