// What is on a face, and in which order it comes onto it.
#include <algorithm>
#include <array>

#include "datasets/mail/composer.h"
#include "datasets/mail/content.h"
#include "datasets/mail/hand.h"
#include "datasets/mail/print_symbol.h"
#include "datasets/mail/scenery.h"
#include "datasets/synthesizer/addresses.h"

namespace backstamp::datasets {
namespace {

using meter::PointMm;

constexpr std::array<Format, 5> kLetters = {{{"#10", 241.3, 104.8, false},
                                             {"DL", 220, 110, false},
                                             {"DLwide", 235, 120, false},
                                             {"C6", 162, 114, false},
                                             {"C5", 229, 162, false}}};
constexpr std::array<Format, 2> kFlats = {{{"C4", 324, 229, true}, {"A4", 297, 210, true}}};
constexpr double kFlatShare = 0.06;

constexpr std::array<const char*, 6> kNotes = {"DO NOT BEND", "FRAGILE", "RETURN TO SENDER",
                                               "URGENT",      "PHOTOS",  "PRIVATE"};

bool is_linear(const meter::SymbolPlan& plan) {
  return plan.symbology == postal::Symbology::code128 || plan.symbology == postal::Symbology::itf;
}

/// A minted piece is used where a Data Matrix is drawn, for some of them.
const SymbolContent* minted(const FaceRequest& request, postal::Symbology symbology) {
  for (const SymbolContent& symbol : request.symbols) {
    if (symbol.symbology == symbology) return &symbol;
  }
  return nullptr;
}

}  // namespace

const Format& draw_format(MailShape shape, Random& random) {
  const bool flat =
      shape == MailShape::flat || (shape == MailShape::any && random.chance(kFlatShare));
  if (flat) return random.pick(kFlats);
  const int kind = random.integer(0, 99);
  return kLetters[kind < 22 ? 0 : kind < 52 ? 1 : kind < 70 ? 2 : kind < 82 ? 3 : 4];
}

void Composer::place_sender() {
  const std::vector<std::string> lines = invent_sender(random_);
  const double ink = draw_ink();
  PointMm at{random_.real(6, 13), random_.real(6, 12)};
  const double size = random_.real(3, 5);
  const double begin = at.x_mm;
  if (random_.chance(0.45)) {
    at.x_mm += draw_logo(face_.surface, at, size * random_.real(1.8, 2.6), ink, random_) + 3;
  }
  type({lines.front()}, at, size, size, ink);
  const double small = random_.real(2, 2.8);
  type({lines.begin() + 1, lines.end()}, {at.x_mm, at.y_mm + size * 1.3}, small, small * 1.3, ink);
  take({begin, at.y_mm, at.x_mm + type_width_mm({lines.front()}, size), at.y_mm + size + 9});
}

void Composer::place_address(const std::vector<std::string>& lines, const Prepared* bars,
                             bool window) {
  const bool by_hand = !window && random_.chance(0.2);
  const double size = by_hand ? 5 : random_.real(2.9, 4);
  const double spacing = by_hand ? random_.real(7, 8.5) : size * random_.real(1.25, 1.5);
  // 0: none, or in the clear zone at the lower right; 1: above the address; 2: below.
  const int place = bars == nullptr ? 0 : window ? random_.integer(1, 2) : random_.integer(0, 2);
  const double gap = random_.real(1.8, 3.5);
  const double bars_mm = place > 0 ? bars->height_mm() + gap : 0;
  const double letters = by_hand ? 1.02 : 0.64;
  std::size_t longest = 0;
  for (const std::string& line : lines) longest = std::max(longest, line.size());
  double width = static_cast<double>(longest) * size * letters;
  if (place > 0) width = std::max(width, bars->width_mm());
  const double height = static_cast<double>(lines.size()) * spacing + bars_mm;
  double lowest = height_mm() - 6 - height;
  if (bars != nullptr && place == 0) lowest -= bars->height_mm() + 8;
  double left =
      std::clamp(width_mm() * random_.real(0.3, 0.5), 8.0, std::max(8.0, width_mm() - 8 - width));
  double top = std::min(std::max(height_mm() * random_.real(0.38, 0.52), 33.0), lowest);
  const RectMm whole{left, top, left + width, top + height};
  const RectMm around{whole.left_mm - 5, whole.top_mm - 4, whole.right_mm + 5, whole.bottom_mm + 4};
  const double radius = random_.real(2, 5);
  if (window) open_window(face_.surface, around, radius, random_);
  if (place == 1) {
    print(*bars, {left, top}, random_.chance(0.15) ? random_.real(-1, 1) : 0, "id");
    top += bars_mm;
  }
  if (by_hand) {
    write(lines, {left, top}, spacing);
  } else {
    type(lines, {left, top}, size, spacing, draw_ink());
  }
  if (place == 2) print(*bars, {left, whole.bottom_mm - bars->height_mm()}, 0, "id");
  if (window) close_window(face_.surface, around, radius, random_);
  take(around);
  if (bars != nullptr && place == 0) {
    const double x = width_mm() - random_.real(8, 20) - bars->width_mm();
    const double y = height_mm() - random_.real(6, 9) - bars->height_mm();
    take({x - 3, y - 3, x + bars->width_mm() + 3, y + bars->height_mm() + 3});
    print(*bars, {x, y}, 0, "id");
  }
}

void Composer::place_extras() {
  const RectMm all{5, 5, width_mm() - 5, height_mm() - 5};
  if (random_.chance(0.2)) {
    const double wide = random_.real(25, 55);
    const double tall = random_.real(18, std::min(45.0, height_mm() * 0.4));
    const RectMm lower_left{4, height_mm() * 0.45, width_mm() * 0.45, height_mm() - 4};
    const auto place = find_place(wide, tall, lower_left);
    if (place) draw_picture(face_.surface, *place, random_);
  }
  if (random_.chance(0.12)) {
    const double thick = random_.real(2, 4.5);
    const double y = height_mm() - random_.real(3.5, 8) - thick;
    const RectMm bar{0, y, width_mm(), y + thick};
    if (is_free(bar, 1)) {
      take(bar);
      const PointMm middle{-5, y + thick / 2};
      draw_pen(face_.surface, {{{middle, {width_mm() + 5, middle.y_mm}}, thick}}, draw_ink(), 0.05,
               random_);
    }
  }
  if (random_.chance(0.12)) {
    const Hand hand = invent_hand(random_);
    const char* const note = random_.pick(kNotes);
    const auto place = find_place(written_width_mm(note, hand) + 4, hand.size_mm + 6, all);
    if (place) {
      const PointMm at{place->left_mm + 2, place->top_mm + 3};
      const auto letters = write_line(note, at, random_.real(-4, 4), hand, random_);
      draw_pen(face_.surface, letters, random_.real(0.1, 0.4), 0.1, random_);
    }
  }
  if (random_.chance(0.1)) {
    const double length = random_.real(18, 45);
    const auto place = find_place(length, 12, all);
    if (place) {
      const PointMm at{place->left_mm, place->top_mm + 6};
      const PenLine line = scribble(at, length, 9, random_.real(0.35, 0.7), random_);
      draw_pen(face_.surface, {line}, random_.real(0.1, 0.45), 0.1, random_);
    }
  }
}

void Composer::place_retail_label() {
  std::string digits(1, random_.chance(0.5) ? '0' : '4');
  while (digits.size() < 12) digits += static_cast<char>('0' + random_.below(10));
  const auto grid = meter::retail_grid(digits, random_.real(0.28, 0.38));
  if (!grid) return;
  meter::InkGrid shorter = *grid;
  shorter.y_mm.back() = random_.real(10, 18);
  const double width = shorter.x_mm.back() + 10;
  const double height = shorter.y_mm.back() + 7;
  const auto place =
      find_place(width, height, {4, height_mm() * 0.3, width_mm() - 4, height_mm() - 2}, 2);
  if (!place) return;
  const PointMm corner{place->left_mm, place->top_mm};
  stick_label(face_.surface, {corner, width, height, 0}, random_);
  print_symbol(face_.surface, shorter, {corner.x_mm + 5, corner.y_mm + 2.5}, 0, element_of(shorter),
               draw_print_conditions(level_, random_), random_);
  type({digits}, {corner.x_mm + 7, corner.y_mm + height - 4}, 2.6, 3, draw_ink());
  face_.decoys.emplace_back("ean");
}

void Composer::place_decoys(bool blank) {
  int count = blank ? random_.integer(0, 3) : random_.chance(0.28) ? 1 : 0;
  for (; count > 0; --count) {
    const int kind = random_.integer(0, blank ? 6 : 4);
    if (kind == 0) {
      place_retail_label();
      continue;
    }
    const double wide = random_.real(25, 70);
    const double tall = kind == 5 ? 6 : random_.real(5, 22);
    const auto place = find_place(wide, tall, {5, 5, width_mm() - 5, height_mm() - 5});
    if (!place) continue;
    const double ink = draw_ink();
    switch (kind) {
      case 1:
        draw_hatching(face_.surface, *place, ink, random_);
        face_.decoys.emplace_back("hatching");
        break;
      case 2:
        draw_rules(face_.surface, *place, ink, random_);
        face_.decoys.emplace_back("rules");
        break;
      case 3: {
        const double size = random_.real(1.8, 3.2);
        auto prose = invent_prose(random_, std::max(1, static_cast<int>(tall / size / 1.3)));
        const auto letters = static_cast<std::size_t>(wide / size / 0.6);
        for (std::string& line : prose) line.resize(std::min(line.size(), letters));
        type(prose, {place->left_mm, place->top_mm}, size, size * 1.3, ink);
        face_.decoys.emplace_back("prose");
        break;
      }
      case 4:
        draw_checkerboard(face_.surface, *place, ink, random_);
        face_.decoys.emplace_back("checkerboard");
        break;
      case 5:
        draw_fence(face_.surface, *place, ink, random_);
        face_.decoys.emplace_back("fence");
        break;
      default:
        draw_modules(face_.surface,
                     {place->left_mm, place->top_mm, place->left_mm + std::min(wide, tall),
                      place->bottom_mm},
                     ink, random_);
        face_.decoys.emplace_back("modules");
    }
  }
}

namespace {

struct Codes {
  std::optional<Composer::Prepared> indicium, bars, linear;
};

/// Which symbols the piece has: seven in ten both, else only one of them.
Result<Codes> draw_codes(const FaceRequest& request, Composer& composer, const Format& format,
                         Random& random) {
  Codes codes;
  const int kind = random.integer(0, 99);
  if (kind < 75) {
    meter::SymbolPlan plan = invent_indicium(random);
    const SymbolContent* const token = minted(request, plan.symbology);
    if (token != nullptr && random.chance(0.3)) {
      plan = {};
      plan.symbology = token->symbology;
      plan.content = token->content;
    }
    auto prepared = composer.prepare(std::move(plan), format.width_mm * 0.45);
    if (!prepared) return std::unexpected(prepared.error());
    codes.indicium = std::move(*prepared);
  }
  if (kind < 10) return codes;
  auto prepared =
      composer.prepare(invent_identification(random, format.flat), format.width_mm - 40);
  if (!prepared) return std::unexpected(prepared.error());
  (is_linear(prepared->plan) ? codes.linear : codes.bars) = std::move(*prepared);
  return codes;
}

}  // namespace

Result<PrintedFace> print_face(const FaceRequest& request, const Format& format, FaceClass level,
                               const MailConditions& conditions, Random& random) {
  PrintedFace face{
      make_paper(format.width_mm, format.height_mm, request.px_per_mm, conditions, random), {}, {}};
  Composer composer(face, level, format.flat, random);
  const bool blank = request.face_class == FaceClass::blank;
  Codes codes;
  if (!blank) {
    auto drawn = draw_codes(request, composer, format, random);
    if (!drawn) return std::unexpected(drawn.error());
    codes = std::move(*drawn);
  }
  if (codes.indicium) composer.place_indicium(*codes.indicium, conditions.postmarked);
  if (!codes.indicium && random.chance(blank ? 0.6 : 0.75)) composer.place_stamps();
  composer.place_sender();
  const auto lines = request.address_lines.empty() || random.chance(0.5)
                         ? invent_recipient(random).lines
                         : request.address_lines;
  composer.place_address(lines, codes.bars ? &*codes.bars : nullptr, conditions.window);
  // A linear code that finds no room is not on the face, nor in its truth.
  if (codes.linear) (void)composer.place_linear(*codes.linear);
  composer.place_extras();
  composer.place_decoys(blank);
  composer.place_smudges(conditions.smudges);
  if (conditions.covered) composer.cover_a_symbol();
  for (int i = 0; i < conditions.wrinkles; ++i) wrinkle(face.surface, random);
  return face;
}

}  // namespace backstamp::datasets
