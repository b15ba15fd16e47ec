// A symbol as a printer puts it on paper: edges that spread and fray, bands, holes, dead nozzles.
#pragma once

#include "datasets/mail/conditions.h"
#include "datasets/mail/surface.h"
#include "meter/drawing.h"

namespace backstamp::datasets {

/// Prints the symbol with its own top-left corner at `top_left`, turned by `turn_deg` (clockwise).
/// `element_mm` is what spread and raggedness are relative to: a module, of bars their width.
/// Without spread, raggedness and the rest, every edge lies where the grid says, to a fraction of a
/// pixel.
void print_symbol(Surface& surface, const meter::InkGrid& grid, meter::PointMm top_left,
                  double turn_deg, double element_mm, const PrintConditions& conditions,
                  Random& random);

/// The narrowest column of a grid: its module, or the width of its bars.
double element_of(const meter::InkGrid& grid);

}  // namespace backstamp::datasets
