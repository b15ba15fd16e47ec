#include "datasets/mail/print_symbol.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/synthesizer/noise.h"

namespace backstamp::datasets {
namespace {

constexpr double kFar_mm = 100;

/// Which of a grid's columns (or rows) a place lies in, -1 before the first and `count` behind the
/// last. A table of the nearest answers, then a step or two.
class Cells {
 public:
  explicit Cells(const std::vector<double>& borders) : borders_(borders) {
    double narrowest = borders.back();
    for (std::size_t i = 1; i < borders.size(); ++i) {
      narrowest = std::min(narrowest, borders[i] - borders[i - 1]);
    }
    const double steps = std::min(20000.0, std::ceil(borders.back() / std::max(narrowest, 1e-3)));
    per_mm_ = steps / borders.back();
    int cell = 0;
    for (int step = 0; step <= static_cast<int>(steps); ++step) {
      while (cell + 1 < count() && borders[static_cast<std::size_t>(cell) + 1] * per_mm_ <= step) {
        ++cell;
      }
      table_.push_back(cell);
    }
  }
  int count() const { return static_cast<int>(borders_.size()) - 1; }
  int find(double at_mm) const {
    if (at_mm < 0) return -1;
    if (at_mm >= borders_.back()) return count();
    int cell = table_[static_cast<std::size_t>(at_mm * per_mm_)];
    while (at_mm >= borders_[static_cast<std::size_t>(cell) + 1]) ++cell;
    return cell;
  }
  /// How far a place in `cell` lies behind the cell's beginning, and before its end.
  double behind(int cell, double at_mm) const {
    return cell < 0 ? kFar_mm : at_mm - borders_[static_cast<std::size_t>(cell)];
  }
  double before(int cell, double at_mm) const {
    return cell >= count() ? kFar_mm : borders_[static_cast<std::size_t>(cell) + 1] - at_mm;
  }

 private:
  const std::vector<double>& borders_;
  double per_mm_ = 1;
  std::vector<int> table_;
};

/// How deep a place lies in ink (over 0) or outside of it, right up to about a module.
class Edges {
 public:
  explicit Edges(const meter::InkGrid& grid) : grid_(grid), columns_(grid.x_mm), rows_(grid.y_mm) {
    for (int row = -1; row <= grid.rows(); ++row) {
      for (int column = -1; column <= grid.columns(); ++column) {
        flags_.push_back(flags_of(row, column));
      }
    }
  }

  double depth(double u, double v) const {
    const int column = columns_.find(u);
    const int row = rows_.find(v);
    const unsigned flags =
        flags_[static_cast<std::size_t>(row + 1) * static_cast<std::size_t>(columns_.count() + 2) +
               static_cast<std::size_t>(column + 1)];
    const double left = columns_.behind(column, u);
    const double right = columns_.before(column, u);
    const double up = rows_.behind(row, v);
    const double down = rows_.before(row, v);
    double squared = kFar_mm * kFar_mm;
    const auto near = [&](unsigned bit, double a, double b) {
      if (flags & bit) squared = std::min(squared, a * a + b * b);
    };
    near(1, left, 0);
    near(2, right, 0);
    near(4, up, 0);
    near(8, down, 0);
    near(16, left, up);
    near(32, right, up);
    near(64, left, down);
    near(128, right, down);
    const double distance = std::sqrt(squared);
    return flags & 256 ? distance : -distance;
  }

  /// As depth, of a print whose modules are dots with the module as diameter.
  double dot_depth(double u, double v) const {
    const int column = columns_.find(u);
    const int row = rows_.find(v);
    double best = -kFar_mm;
    for (int r = row - 1; r <= row + 1; ++r) {
      for (int c = column - 1; c <= column + 1; ++c) {
        if (!grid_.at(r, c)) continue;
        const auto x = static_cast<std::size_t>(c);
        const auto y = static_cast<std::size_t>(r);
        const double du = u - (grid_.x_mm[x] + grid_.x_mm[x + 1]) / 2;
        const double dv = v - (grid_.y_mm[y] + grid_.y_mm[y + 1]) / 2;
        const double radius = (grid_.x_mm[x + 1] - grid_.x_mm[x]) * 0.5;
        best = std::max(best, radius - std::sqrt(du * du + dv * dv));
      }
    }
    return best;
  }

