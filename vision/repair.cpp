#include "vision/repair.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace backstamp::vision {
namespace {

constexpr double kWordBits = 8;    // of matrix codes; Aztec's are longer, or the symbol is small
constexpr double kLooks = 20 * 8;  // at a matrix code
constexpr double kSmallLooks = 3 * 8;
constexpr double kStackedLooks = 6 * 7;
constexpr double kStackedWords = 929;
constexpr double kWindows = 6;   // places and ways up of a row
constexpr double kRowBits = 24;  // which the readers ask for by themselves

double only_block(int words) {
  return kWordBits * words - std::log2(kLooks);
}
double several_blocks(int words) {
  return 2 * only_block(words);
}
double small_block(int bits) {
  return bits - std::log2(kSmallLooks);
}
double stacked(int words) {
  return (words + 1) * std::log2(kStackedWords) - std::log2(kStackedLooks);
}
double row(int bits) {
  return kRowBits + bits - std::log2(kWindows);
}
double any_row(int) {
  return row(0);
}

}  // namespace

const std::array<RepairLimit, kRepairLimits>& repair_limits() {
  static constexpr std::array<RepairLimit, kRepairLimits> kAll{
      {{"matrix_words", &RepairLimits::matrix_words, 1, 30, only_block},
       {"matrix_words_of_several", &RepairLimits::matrix_words_of_several, 1, 30, several_blocks},
       {"matrix_bits", &RepairLimits::matrix_bits, 8, 64, small_block},
       {"pdf417_words", &RepairLimits::pdf417_words, 0, 64, stacked},
       {"four_state_bits", &RepairLimits::four_state_bits, 0, 16, row},
       {"four_state_bars", &RepairLimits::four_state_bars, 0, 99, any_row}}};
  return kAll;
}

int RepairLimit::least_allowed() const {
  int allowed = least;
  while (allowed < most && chance_bits(allowed) < kCeilingBits) ++allowed;
  return allowed;
}

std::string RepairLimit::wanted() const {
  const int allowed = least_allowed();
  std::string out = std::to_string(allowed) + " to " + std::to_string(most);
  if (allowed > least) {
    out += " (less lets a damaged symbol pass for another content more than once in " +
           std::to_string(std::lround(std::exp2(kCeilingBits))) + ")";
  }
  return out;
}

bool RepairLimits::valid() const {
  const auto& all = repair_limits();
  return std::all_of(all.begin(), all.end(), [&](const RepairLimit& limit) {
    const int value = this->*limit.value;
    return value >= limit.least_allowed() && value <= limit.most;
  });
}

Result<RepairLimits> RepairLimits::parse(std::string_view list) {
  RepairLimits limits;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string_view entry = list.substr(at, comma - at);
    at = comma + 1;
    const std::size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view name = entry.substr(0, equals);
    const auto& all = repair_limits();
    const auto limit =
        std::find_if(all.begin(), all.end(), [&](const RepairLimit& l) { return l.name == name; });
    if (limit == all.end()) {
      std::string known;
      for (const RepairLimit& one : all)
        known += (known.empty() ? "" : ", ") + std::string(one.name);
      return fail(ErrorKind::invalid,
                  "unknown repair limit '" + std::string(name) + "'; known: " + known);
    }
    const std::string_view number = entry.substr(std::min(equals + 1, entry.size()));
    int value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size() ||
        value < limit->least_allowed() || value > limit->most) {
      return fail(ErrorKind::invalid, std::string(name) + ": wanted " + limit->wanted() +
                                          ", found '" + std::string(number) + "'");
    }
    limits.*limit->value = value;
  }
  return limits;
}

}  // namespace backstamp::vision
