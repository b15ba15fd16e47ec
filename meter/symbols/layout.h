// A symbol as rectangles of ink in millimetres: the border between libzint, which knows the
// symbologies, and cairo, which knows how to paint.
#pragma once

#include <vector>

#include "meter/drawing.h"

namespace backstamp::meter {

/// A rectangle of ink, relative to the symbol's own top-left corner.
struct InkRect {
  double x_mm = 0;
  double y_mm = 0;
  double width_mm = 0;
  double height_mm = 0;
};

struct SymbolLayout {
  double width_mm = 0;
  double height_mm = 0;
  std::vector<InkRect> ink;  ///< neighbours touch; to be filled as one path
};

/// The runs of ink of a grid: along rows, or (`bars`) one for each bar.
SymbolLayout lay_out_grid(const InkGrid& grid);

/// Encodes the content and lays the symbol out, without quiet zone and rotation. Fails: invalid
/// (the symbology cannot hold this content, the measures make no sense), limit (content size).
Result<SymbolLayout> lay_out_symbol(const SymbolPlan& plan);

/// The facing identification mark D of metered mail: bars 1/32 inch wide, 5/8 inch tall
/// (DMM 708.9; libzint holds the pattern).
Result<SymbolLayout> lay_out_fim_d();

}  // namespace backstamp::meter
