// What reading a face may cost, counted in units of work: the same face ends at the same step,
// whoever else is working.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "vision/frame.h"

namespace backstamp::vision {

/// What the steps of the ladder are charged. A unit is about a microsecond of one core of the
/// machine of docs/benchmarks.md. Rounded means over the faces of a synthesized dataset: a charge
/// need not be what a step costs on this face, but must be the same every time.
namespace charge {
inline constexpr std::uint32_t kLocateKilopixel = 1;     ///< halving, tiles, regions
inline constexpr std::uint32_t kBarRowsKilopixel = 1;    ///< where rows keep step; of the half face
inline constexpr std::uint32_t kBarRow = 60;             ///< tracking, sampling, decoding one row
inline constexpr std::uint32_t kMatrixBox = 300;         ///< the comb and what might lie there
inline constexpr std::uint32_t kMatrixHypothesis = 150;  ///< the climb
inline constexpr std::uint32_t kMatrixAttempt = 30;      ///< one way to tell dark from light
inline constexpr std::uint32_t kMatrixStrokes = 1000;    ///< strokes divided out of a symbol
inline constexpr std::uint32_t kStackedBox = 60;         ///< both ends of a PDF417
inline constexpr std::uint32_t kStackedLook = 700;       ///< a lattice, or a further look at it
inline constexpr std::uint32_t kLinearBox = 140;
inline constexpr std::uint32_t kWholeKilopixel = 3;  ///< the library, one format
}  // namespace charge

/// The work that one face may still cost. Thread-bound.
class Effort {
 public:
  static constexpr std::uint32_t kUnlimited = 0xFFFFFFFF;

  /// At most `limit` units; `deadline` is a backstop for what takes longer than it is charged.
  explicit Effort(std::uint32_t limit = kUnlimited, SteadyTime deadline = SteadyTime::max())
      : limit_(limit), deadline_(deadline) {}

  /// Charges a step that is about to begin. False when it is to be left out: it would go beyond
  /// the limit, or the deadline has come. After that every step is to be left out.
  bool take(std::uint32_t units);

  bool ended() const { return ended_; }
  /// Whether it was the clock that ended it. The same face with `spent()` for its limit then ends
  /// at the same step without a clock.
  bool ended_by_clock() const { return ended_by_clock_; }
  std::uint32_t spent() const { return spent_; }

 private:
  std::uint32_t limit_;
  SteadyTime deadline_;
  std::uint32_t spent_ = 0;
  bool ended_ = false;
  bool ended_by_clock_ = false;
};

/// `per_kilopixel` for each thousand pixels of a picture, at least 1.
std::uint32_t charge_for(ImageView picture, std::uint32_t per_kilopixel);

}  // namespace backstamp::vision
