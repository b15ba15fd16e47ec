// Letters of strokes: what hands write, and what postmarks bear along their circle.
#pragma once

#include <string_view>
#include <vector>

#include "datasets/mail/surface.h"
#include "datasets/random.h"

namespace backstamp::datasets {

/// How a hand writes.
struct Hand {
  double size_mm = 4;      ///< height of a capital
  double width_mm = 0.5;   ///< of the pen
  double slant = 0.1;      ///< to the right, of the height
  double unsteady = 0.05;  ///< how far points go astray, of the size; 0 for type
};

Hand invent_hand(Random& random);

/// Capitals and digits of `text` (small letters become capitals, unknown ones blanks) from `at`
/// (the top-left corner of the first letter) along a line that is turned by `turn_deg`.
std::vector<PenLine> write_line(std::string_view text, meter::PointMm at, double turn_deg,
                                const Hand& hand, Random& random);
/// As write_line, standing on the circle about `centre`, the middle of the text at its top.
std::vector<PenLine> write_arc(std::string_view text, meter::PointMm centre, double radius_mm,
                               double turn_deg, const Hand& hand, Random& random);
/// A signature or scribble of this length.
PenLine scribble(meter::PointMm at, double length_mm, double height_mm, double width_mm,
                 Random& random);
/// How long write_line makes a text.
double written_width_mm(std::string_view text, const Hand& hand);

}  // namespace backstamp::datasets
