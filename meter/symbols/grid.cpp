// Modules get their measures: what is printed how wide and how tall.
#include <algorithm>
#include <array>

#include "base/limits.h"
#include "meter/drawing.h"
#include "meter/symbols/encode.h"

namespace backstamp::meter {
namespace {

using postal::Symbology;

constexpr double kInch_mm = 25.4;
constexpr double kModuleLimit_mm = 50;
constexpr double kHeightLimit_mm = 500;
constexpr double kNominalLinearHeight_mm = 12.7;
constexpr double kRetailHeightModules = 22.85 / 0.33;  // EN 797: nominal, module 0.33 mm
constexpr double kFimBar_mm = kInch_mm / 32;
constexpr double kFimHeight_mm = kInch_mm * 5 / 8;

/// Nominal measures of a code of bars.
struct BarMeasures {
  double bar_of_pitch;     ///< width of a bar
  double full_mm;          ///< height of a full bar
  double tracker_of_full;  ///< of the part that every bar has
  bool feet_only = false;  ///< short bars stand on the base line: POSTNET, PLANET
};

BarMeasures measures_of(Symbology symbology) {
  switch (symbology) {
    case Symbology::imb:  // USPS-B-3200 Rev H section 2.3.1
      return {0.020 * 22, 0.145 * kInch_mm, 0.048 / 0.145};
    case Symbology::postnet:  // DMM 708.4: 0.125 and 0.050 inch, 0.020 inch wide
    case Symbology::planet:
      return {0.020 * 22, 0.125 * kInch_mm, 0.050 / 0.125, true};
    case Symbology::australia_post:  // customer barcoding specification, August 2012
      return {0.45, 5.0, 1.3 / 5.0};
    case Symbology::japan_post:  // at 10 points: bars of 0.6 every 1.2 mm, 3.6 and 1.2 mm tall
      return {0.5, 3.6, 1.0 / 3};
    default:  // Royal Mail, definition document 3.5.1: tracker about 1.3, the others 1.9 more
      return {0.42, 5.1, 1.3 / 5.1};
  }
}

/// `borders` + 1 borders, evenly spaced.
std::vector<double> even_borders(int count, double step_mm) {
  std::vector<double> borders;
  for (int i = 0; i <= count; ++i) borders.push_back(i * step_mm);
  return borders;
}

InkGrid even_grid(Modules modules, double module_mm, double row_mm) {
  InkGrid grid;
  grid.x_mm = even_borders(modules.columns, module_mm);
  grid.y_mm = even_borders(modules.rows, row_mm);
  grid.inked = std::move(modules.dark);
  return grid;
}

/// Only which half-bars there are is taken from the modules, the measures are ours.
InkGrid bar_grid(Modules modules, const SymbolPlan& plan) {
  const BarMeasures nominal = measures_of(plan.symbology);
  const double full_mm = plan.height_mm > 0 ? plan.height_mm : nominal.full_mm;
  const double tracker_mm = full_mm * nominal.tracker_of_full;
  const double bar_mm = plan.bar_mm > 0 ? plan.bar_mm : plan.module_mm * nominal.bar_of_pitch;
  InkGrid grid;
  grid.bars = true;
  const int bars = (modules.columns + 1) / 2;
  for (int bar = 0; bar < bars; ++bar) {
    grid.x_mm.push_back(bar * plan.module_mm);
    grid.x_mm.push_back(bar * plan.module_mm + bar_mm);
  }
  if (nominal.feet_only) {
    grid.y_mm = {0, full_mm - tracker_mm, full_mm};
  } else {
    const double extension_mm = (full_mm - tracker_mm) / 2;
    grid.y_mm = {0, extension_mm, full_mm - extension_mm, full_mm};
  }
  // libzint may leave a row out where it is empty, and a gap behind the last bar in.
  for (int row = 0; row < grid.rows(); ++row) {
    for (int column = 0; column < grid.columns(); ++column) {
      grid.inked.push_back(column % 2 == 0 && modules.at(row, column) ? 1 : 0);
    }
  }
  return grid;
}

Result<void> check_measures(const SymbolPlan& plan, const std::string& name) {
  if (!(plan.module_mm > 0 && plan.module_mm <= kModuleLimit_mm)) {
    return fail(ErrorKind::invalid, name + ": a module must be over 0 and at most 50 mm");
  }
  if (!(plan.height_mm >= 0 && plan.height_mm <= kHeightLimit_mm)) {
    return fail(ErrorKind::invalid, name + ": its height must be 0 to 500 mm");
  }
  if (!(plan.bar_mm >= 0 && plan.bar_mm < plan.module_mm)) {
    return fail(ErrorKind::invalid, name + ": a bar must be narrower than the pitch");
  }
  if (!(plan.row_modules >= 1 && plan.row_modules <= 20)) {
    return fail(ErrorKind::invalid, name + ": a row must be 1 to 20 modules high");
  }
  if (plan.content.empty()) return fail(ErrorKind::invalid, name + ": there is no content");
  if (plan.content.size() > limits::kSymbolContentBytes) {
    return fail(ErrorKind::limit, name + ": its content is over the limit of " +
                                      std::to_string(limits::kSymbolContentBytes) + " bytes");
  }
  return {};
}

}  // namespace

Result<InkGrid> symbol_grid(const SymbolPlan& plan) {
  const std::string name(postal::to_string(plan.symbology));
  if (auto good = check_measures(plan, name); !good) return std::unexpected(good.error());
  auto modules = encode_modules(plan);
  if (!modules) return std::unexpected(modules.error());
  double row_mm = plan.module_mm;
  switch (plan.symbology) {
    case Symbology::data_matrix:
    case Symbology::qr_code:
    case Symbology::aztec:
      break;
    case Symbology::pdf417:
      row_mm *= plan.row_modules;
      break;
    case Symbology::code128:
    case Symbology::itf:
      row_mm = plan.height_mm > 0 ? plan.height_mm : kNominalLinearHeight_mm;
      break;
    default:
      return bar_grid(std::move(*modules), plan);
  }
  return even_grid(std::move(*modules), plan.module_mm, row_mm);
}

Result<InkGrid> retail_grid(std::string_view digits, double module_mm) {
  auto modules = encode_retail(digits);
  if (!modules) return std::unexpected(modules.error());
  modules->dark.resize(
      static_cast<std::size_t>(modules->columns));  // guard bars are no taller here
  modules->rows = 1;
  return even_grid(std::move(*modules), module_mm, module_mm * kRetailHeightModules);
}

Result<InkGrid> fim_grid(char letter) {
  auto modules = encode_fim(letter);
  if (!modules) return std::unexpected(modules.error());
  return even_grid(std::move(*modules), kFimBar_mm, kFimHeight_mm);
}

}  // namespace backstamp::meter
