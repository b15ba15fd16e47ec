// The modules' own lattice, from the step of the combs, and where on it a symbol can lie.
#pragma once

#include <optional>
#include <vector>

#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/grid/pattern.h"
#include "vision/grid/pitch.h"
#include "vision/locate/geometry.h"

namespace backstamp::vision {

/// Cells of module size on a face: that of column i and row j has its corner at origin + right · i
/// + down · j.
struct Lattice {
  Point origin, right, down;
  int columns = 0, rows = 0;        ///< that were looked at
  std::vector<float> brightness{};  ///< of their middles, row by row
  /// The cells that have the combs both ways, in step: strokes and print that touch a symbol widen
  /// its box, but have no comb, or not that one.
  int left = 0, top = 0, right_end = 0, bottom_end = 0;
};

/// The lattice of a box with this pitch; none where its combs do not hang together.
std::optional<Lattice> lattice_of(ImageView face, const OrientedBox& box, const Pitch& pitch);

/// A pattern laid on cells of a lattice.
struct Placement {
  const FixedPattern* pattern = nullptr;
  Quad corners{};
  float agreement = 0;  ///< as agreement.h has it, by the cells' middles
};

/// Each size of a symbology that lies about where the combs are, in each of four directions, at the
/// place where it agrees best.
std::vector<Placement> placements(const Lattice& lattice, postal::Symbology symbology);

}  // namespace backstamp::vision
