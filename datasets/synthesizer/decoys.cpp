#include "datasets/synthesizer/decoys.h"

#include <algorithm>

#include "datasets/synthesizer/addresses.h"

namespace backstamp::datasets {
namespace {

void add_prose(FaceLayout& layout, const RectMm& place, Random& random) {
  const double size_mm = random.real(1.8, 3.4);
  const double spacing_mm = size_mm * 1.35;
  const int lines =
      std::max(1, std::min(random.integer(2, 7),
                           static_cast<int>((place.bottom_mm - place.top_mm) / spacing_mm)));
  const auto letters = static_cast<std::size_t>((place.right_mm - place.left_mm) / size_mm / 0.58);
  std::vector<std::string> prose = invent_prose(random, lines);
  for (std::string& line : prose) line.resize(std::min(line.size(), letters));
  layout.plan.texts.push_back(
      {std::move(prose), {place.left_mm, place.top_mm}, size_mm, spacing_mm, "DejaVu Serif"});
}

void add_rules(FaceLayout& layout, const RectMm& place, Random& random) {
  const double pitch_mm = random.real(3, 7);
  const double width_mm = random.real(0.15, 0.5);
  for (double y = place.top_mm; y < place.bottom_mm; y += pitch_mm) {
    layout.strokes.push_back({{place.left_mm, y}, {place.right_mm, y}, width_mm});
  }
}

void add_hatching(FaceLayout& layout, const RectMm& place, Random& random) {
  const double pitch_mm = random.real(0.9, 2.2);
  const double width_mm = pitch_mm * random.real(0.25, 0.55);
  const double lean_mm = random.real(-6, 6);
  const double bottom_mm = std::min(place.bottom_mm, place.top_mm + random.real(4, 14));
  for (double x = place.left_mm + 6; x < place.right_mm - 6; x += pitch_mm) {
    layout.strokes.push_back({{x, place.top_mm}, {x + lean_mm, bottom_mm}, width_mm});
  }
}

/// Bars of one height at the pitch of a 4-state code: periodic, but no code.
void add_fence(FaceLayout& layout, const RectMm& place, Random& random) {
  const double pitch_mm = 25.4 / random.real(20, 24);
  const double height_mm = random.real(1.2, 4);
  const double right_mm = std::min(place.right_mm, place.left_mm + 75);
  for (double x = place.left_mm; x < right_mm; x += pitch_mm) {
    layout.strokes.push_back({{x, place.top_mm}, {x, place.top_mm + height_mm}, 0.5});
  }
}

void add_modules(FaceLayout& layout, const RectMm& place, Random& random) {
  const double module_mm = random.real(0.4, 0.7);
  const double side_mm =
      std::min({22.0, place.right_mm - place.left_mm, place.bottom_mm - place.top_mm});
  const int modules = static_cast<int>(side_mm / module_mm);
  for (int row = 0; row < modules; ++row) {
    for (int column = 0; column < modules; ++column) {
      if (random.chance(0.5)) continue;
      const double x = place.left_mm + column * module_mm;
      const double y = place.top_mm + row * module_mm;
      layout.strokes.push_back({{x, y}, {x + module_mm * 0.4, y}, module_mm * 0.9});
    }
  }
}

}  // namespace

void add_decoy(FaceLayout& layout, const RectMm& place, bool nasty, Random& random) {
  if (place.right_mm - place.left_mm < 18 || place.bottom_mm - place.top_mm < 6) return;
  const int kind = random.integer(0, nasty ? 4 : 2);
  const char* name = "";
  switch (kind) {
    case 0:
      add_prose(layout, place, random);
      name = "prose";
      break;
    case 1:
      add_rules(layout, place, random);
      name = "rules";
      break;
    case 2:
      add_hatching(layout, place, random);
      name = "hatching";
      break;
    case 3:
      add_fence(layout, place, random);
      name = "fence";
      break;
    default:
      add_modules(layout, place, random);
      name = "modules";
  }
  layout.decoys += (layout.decoys.empty() ? "" : ",") + std::string(name);
}

}  // namespace backstamp::datasets
