// How large symbols are printed (docs/formats/dataset.md names the sources).
#include "datasets/mail/composer.h"

namespace backstamp::datasets {
namespace {

using postal::Symbology;

/// Bars to the inch, width and full height of bars.
void draw_bars(meter::SymbolPlan& plan, std::array<double, 2> bars_per_inch,
               std::array<double, 2> bar_mm, std::array<double, 2> full_mm, Random& random) {
  plan.module_mm = 25.4 / random.real(bars_per_inch[0], bars_per_inch[1]);
  plan.bar_mm = random.real(bar_mm[0], bar_mm[1]);
  plan.height_mm = random.real(full_mm[0], full_mm[1]);
}

}  // namespace

void draw_measures(meter::SymbolPlan& plan, FaceClass level, Random& random) {
  const bool clean = level == FaceClass::clean;
  switch (plan.symbology) {
    case Symbology::data_matrix:
      plan.module_mm = random.real(clean ? 0.5 : 0.41, 0.6);
      break;
    case Symbology::qr_code:
    case Symbology::aztec:
      plan.module_mm = random.real(clean ? 0.45 : 0.41, 0.6);
      break;
    case Symbology::pdf417:
      plan.module_mm = random.real(0.38, 0.46);
      plan.row_modules = random.real(2.9, 3.6);
      plan.columns = random.integer(5, 7);
      break;
    case Symbology::code128:
      plan.module_mm = random.real(0.28, 0.42);
      plan.height_mm = random.real(8.5, 14);
      break;
    case Symbology::itf:
      plan.module_mm = random.real(0.34, 0.45);
      plan.height_mm = random.real(10, 18);
      break;
    case Symbology::imb:
      draw_bars(plan, {20, 24}, {0.39, 0.63}, {3.2, 4.15}, random);
      break;
    case Symbology::australia_post:
      draw_bars(plan, {22, 25}, {0.4, 0.58}, {4.2, 5.6}, random);
      break;
    case Symbology::japan_post: {
      const double points = random.real(8.5, 11.5);  // 10 points are nominal
      plan.module_mm = 0.12 * points;
      plan.bar_mm = 0.06 * points * random.real(0.9, 1.1);
      plan.height_mm = 0.36 * points;
      break;
    }
    case Symbology::postnet:
    case Symbology::planet:
      draw_bars(plan, {20.5, 23.5}, {0.39, 0.63}, {2.95, 3.4}, random);
      break;
    default:
      draw_bars(plan, {19.6, 23.4}, {0.39, 0.63}, {4.25, 5.8}, random);
  }
}

}  // namespace backstamp::datasets
