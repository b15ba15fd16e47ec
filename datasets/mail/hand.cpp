#include "datasets/mail/hand.h"

#include <array>
#include <cmath>
#include <numbers>

namespace backstamp::datasets {
namespace {

/// Strokes of a letter, blanks between them; each point is its column (0 to 4) and row (0 to 6).
constexpr std::array<const char*, 26> kLetters = {
    "062046 0443",
    "00062645342313 0323 00203132",  // A B
    "4130100105163645",
    "00062644422000",  // C D
    "40000646 0333",
    "400006 0333",  // E F
    "41301001051636454323",
    "0006 4046 0343",  // G H
    "1030 2026 1636",
    "40453616 05",  // I J
    "0006 400346",
    "000646",  // K L
    "0600234046",
    "06004640",  // M N
    "100105163645413010",
    "06003041423303",  // O P
    "100105163645413010 2446",
    "06003041423303 2346",  // Q R
    "4130100112324445361605",
    "0040 2026",  // S T
    "000516364540",
    "002640",  // U V
    "0016233640",
    "0046 4006",  // W X
    "002340 2326",
    "00400646",  // Y Z
};
constexpr std::array<const char*, 10> kDigits = {
    "100105163645413010",     "112026 1636", "01103041420646",
    "00402243453606",         "3036 300444", "400003334445360605",
    "3010010516364443331304", "004016",      "3010010213334445361605041333424130",
    "4130100102133342 414516"};
constexpr double kAdvance = 0.92;  // of the size, from letter to letter
constexpr double kBlank = 0.55;

const char* strokes_of(char letter) {
  if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  if (letter >= 'A' && letter <= 'Z') return kLetters[static_cast<std::size_t>(letter - 'A')];
  if (letter >= '0' && letter <= '9') return kDigits[static_cast<std::size_t>(letter - '0')];
  if (letter == '-') return "0343";
  if (letter == '.' || letter == ',') return "0506";
  if (letter == '/') return "0640";
  return "";
}

double advance_of(char letter, const Hand& hand) {
  return hand.size_mm * (*strokes_of(letter) == 0 ? kBlank : kAdvance);
}

/// Softens the corners of a stroke by one round of corner cutting.
std::vector<meter::PointMm> softened(const std::vector<meter::PointMm>& points) {
  if (points.size() < 3) return points;
  std::vector<meter::PointMm> soft{points.front()};
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const auto mix = [](const meter::PointMm& a, const meter::PointMm& b, double share) {
      return meter::PointMm{a.x_mm + (b.x_mm - a.x_mm) * share, a.y_mm + (b.y_mm - a.y_mm) * share};
    };
    soft.push_back(mix(points[i], points[i - 1], 0.25));
    soft.push_back(mix(points[i], points[i + 1], 0.25));
  }
  soft.push_back(points.back());
  return soft;
}

void write_letter(char letter, meter::PointMm at, double turn, const Hand& hand, Random& random,
                  std::vector<PenLine>& lines) {
  const std::string_view strokes = strokes_of(letter);
  const double cosine = std::cos(turn);
  const double sine = std::sin(turn);
  const double stray = hand.unsteady * hand.size_mm;
  std::vector<meter::PointMm> points;
  const auto finish = [&] {
    if (points.size() > 1) lines.push_back({softened(points), hand.width_mm});
    points.clear();
  };
  for (std::size_t i = 0; i < strokes.size();) {
    if (strokes[i] == ' ' || i + 1 >= strokes.size()) {
      finish();
      ++i;
      continue;
    }
    const double column = strokes[i] - '0';
    const double row = strokes[i + 1] - '0';
    const double v = row / 6 * hand.size_mm + stray * random.real(-1, 1);
    const double u =
        column / 6.2 * hand.size_mm + hand.slant * (hand.size_mm - v) + stray * random.real(-1, 1);
    points.push_back({at.x_mm + u * cosine - v * sine, at.y_mm + u * sine + v * cosine});
    i += 2;
  }
  finish();
}

}  // namespace

Hand invent_hand(Random& random) {
  return {random.real(3.2, 5.2), random.real(0.35, 0.9), random.real(-0.05, 0.25),
          random.real(0.03, 0.08)};
}

double written_width_mm(std::string_view text, const Hand& hand) {
  double width = 0;
  for (const char letter : text) width += advance_of(letter, hand);
  return width;
}

std::vector<PenLine> write_line(std::string_view text, meter::PointMm at, double turn_deg,
                                const Hand& hand, Random& random) {
  const double turn = turn_deg * std::numbers::pi / 180;
  std::vector<PenLine> lines;
  for (const char letter : text) {
    const double drop = hand.unsteady * hand.size_mm * random.real(-1, 1);
    write_letter(letter, {at.x_mm, at.y_mm + drop}, turn, hand, random, lines);
    const double advance = advance_of(letter, hand) * (1 + hand.unsteady * random.real(-1.5, 1.5));
    at.x_mm += advance * std::cos(turn);
    at.y_mm += advance * std::sin(turn);
  }
  return lines;
}

std::vector<PenLine> write_arc(std::string_view text, meter::PointMm centre, double radius_mm,
                               double turn_deg, const Hand& hand, Random& random) {
  std::vector<PenLine> lines;
  double angle = turn_deg * std::numbers::pi / 180 - written_width_mm(text, hand) / radius_mm / 2;
  for (const char letter : text) {
    const double outer = radius_mm + hand.size_mm;
    write_letter(letter,
                 {centre.x_mm + outer * std::sin(angle), centre.y_mm - outer * std::cos(angle)},
                 angle, hand, random, lines);
    angle += advance_of(letter, hand) / radius_mm;
  }
  return lines;
}

PenLine scribble(meter::PointMm at, double length_mm, double height_mm, double width_mm,
                 Random& random) {
  PenLine line;
  line.width_mm = width_mm;
  const double wave_mm = random.real(2.5, 6);
  double rise = 0;
  for (double along = 0; along < length_mm; along += 0.4) {
    if (random.chance(0.12)) rise = random.real(-1, 1);
    const double swing = std::sin(along / wave_mm * 6.28 + rise) * (0.5 + 0.5 * rise);
    line.points.push_back({at.x_mm + along, at.y_mm - height_mm * 0.5 * swing});
  }
  return line;
}

}  // namespace backstamp::datasets
