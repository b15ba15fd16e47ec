// From drawn ink to printed paper: what printing and handling do to a face.
#pragma once

#include <vector>

#include "datasets/synthesizer/conditions.h"
#include "datasets/synthesizer/layout.h"
#include "datasets/synthesizer/plane.h"

namespace backstamp::datasets {

/// Ink spread, dead nozzles, smears, scuffs and, where asked for, real damage. `outlines` are the
/// symbols' places on the face.
void spoil_ink(Plane& ink, const std::vector<meter::OutlineMm>& outlines,
               const Conditions& conditions, bool damaged, double px_per_mm, Random& random);

/// The face as paper with that ink on it, in grey levels.
Plane print_on_paper(const Plane& ink, const FaceLayout& layout, const Conditions& conditions,
                     double px_per_mm, Random& random);

}  // namespace backstamp::datasets
