// The lattice of words in a PDF417: where each row and each column of words lies.
#pragma once

#include <optional>
#include <vector>

#include "vision/frame.h"
#include "vision/locate/geometry.h"
#include "vision/stacked/anchors.h"

namespace backstamp::vision::stacked {

/// Words lie in rows and columns; column 0 is the start pattern, 1 the left row indicator, then the
/// data columns, the right row indicator and the stop pattern. Boundary k of the columns is where
/// column k begins; the last ends the stop pattern.
class Lattice {
 public:
  int data_columns() const { return data_columns_; }
  int columns() const { return data_columns_ + 4; }
  int rows() const { return rows_; }
  float module_px() const { return module_px_; }
  float row_height_px() const { return row_height_; }

  /// A point on the face: at a boundary of columns, and a row (2.5 is the middle of row 2).
  Point at(int boundary, float row) const;

 private:
  friend class LatticeFinder;
  OrientedBox box_;
  Edge left_;
  Edge right_;
  int data_columns_ = 0;
  int rows_ = 0;
  float module_px_ = 0;
  float row_height_ = 0;
  std::vector<float> across_;  ///< by boundary: 0 at the left edge, 1 at the right one
  std::vector<float> top_;     ///< by boundary: y of the first row's upper side
};

/// Columns from the edge with which each word begins, rows from where the lines change; so far as
/// both ends were seen and a row beyond. The first row is any row of the symbol or the margin.
/// With `row_modules` rows are taken to be about so many modules high, without it their height is
/// what repeats most.
std::optional<Lattice> find_lattice(ImageView face, const Anchors& anchors, float row_modules = 0);

}  // namespace backstamp::vision::stacked
