// Pieces out of the endless picture that a line-scan camera takes of the belt.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "station/camera.h"
#include "station/capture/driver.h"
#include "station/capture/strip_profile.h"
#include "vision/frame_source.h"

namespace backstamp::station::capture {

/// Lines that a slot must hold for these pieces.
int strip_lines(const StripConfig& config);

/// A number that grows evenly from line to line, told once a strip.
struct LineClock {
  std::optional<std::uint64_t> base;
  double per_line = 0;
  void begin_strip(std::optional<std::uint64_t> value, int lines_before);
  /// The value `lines` after one that was told.
  std::optional<std::uint64_t> on(std::optional<std::uint64_t> value, int lines) const;
};

/// What lies on the belt between two gaps.
struct StripBlob {
  std::optional<vision::Frame> slot;  ///< none: there was no memory
  int lines = 0;                      ///< in the slot, margins included
  int first = -1;                     ///< the first line with mail
  int last = -1;                      ///< the last one so far
  std::uint32_t marks = 0;
  vision::Capture data;  ///< as of its first line with mail
};

/// A piece of a blob: its lines with margins, and where it begins itself.
struct StripPart {
  int from = 0;
  int until = 0;
  int begin = 0;
  std::uint32_t marks = 0;
};

/// Takes strips (frames of some lines each) in their order and gives pieces, each in a slot, whole,
/// with a margin of belt before its leading and after its trailing edge, as wide as the line.
/// However the lines are cut into strips, the pieces are the same. What it cannot tell apart it
/// marks (postal::PieceMark): pieces without a gap are cut where they touch, if that can be seen.
/// Thread-bound. Holds one slot while a piece passes, for a moment one more for each that touches.
class StripCutter {
 public:
  StripCutter(const StripConfig& config, AcquireSlot acquire);

  /// Looks at every line of `strip.frame`; adds the pieces that ended to `out`. A piece has the
  /// numbers and times of the strip in which its leading edge lay, counted on to that line, but
  /// `arrived` of the strip in which its trailing edge did.
  void take(const vision::Capture& strip, std::vector<vision::Capture>& out);
  /// Lines are missing from here on: what is on its way ends here, marked cut_short.
  void break_off(std::vector<vision::Capture>& out);
  std::uint64_t dirt() const { return dirt_; }  ///< spots that were too short to be mail

 private:
  void line(const std::uint8_t* pixels, const vision::Capture& strip, int y,
            std::vector<vision::Capture>& out);
  void remember(const std::uint8_t* pixels);
  void begin(const vision::Capture& strip, int y);
  void append(const std::uint8_t* pixels, const RowExtent& extent);
  void finish(std::vector<vision::Capture>& out);
  void overflow(std::vector<vision::Capture>& out);
  std::vector<StripPart> parts_until(int end, const ProfileFinding& found) const;
  void emit(const std::vector<StripPart>& parts, std::vector<vision::Capture>& out);
  StripBlob rest_from(int line, std::uint32_t marks);
  vision::Capture data_at(int line) const;
  std::optional<vision::Frame> copy(int from, int until, int room);

  const StripConfig config_;
  const AcquireSlot acquire_;
  int width_px_ = 0;
  bool at_break_ = true;               ///< no line of belt was seen since the stream began
  std::vector<std::uint8_t> history_;  ///< the last lines of belt, the oldest at history_at_
  int history_lines_ = 0;
  int history_at_ = 0;
  std::optional<StripBlob> blob_;
  std::vector<RowExtent> rows_;     ///< of the blob's lines
  SteadyTime arrived_{};            ///< of this strip
  SteadyTime last_mail_arrived_{};  ///< of the strip with the blob's last line of mail
  int lines_before_ = 0;            ///< of the strip before
  LineClock encoder_;
  LineClock camera_time_;
  std::uint64_t dirt_ = 0;
};

}  // namespace backstamp::station::capture
