// What of a face is shown to those who look at evidence.
#pragma once

#include <cstdint>
#include <string_view>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::station {

/// What is left of a picture.
enum class Shown : std::uint8_t {
  whole,   ///< all of it
  codes,   ///< what was read and what was located, with a margin; the rest is paper
  layout,  ///< means over 2 mm, blended into each other: where things lie, and no letter of them
};
std::string_view to_string(Shown shown);  ///< "whole", "codes", "layout"

/// Makes names and addresses unreadable, in the frame itself: where codes were read or located,
/// these are left (Shown::codes); where there are none, the layout of the face is. A place that was
/// located and not read counts only when it is no larger than half of the face. `px_per_mm` 0: 8 is
/// taken. Outlines come from worker processes: any numbers will do.
Shown redact(vision::Frame& frame, const vision::FaceReading& reading, double px_per_mm,
             double margin_mm = 2.5);

/// The grey that most of the picture has.
std::uint8_t paper_grey(vision::ImageView face);

}  // namespace backstamp::station
