// What one line of a line-scan camera shows: belt, or mail from here to there.
#pragma once

#include <cstdint>

#include "station/camera.h"

namespace backstamp::station::capture {

/// Where mail lies in a line, to 8 pixels; belt alone has none.
struct RowExtent {
  int left_px = -1;
  int right_px = -1;  ///< behind the last pixel

  bool mail() const { return left_px >= 0; }
};

/// Looks at the line in blocks of 8 pixels, of which 7 must be mail: grains of noise are no mail.
/// Print is dark as the belt is, so blocks that are less than `narrowest_px` apart belong together;
/// what has not as much mail as that in all is dirt.
RowExtent look_at_row(const std::uint8_t* row, int width_px, const StripConfig& config);

}  // namespace backstamp::station::capture
