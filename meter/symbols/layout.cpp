#include "meter/symbols/layout.h"

namespace backstamp::meter {
namespace {

/// The runs of ink of one row of cells.
void add_row(const InkGrid& grid, int row, std::vector<InkRect>& ink) {
  const auto y = static_cast<std::size_t>(row);
  for (int column = 0; column < grid.columns();) {
    if (!grid.at(row, column)) {
      ++column;
      continue;
    }
    const auto first = static_cast<std::size_t>(column);
    while (grid.at(row, column)) ++column;
    const auto end = static_cast<std::size_t>(column);
    ink.push_back({grid.x_mm[first], grid.y_mm[y], grid.x_mm[end] - grid.x_mm[first],
                   grid.y_mm[y + 1] - grid.y_mm[y]});
  }
}

/// A bar from its highest to its lowest part.
void add_bar(const InkGrid& grid, int column, std::vector<InkRect>& ink) {
  const auto x = static_cast<std::size_t>(column);
  for (int row = 0; row < grid.rows();) {
    if (!grid.at(row, column)) {
      ++row;
      continue;
    }
    const auto first = static_cast<std::size_t>(row);
    while (grid.at(row, column)) ++row;
    const auto end = static_cast<std::size_t>(row);
    ink.push_back({grid.x_mm[x], grid.y_mm[first], grid.x_mm[x + 1] - grid.x_mm[x],
                   grid.y_mm[end] - grid.y_mm[first]});
  }
}

}  // namespace

SymbolLayout lay_out_grid(const InkGrid& grid) {
  SymbolLayout layout{grid.x_mm.back(), grid.y_mm.back(), {}};
  if (grid.bars) {
    for (int column = 0; column < grid.columns(); ++column) add_bar(grid, column, layout.ink);
  } else {
    for (int row = 0; row < grid.rows(); ++row) add_row(grid, row, layout.ink);
  }
  return layout;
}

Result<SymbolLayout> lay_out_symbol(const SymbolPlan& plan) {
  const auto grid = symbol_grid(plan);
  if (!grid) return std::unexpected(grid.error());
  return lay_out_grid(*grid);
}

Result<SymbolLayout> lay_out_fim_d() {
  const auto grid = fim_grid('D');
  if (!grid) return std::unexpected(grid.error());
  return lay_out_grid(*grid);
}

}  // namespace backstamp::meter
