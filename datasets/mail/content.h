// Invented contents of postal symbols, right by every check digit and field of their standards.
#pragma once

#include "base/bytes.h"
#include "datasets/random.h"
#include "meter/drawing.h"

namespace backstamp::datasets {

/// A symbol to be printed: its content, and what of its form follows from the content (size of a
/// Data Matrix, GS1). Measures are not set.
meter::SymbolPlan invent_indicium(Random& random);
meter::SymbolPlan invent_identification(Random& random, bool flat);

}  // namespace backstamp::datasets
