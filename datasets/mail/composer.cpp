#include "datasets/mail/composer.h"

#include <algorithm>
#include <array>

#include "datasets/mail/hand.h"
#include "datasets/mail/print_symbol.h"
#include "datasets/mail/scenery.h"

namespace backstamp::datasets {
namespace {

using meter::PointMm;

constexpr std::array<const char*, 4> kFonts = {"DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono",
                                               "DejaVu Sans Condensed"};
constexpr std::array<const char*, 8> kPaid = {"POSTAGE PAID", "PORTO BETALD", "DELIVERED BY",
                                              "PAID",         "US POSTAGE",   "FRANKED",
                                              "PORT PAYE",    "PRIORITY"};

bool apart(const RectMm& a, const RectMm& b, double clearance_mm) {
  return a.right_mm + clearance_mm <= b.left_mm || b.right_mm + clearance_mm <= a.left_mm ||
         a.bottom_mm + clearance_mm <= b.top_mm || b.bottom_mm + clearance_mm <= a.top_mm;
}

/// The tracker of a 4-state code is 27 to 39 % of a full bar by the tolerances.
void vary_tracker(meter::InkGrid& grid, Random& random) {
  if (grid.rows() != 3) return;
  const double full = grid.y_mm[3];
  const double tracker = (grid.y_mm[2] - grid.y_mm[1]) * random.real(0.92, 1.12);
  const double shift = full * random.real(-0.015, 0.015);
  grid.y_mm[1] = (full - tracker) / 2 + shift;
  grid.y_mm[2] = (full + tracker) / 2 + shift;
}

}  // namespace

bool Composer::is_free(const RectMm& place, double clearance_mm) const {
  return std::ranges::all_of(
      taken_, [&](const RectMm& other) { return apart(place, other, clearance_mm); });
}

std::optional<RectMm> Composer::find_place(double width_mm, double height_mm, const RectMm& area,
                                           double clearance_mm) {
  const double room_x = area.right_mm - area.left_mm - width_mm;
  const double room_y = area.bottom_mm - area.top_mm - height_mm;
  if (room_x < 0 || room_y < 0) return std::nullopt;
  for (int tries = 0; tries < 60; ++tries) {
    const double left = area.left_mm + random_.real(0, 1) * room_x;
    const double top = area.top_mm + random_.real(0, 1) * room_y;
    const RectMm place{left, top, left + width_mm, top + height_mm};
    if (!is_free(place, clearance_mm)) continue;
    take(place);
    return place;
  }
  return std::nullopt;
}

double Composer::draw_ink() {
  return level_ == FaceClass::clean     ? random_.real(0.08, 0.25)
         : level_ == FaceClass::typical ? random_.real(0.08, 0.42)
                                        : random_.real(0.2, 0.6);
}

void Composer::type(const std::vector<std::string>& lines, PointMm at, double size_mm,
                    double spacing_mm, double ink, double turn_deg) {
  // A line that the library cannot draw (it has no limit that ours reach) would only be missing.
  (void)draw_type(face_.surface, {lines, at, size_mm, spacing_mm, random_.pick(kFonts)}, ink,
                  turn_deg);
}

void Composer::write(const std::vector<std::string>& lines, PointMm at, double spacing_mm) {
  const Hand hand = invent_hand(random_);
  const double ink = random_.real(0.12, 0.5);
  for (const std::string& line : lines) {
    const PointMm start{at.x_mm + random_.real(-1, 1.5), at.y_mm + random_.real(-0.6, 0.6)};
    draw_pen(face_.surface, write_line(line, start, random_.real(-0.7, 0.7), hand, random_), ink,
             0.15, random_);
    at.y_mm += spacing_mm;
  }
}

Result<Composer::Prepared> Composer::prepare(meter::SymbolPlan plan, double most_mm) {
  draw_measures(plan, level_, random_);
  auto grid = meter::symbol_grid(plan);
  if (!grid) return std::unexpected(grid.error());
  if (grid->x_mm.back() > most_mm) {  // narrower, down to where nobody would print it
    plan.module_mm *= std::max(most_mm / grid->x_mm.back(), 0.7);
    grid = meter::symbol_grid(plan);
    if (!grid) return std::unexpected(grid.error());
  }
  if (grid->bars) vary_tracker(*grid, random_);
  return Prepared{std::move(plan), std::move(*grid)};
}

void Composer::print(const Prepared& symbol, PointMm top_left, double turn_deg, const char* role) {
  PrintedSymbol printed;
  printed.plan = symbol.plan;
  printed.frame = {top_left, symbol.width_mm(), symbol.height_mm(), turn_deg};
  printed.role = role;
  printed.print = draw_print_conditions(level_, random_);
  if (symbol.plan.symbology != postal::Symbology::data_matrix) printed.print.dots = false;
  const double element = element_of(symbol.grid);
  print_symbol(face_.surface, symbol.grid, top_left, turn_deg, element, printed.print, random_);
  face_.symbols.push_back(std::move(printed));
}

void Composer::place_indicium_text(const RectMm& symbol) {
  const double ink = draw_ink();
  if (random_.chance(0.6)) {  // to the left of it
    std::vector<std::string> lines{random_.pick(kPaid)};
    lines.push_back("$0." + std::to_string(random_.integer(50, 99)));
    lines.push_back("11/" + std::to_string(random_.integer(10, 28)) + "/2026");
    lines.push_back(std::to_string(random_.integer(10000000, 99999999)));
    const double size = random_.real(2, 2.8);
    const double width = type_width_mm(lines, size);
    const PointMm at{symbol.left_mm - 3 - width, symbol.top_mm + random_.real(0, 2)};
    if (at.x_mm > width_mm() * 0.4) {
      type(lines, at, size, size * random_.real(1.4, 1.9), ink);
      take({at.x_mm, at.y_mm, at.x_mm + width, at.y_mm + size * 7});
    }
  }
  if (random_.chance(0.6)) {  // below it
    const std::string line = "FR " + std::to_string(random_.integer(10000000, 99999999));
    const double size = random_.real(1.7, 2.3);
    type({line}, {symbol.left_mm, symbol.bottom_mm + random_.real(1.3, 2.2)}, size, size, ink);
    take({symbol.left_mm, symbol.bottom_mm, symbol.right_mm, symbol.bottom_mm + 5});
  }
}

/// Left of what stands at the top right.
void Composer::place_fim(double before_mm) {
  const auto fim = meter::fim_grid(random_.pick(std::array<char, 4>{'A', 'B', 'C', 'D'}));
  if (!fim) return;
  const double left = before_mm - fim->x_mm.back() - random_.real(4, 12);
  const double top = random_.real(0.5, 3);
  const RectMm place{left, top, left + fim->x_mm.back(), top + fim->y_mm.back()};
  if (left < width_mm() * 0.35 || !is_free(place, 3)) return;
  take(place);
  print_symbol(face_.surface, *fim, {left, top}, 0, element_of(*fim),
               draw_print_conditions(level_, random_), random_);
  face_.decoys.emplace_back("fim");
}

void Composer::place_indicium(const Prepared& symbol, bool postmarked) {
  const double left = width_mm() - random_.real(8, 14) - symbol.width_mm();
  const double top = random_.real(6, 10);
  const RectMm place{left, top, left + symbol.width_mm(), top + symbol.height_mm()};
  take(place);
  const double turn = random_.chance(0.2) ? random_.real(-1.5, 1.5) : 0;
  print(symbol, {left, top}, turn, "indicium");
  place_indicium_text(place);
  double before = left;
  for (const RectMm& other : taken_) {
    if (other.top_mm < 20 && other.right_mm > width_mm() * 0.6) {
      before = std::min(before, other.left_mm);
    }
  }
  if (random_.chance(0.3)) place_fim(before);
  if (!postmarked) return;
  const double middle = top + symbol.height_mm() * random_.real(0.35, 0.75);
  postmark(face_.surface, {left - random_.real(2, 8), middle}, symbol.width_mm() + 30, random_);
  face_.symbols.back().postmarked = true;
}

void Composer::place_stamps() {
  double right = width_mm() - random_.real(7, 13);
  const double top = random_.real(6, 10);
  for (int left = random_.chance(0.3) ? 2 : 1; left > 0; --left) {
    right -= 25;
    const double width = stick_stamp(face_.surface, {right, top + random_.real(0, 2)}, random_);
    take({right, top, right + width, top + 30});
  }
  if (level_ != FaceClass::clean || random_.chance(0.7)) {
    postmark(face_.surface, {right - random_.real(2, 6), top + random_.real(8, 18)}, 60, random_);
    take({right - 30, top, right, top + 28});
  }
}

bool Composer::place_linear(const Prepared& symbol) {
  const double size = random_.real(2, 3);
  const bool label = random_.chance(0.6);
  const double side = label ? 5 : 3;  // of the quiet zone, with the label's border
  const double above = label ? random_.real(3, 6) : 1;
  const double width = symbol.width_mm() + 2 * side + (label ? random_.real(0, 8) : 0);
  const double height = symbol.height_mm() + above + size + (label ? 4 : 2);
  const RectMm lower{4, height_mm() * 0.4, width_mm() - 6, height_mm() - 3};
  auto place = find_place(width, height, lower, 2);
  if (!place) place = find_place(width, height, {3, 3, width_mm() - 3, height_mm() - 3}, 1);
  if (!place) return false;
  const double turn = label && random_.chance(0.4) ? random_.real(-2, 2) : 0;
  const PointMm corner{place->left_mm, place->top_mm};
  if (label) stick_label(face_.surface, {corner, width, height, turn}, random_);
  const double rad = turn * std::numbers::pi / 180;
  const auto at = [&](double u, double v) {
    return PointMm{corner.x_mm + u * std::cos(rad) - v * std::sin(rad),
                   corner.y_mm + u * std::sin(rad) + v * std::cos(rad)};
  };
  const double inset = (width - symbol.width_mm()) / 2;
  print(symbol, at(inset, above), turn, "id");
  std::string text;
  for (const std::uint8_t byte : symbol.plan.content) {
    text += byte == 0x1D ? ' ' : static_cast<char>(byte);
  }
  const PointMm below = at(inset + random_.real(0, 6), above + symbol.height_mm() + 0.8);
  type({text}, below, size, size, draw_ink(), turn);
  return true;
}

void Composer::cover_a_symbol() {
  if (face_.symbols.empty()) return;
  const auto count = static_cast<std::uint32_t>(face_.symbols.size());
  PrintedSymbol& symbol = face_.symbols[random_.below(count)];
  const bool extreme = level_ == FaceClass::extreme;
  const double share = extreme ? random_.real(0.04, 0.1) : random_.real(0.03, 0.07);
  symbol.covered = cover_part(face_.surface, symbol.frame, share, random_);
}

void Composer::place_smudges(int count) {
  for (; count > 0; --count) {
    PointMm at{random_.real(0, width_mm()), random_.real(0, height_mm())};
    if (!face_.symbols.empty() && random_.chance(0.6)) {
      const auto symbols = static_cast<std::uint32_t>(face_.symbols.size());
      PrintedSymbol& symbol = face_.symbols[random_.below(symbols)];
      const double turn = symbol.frame.turn_deg * std::numbers::pi / 180;
      const double u = random_.real(0.1, 0.9) * symbol.frame.width_mm;
      const double v = random_.real(0.1, 0.9) * symbol.frame.height_mm;
      at = {symbol.frame.top_left.x_mm + u * std::cos(turn) - v * std::sin(turn),
            symbol.frame.top_left.y_mm + u * std::sin(turn) + v * std::cos(turn)};
      symbol.print.smudged = true;
    }
    smudge(face_.surface, at, random_);
  }
}

}  // namespace backstamp::datasets
