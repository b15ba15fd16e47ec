#include "datasets/synthesizer/layout.h"

#include <algorithm>
#include <array>

#include "datasets/synthesizer/addresses.h"
#include "datasets/synthesizer/decoys.h"

namespace backstamp::datasets {
namespace {

using meter::PointMm;
using postal::Symbology;

struct Format {
  double width_mm;
  double height_mm;
};
// No. 10 (twice as often), DL, C6, 6 3/4, C5.
constexpr std::array<Format, 7> kFormats = {{{241.3, 104.8},
                                             {241.3, 104.8},
                                             {220, 110},
                                             {220, 110},
                                             {162, 114},
                                             {165.1, 92.1},
                                             {229, 162}}};
constexpr std::array<const char*, 4> kFonts = {"DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono",
                                               "DejaVu Sans Condensed"};
constexpr double kLetterWidth = 0.62;  // of the size, generous

bool is_identification(Symbology symbology) {
  return !is_matrix(symbology);
}

/// Module sizes a meter prints; the clean class has the nominal one.
double choose_module_mm(Symbology symbology, FaceClass face_class, Random& random) {
  const bool clean = face_class == FaceClass::clean;
  const bool hard = face_class == FaceClass::hard;
  switch (symbology) {
    case Symbology::imb:  // 22 bars to the inch, 20 to 24 allowed
      return 25.4 / (clean ? 22 : hard ? random.real(20.3, 23.7) : random.real(21, 23));
    case Symbology::code128:
      return clean ? 0.38 : random.real(0.33, 0.45);
    case Symbology::pdf417:
      return clean ? 0.42 : random.real(0.38, 0.48);
    default:
      return clean ? 0.5 : hard ? random.real(0.46, 0.54) : random.real(0.48, 0.52);
  }
}

struct Placed {
  PointMm size;
  int symbol = -1;  // index into the plan
};

double widest_mm(const std::vector<std::string>& lines, double size_mm) {
  std::size_t letters = 0;
  for (const std::string& line : lines) letters = std::max(letters, line.size());
  return static_cast<double>(letters) * size_mm * kLetterWidth;
}

/// Top right: indicium, the postage for people to read, perhaps a FIM. Returns its lower edge.
double place_indicium(FaceLayout& layout, const Placed& indicium, const FaceRequest& request,
                      Random& random) {
  meter::FacePlan& plan = layout.plan;
  const double right_mm = plan.width_mm - random.real(9, 14);
  const double top_mm = random.real(6, 10);
  const double left_mm = right_mm - indicium.size.x_mm;
  double bottom_mm = top_mm + indicium.size.y_mm;
  plan.symbols[static_cast<std::size_t>(indicium.symbol)].top_left = {left_mm, top_mm};
  std::vector<std::string> words;
  words.emplace_back(random.chance(0.5) ? "POSTAGE" : "PAID");
  if (!request.postage.empty()) words.push_back(request.postage);
  words.emplace_back(random.chance(0.5) ? "1ST CLASS" : "LETTER");
  const double size_mm = random.real(1.9, 2.4);
  const bool left_of_it = random.chance(0.6);
  if (left_of_it) {
    const double text_mm = widest_mm(words, size_mm);
    plan.texts.push_back({words,
                          {left_mm - 1.5 - text_mm, top_mm + 2},
                          size_mm,
                          size_mm * 1.4,
                          random.pick(kFonts)});
  } else {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    bottom_mm += 2;
    const double text_left_mm = right_mm - widest_mm({line}, size_mm);
    plan.texts.push_back(
        {{line}, {text_left_mm, bottom_mm}, size_mm, size_mm, random.pick(kFonts)});
    bottom_mm += size_mm;
  }
  plan.fim_d = random.chance(0.5) && left_mm > plan.width_mm - 45;
  if (plan.fim_d) layout.decoys += "fim";
  return bottom_mm;
}

/// The recipient, with the identification code above, below or at the bottom right.
void place_address(FaceLayout& layout, const std::vector<std::string>& lines,
                   const Placed& identification, double free_from_mm, Random& random) {
  meter::FacePlan& plan = layout.plan;
  const double size_mm = random.real(2.9, 3.8);
  const double spacing_mm = size_mm * random.real(1.25, 1.45);
  const double code_width_mm = identification.size.x_mm;
  const double code_height_mm = identification.size.y_mm;
  const double width_mm = std::max(widest_mm(lines, size_mm), code_width_mm);
  const double height_mm = static_cast<double>(lines.size()) * spacing_mm;
  const double left_mm =
      std::clamp(plan.width_mm * random.real(0.32, 0.5), 12.0, plan.width_mm - 9 - width_mm);
  const int mode = identification.symbol < 0 ? 0 : random.integer(1, 3);  // above, below, bottom
  const double above_mm = mode == 1 ? code_height_mm + 3.5 : 0;
  const double below_mm = mode == 2 ? code_height_mm + 3.5 : mode == 3 ? code_height_mm + 12 : 0;
  const double lowest_mm = plan.height_mm - 6 - below_mm - height_mm;
  const double top_mm = std::max(free_from_mm + 5 + above_mm,
                                 std::min(plan.height_mm * random.real(0.42, 0.55), lowest_mm));
  plan.texts.push_back({lines, {left_mm, top_mm}, size_mm, spacing_mm, random.pick(kFonts)});
  RectMm area{left_mm, top_mm, left_mm + width_mm, top_mm + height_mm};
  if (identification.symbol >= 0) {
    PointMm& at = plan.symbols[static_cast<std::size_t>(identification.symbol)].top_left;
    if (mode == 1) at = {left_mm, top_mm - code_height_mm - 2.5};
    if (mode == 2) at = {left_mm, top_mm + height_mm + 2.5};
    if (mode == 3) {
      at = {plan.width_mm - random.real(9, 20) - code_width_mm,
            plan.height_mm - random.real(6.5, 9) - code_height_mm};
    }
    if (mode != 3) {
      area.top_mm = std::min(area.top_mm, at.y_mm);
      area.bottom_mm = std::max(area.bottom_mm, at.y_mm + code_height_mm);
    }
  }
  layout.address = area;
}

void place_sender(FaceLayout& layout, Random& random) {
  std::vector<std::string> lines = invent_sender(random);
  const double left_mm = random.real(7, 13);
  const double top_mm = random.real(6, 10);
  const double size_mm = random.real(3.2, 4.8);
  const char* const font = random.pick(kFonts);
  layout.plan.texts.push_back({{lines.front()}, {left_mm, top_mm}, size_mm, size_mm, font});
  lines.erase(lines.begin());
  layout.plan.texts.push_back(
      {std::move(lines), {left_mm, top_mm + size_mm * 1.35}, 2.4, 3.2, font});
}

void place_decoys(FaceLayout& layout, const FaceRequest& request, Random& random) {
  const bool blank = request.face_class == FaceClass::blank;
  const double chance = blank ? 1 : request.face_class == FaceClass::hard ? 0.5 : 0.25;
  if (request.face_class == FaceClass::clean || !random.chance(chance)) return;
  const meter::FacePlan& plan = layout.plan;
  const RectMm& address = *layout.address;
  const RectMm left{9, plan.height_mm * 0.45, address.left_mm - 9, plan.height_mm - 10};
  const bool nasty = blank && request.imitations;
  add_decoy(layout, left, nasty, random);
  if (!blank) return;
  if (random.chance(0.6)) {
    const RectMm corner{plan.width_mm - 36, 7, plan.width_mm - 10, 30};
    add_decoy(layout, corner, nasty, random);
  }
  if (random.chance(0.5)) {
    const RectMm below{address.left_mm, address.bottom_mm + 4, plan.width_mm - 10,
                       plan.height_mm - 5};
    add_decoy(layout, below, nasty, random);
  }
  if (random.chance(0.35)) {
    layout.plan.fim_d = true;
    layout.decoys += (layout.decoys.empty() ? "" : ",") + std::string("fim");
  }
}

Result<void> add_symbols(FaceLayout& layout, const FaceRequest& request, Placed& indicium,
                         Placed& identification, Random& random) {
  if (request.face_class == FaceClass::blank) return {};
  for (const SymbolContent& symbol : request.symbols) {
    Placed& place = is_identification(symbol.symbology) ? identification : indicium;
    if (place.symbol >= 0) {
      return fail(ErrorKind::invalid, "a face has one indicium and one identification code");
    }
    meter::SymbolPlan plan;
    plan.symbology = symbol.symbology;
    plan.content = symbol.content;
    plan.module_mm = choose_module_mm(symbol.symbology, request.face_class, random);
    const auto size = meter::symbol_size(plan);
    if (!size) return std::unexpected(size.error());
    place = {*size, static_cast<int>(layout.plan.symbols.size())};
    layout.plan.symbols.push_back(std::move(plan));
  }
  return {};
}

}  // namespace

Result<FaceLayout> lay_out_face(const FaceRequest& request, Random& random) {
  if (request.address_lines.size() > 6 ||
      std::ranges::any_of(request.address_lines, [](const auto& l) { return l.size() > 60; })) {
    return fail(ErrorKind::invalid, "an address has at most 6 lines of at most 60 bytes");
  }
  if (request.postage.size() > 16) return fail(ErrorKind::invalid, "postage is over 16 bytes");
  FaceLayout layout;
  const Format& format = random.pick(kFormats);
  layout.plan.width_mm = format.width_mm;
  layout.plan.height_mm = format.height_mm;
  Placed indicium;
  Placed identification;
  auto added = add_symbols(layout, request, indicium, identification, random);
  if (!added) return std::unexpected(added.error());
  place_sender(layout, random);
  double free_from_mm = 26;
  if (indicium.symbol >= 0) free_from_mm = place_indicium(layout, indicium, request, random);
  const auto lines =
      request.address_lines.empty() ? invent_recipient(random).lines : request.address_lines;
  place_address(layout, lines, identification, free_from_mm, random);
  place_decoys(layout, request, random);
  return layout;
}

}  // namespace backstamp::datasets
