#include "vision/grid/grid.h"

#include <cmath>

#include "vision/grid/agreement.h"

namespace backstamp::vision {

GridMap::GridMap(const Quad& q, int columns, int rows) {
  // The map of the unit square to a quadrilateral (Heckbert 1989, section 2.2.3).
  const Point d1 = q[1] - q[2];
  const Point d2 = q[3] - q[2];
  const Point s = q[0] - q[1] + q[2] - q[3];
  const float det = d1.x * d2.y - d2.x * d1.y;
  const bool flat = std::abs(det) < 1e-6f;
  m_.g = flat ? 0 : (s.x * d2.y - d2.x * s.y) / det;
  m_.h = flat ? 0 : (d1.x * s.y - s.x * d1.y) / det;
  m_.a = q[1].x - q[0].x + m_.g * q[1].x;
  m_.b = q[3].x - q[0].x + m_.h * q[3].x;
  m_.c = q[0].x;
  m_.d = q[1].y - q[0].y + m_.g * q[1].y;
  m_.e = q[3].y - q[0].y + m_.h * q[3].y;
  m_.f = q[0].y;
  m_.per_column = 1.0f / static_cast<float>(columns);
  m_.per_row = 1.0f / static_cast<float>(rows);
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

constexpr float kWellPlaced = 0.8f;

}  // namespace

float module_px(const FixedPattern& pattern, const Quad& corners) {
  return (length(corners[1] - corners[0]) / static_cast<float>(pattern.columns) +
          length(corners[3] - corners[0]) / static_cast<float>(pattern.rows)) /
         2;
}

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
  const float module = module_px(pattern, corners);
  // Strokes and print that touch a symbol move an edge of its box by modules.
  if (climber.best < kWellPlaced) {
    for (const float share : {3.0f, 2.0f, 1.3f}) {
      climber.move_edges(share * module);
      climber.move_all(share * module);
    }
  }
  for (const float share : {0.7f, 0.35f, 0.2f}) {
    if (share > 0.5f && climber.best > kWellPlaced) continue;
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