 private:
  /// Bits 0 to 7: which neighbours differ; bit 8: there is ink.
  unsigned flags_of(int row, int column) const {
    constexpr std::array<std::array<int, 2>, 8> kNeighbours = {
        {{0, -1}, {0, 1}, {-1, 0}, {1, 0}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
    const bool here = grid_.at(row, column);
    unsigned flags = here ? 256 : 0;
    for (unsigned i = 0; i < kNeighbours.size(); ++i) {
      if (grid_.at(row + kNeighbours[i][0], column + kNeighbours[i][1]) != here) flags |= 1u << i;
    }
    return flags;
  }

  const meter::InkGrid& grid_;
  Cells columns_, rows_;
  std::vector<unsigned> flags_;
};

/// Lines that the printing head leaves out, along u.
struct DeadNozzle {
  double v_mm, half_mm;
};

/// How dense the ink lies at a place, 0 to 1.
class Density {
 public:
  Density(const meter::InkGrid& grid, const PrintConditions& conditions, Random& random)
      : conditions_(conditions),
        period_mm_(random.real(1.8, 7)),
        phase_(random.real(0, 6.28)),
        begin_(random.integer(0, kTileMask)) {
    const double height_mm = grid.y_mm.back();
    for (int i = 0; i < conditions.dead_nozzles; ++i) {
      dead_.push_back({random.real(0.03, 0.97) * height_mm, random.real(0.045, 0.09)});
    }
    plain_ = conditions.band <= 0 && conditions.voids <= 0 && dead_.empty();
  }

  double at(double u, double v) const {
    if (plain_) return 1;
    double density = 1;
    for (const DeadNozzle& line : dead_) {
      const double off = std::abs(v - line.v_mm) - line.half_mm;
      density *= std::clamp(off / 0.03, 0.0, 1.0);
    }
    if (conditions_.band > 0) {
      density *= 1 - conditions_.band * (0.5 + 0.5 * std::sin(6.2832 * v / period_mm_ + phase_));
    }
    if (conditions_.voids > 0) {
      const NoiseTables& noise = noise_tables();
      const auto at = [&](double scale, const std::vector<std::int16_t>& tile) {
        const int x = (static_cast<int>(u * scale) + begin_) & kTileMask;
        const int y = (static_cast<int>(v * scale) + begin_) & kTileMask;
        return tile[static_cast<std::size_t>(y * kTileSide + x)] / 64.0;
      };
      const double hole = at(20, noise.blotch) + 0.4 * at(16, noise.fibre);
      density *= 1 - std::clamp((hole - 1.6 + 2.2 * conditions_.voids) * 0.7, 0.0, 0.9);
    }
    return density;
  }

 private:
  const PrintConditions& conditions_;
  double period_mm_, phase_;
  int begin_;
  std::vector<DeadNozzle> dead_;
  bool plain_ = true;
};

double frayed(double u, double v, int begin) {
  const NoiseTables& noise = noise_tables();
  const int x = (static_cast<int>(u * 14 + 64) + begin) & kTileMask;
  const int y = (static_cast<int>(v * 14 + 64) + begin) & kTileMask;
  return noise.fibre[static_cast<std::size_t>(y * kTileSide + x)] / 64.0;
}

/// Specks of ink beside the edges, more of them where the head came from.
void add_satellites(Surface& surface, const FrameMm& frame, const Edges& edges,
                    const PrintConditions& conditions, Random& random) {
  const double area = (frame.width_mm + 1) * (frame.height_mm + 1);
  const double turn = frame.turn_deg * std::numbers::pi / 180;
  std::vector<PenLine> specks;
  for (int left = static_cast<int>(conditions.satellites * area); left > 0; --left) {
    const double u = random.real(-0.5, frame.width_mm + 0.5);
    const double v = random.real(-0.5, frame.height_mm + 0.5);
    const double diameter_mm = random.real(0.05, 0.15);
    const double depth = edges.depth(u, v);
    if (depth > 0 || depth < -0.45) continue;
    const meter::PointMm at{frame.top_left.x_mm + u * std::cos(turn) - v * std::sin(turn),
                            frame.top_left.y_mm + u * std::sin(turn) + v * std::cos(turn)};
    specks.push_back({{at, {at.x_mm + 0.02, at.y_mm}}, diameter_mm});
  }
  if (!specks.empty()) draw_pen(surface, specks, conditions.ink, 0.3, random);
}

}  // namespace

double element_of(const meter::InkGrid& grid) {
  double narrowest = grid.x_mm.back();
  for (std::size_t i = 1; i < grid.x_mm.size(); i += grid.bars ? 2 : 1) {
    narrowest = std::min(narrowest, grid.x_mm[i] - grid.x_mm[i - 1]);
  }
  return narrowest;
}

void print_symbol(Surface& surface, const meter::InkGrid& grid, meter::PointMm top_left,
                  double turn_deg, double element_mm, const PrintConditions& conditions,
                  Random& random) {
  const Edges edges(grid);
  const Density density(grid, conditions, random);
  const int begin = random.integer(0, kTileMask);
  const double growth_mm = conditions.spread * element_mm / 2;
  const double ragged_mm = conditions.ragged * element_mm;
  // Two by two samples a pixel, each as large as its share of the pixel.
  const double half_px_mm = 0.5 / surface.px_per_mm;
  const double turn = turn_deg * std::numbers::pi / 180;
  const double step_u = half_px_mm / 2 * (std::cos(turn) + std::sin(turn));
  const double step_v = half_px_mm / 2 * (std::cos(turn) - std::sin(turn));
  const std::array<std::array<double, 2>, 4> offsets = {
      {{step_u, step_v}, {-step_u, -step_v}, {step_v, -step_u}, {-step_v, step_u}}};
  const int reflect = static_cast<int>(conditions.ink * 255);
  const auto cover_at = [&](double u, double v) {
    double depth = conditions.dots ? edges.dot_depth(u, v) : edges.depth(u, v);
    depth += growth_mm;
    if (ragged_mm > 0) depth += ragged_mm * frayed(u, v, begin);
    const double cover = 0.5 + depth / half_px_mm;
    return cover <= 0 ? 0.0 : std::min(cover, 1.0) * density.at(u, v);
  };
  const FrameMm frame{top_left, grid.x_mm.back(), grid.y_mm.back(), turn_deg};
  const double margin_mm = std::max(0.0, growth_mm) + 3 * ragged_mm + 1 / surface.px_per_mm;
  over_frame(surface, frame, margin_mm, [&](std::uint8_t& value, double u, double v) {
    double cover = 0;
    for (const auto& offset : offsets) cover += cover_at(u + offset[0], v + offset[1]);
    if (cover > 0) value = inked(value, static_cast<int>(cover * 63.75 + 0.5), reflect);
  });
  if (conditions.satellites > 0) add_satellites(surface, frame, edges, conditions, random);
}

}  // namespace backstamp::datasets
