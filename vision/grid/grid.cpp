#include "vision/grid/grid.h"

#include <cmath>

namespace backstamp::vision {

GridMap::GridMap(const Quad& q, int columns, int rows)
    : per_column_(1.0f / static_cast<float>(columns)), per_row_(1.0f / static_cast<float>(rows)) {
  // The map of the unit square to a quadrilateral (Heckbert 1989, section 2.2.3).
  const Point d1 = q[1] - q[2];
  const Point d2 = q[3] - q[2];
  const Point s = q[0] - q[1] + q[2] - q[3];
  const float det = d1.x * d2.y - d2.x * d1.y;
  const bool flat = std::abs(det) < 1e-6f;
  g_ = flat ? 0 : (s.x * d2.y - d2.x * s.y) / det;
  h_ = flat ? 0 : (d1.x * s.y - s.x * d1.y) / det;
  a_ = q[1].x - q[0].x + g_ * q[1].x;
  b_ = q[3].x - q[0].x + h_ * q[3].x;
  c_ = q[0].x;
  d_ = q[1].y - q[0].y + g_ * q[1].y;
  e_ = q[3].y - q[0].y + h_ * q[3].y;
  f_ = q[0].y;
}

float agreement(ImageView face, const FixedPattern& pattern, const Quad& corners) {
  const GridMap map(corners, pattern.columns, pattern.rows);
  float sum = 0, squares = 0, product = 0;
  float signs = 0;
  for (const FixedPattern::Cell& cell : pattern.cells) {
    const float value =
        brightness(face, map.face_from_module(static_cast<float>(cell.column) + 0.5f,
                                              static_cast<float>(cell.row) + 0.5f));
    const float sign = cell.dark ? -1.0f : 1.0f;
    sum += value;
    squares += value * value;
    product += value * sign;
    signs += sign;
  }
  const auto n = static_cast<float>(pattern.cells.size());
  const float variance = squares - sum * sum / n;
  const float sign_variance = n - signs * signs / n;
  if (variance < n || sign_variance <= 0) return 0;  // below a grey level: nothing there
  return (product - sum * signs / n) / std::sqrt(variance * sign_variance);
}

namespace {

/// Tries corners moved as told and keeps them when the agreement grows.
struct Climber {
  ImageView face;
  const FixedPattern& pattern;
  Quad corners;
  float best;

  bool attempt(const Quad& moved) {
    const float value = agreement(face, pattern, moved);
    if (value <= best) return false;
    best = value;
    corners = moved;
    return true;
  }

  /// Both corners of edge i (from corner i to the next), across the edge.
  bool move_edges(float step) {
    bool better = false;
    for (std::size_t i = 0; i < 4; ++i) {
      for (const float way : {step, -step}) {
        Quad moved = corners;
        const std::size_t next = (i + 1) % 4;
        const Point outward = corners[i] - corners[(i + 3) % 4];
        const float size = length(outward);
        if (size < 1) continue;
        const Point shift = outward * (way / size);
        moved[i] = moved[i] + shift;
        moved[next] = moved[next] + shift;
        if (attempt(moved)) {
          better = true;
          break;
        }
      }
    }
    return better;
  }

  bool move_corners(float step) {
    bool better = false;
    for (std::size_t i = 0; i < 4; ++i) {
      for (const Point way : {Point{step, 0}, {-step, 0}, {0, step}, {0, -step}}) {
        Quad moved = corners;
        moved[i] = moved[i] + way;
        if (attempt(moved)) {
          better = true;
          break;
        }
      }
    }
    return better;
  }

  /// All four: what the edges one by one cannot do without leaving the pattern.
  bool move_all(float step) {
    bool better = false;
    for (const Point way : {Point{step, 0}, {-step, 0}, {0, step}, {0, -step}}) {
      Quad moved = corners;
      for (Point& p : moved) p = p + way;
      better = attempt(moved) || better;
    }
    return better;
  }
};

float module_px(const FixedPattern& pattern, const Quad& corners) {
  return (length(corners[1] - corners[0]) / static_cast<float>(pattern.columns) +
          length(corners[3] - corners[0]) / static_cast<float>(pattern.rows)) /
         2;
}

}  // namespace

float approach(ImageView face, const FixedPattern& pattern, Quad& corners) {
  Climber climber{face, pattern, corners, agreement(face, pattern, corners)};
  const float module = module_px(pattern, corners);
  climber.move_all(0.6f * module);
  climber.move_edges(0.6f * module);
  corners = climber.corners;
  return climber.best;
}

float climb(ImageView face, const FixedPattern& pattern, Quad& corners) {
  Climber climber{face, pattern, corners, agreement(face, pattern, corners)};
  const float module = (length(corners[1] - corners[0]) / static_cast<float>(pattern.columns) +
                        length(corners[3] - corners[0]) / static_cast<float>(pattern.rows)) /
                       2;
  for (const float share : {0.7f, 0.35f, 0.2f}) {
    for (int i = 0; i < 3; ++i) {
      bool better = climber.move_all(share * module);
      better = climber.move_edges(share * module) || better;
      better = climber.move_corners(share * module) || better;
      if (!better) break;
    }
  }
  for (int i = 0; i < 3 && climber.move_corners(0.1f * module); ++i) {
  }
  corners = climber.corners;
  return climber.best;
}

}  // namespace backstamp::vision
