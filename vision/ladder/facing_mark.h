// The facing identification mark of the USPS: which way up a piece is, and that it is machinable.
#pragma once

#include <optional>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// The FIM in the upper third, not far left of the middle, or, on a face that is upside down, in
/// the lower third, not far right of it. `half` is the face at half scale; the outline is in pixels
/// of the face. Looks at lines eight pixels apart and wants five in a row with the bars of one FIM
/// and nothing beside them, over the height that a FIM has: print and codes never have that. At 5
/// to 12 pixels of `half` from bar to bar (1/16 inch: 160 to 380 dpi). A pure function; reentrant.
std::optional<FacingMark> find_facing_mark(ImageView half);

}  // namespace backstamp::vision
