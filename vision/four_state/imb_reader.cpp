#include "vision/four_state/imb_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "postal/imb_bars.h"
#include "postal/imb_tables.h"

namespace backstamp::vision::four_state {
namespace {

using postal::ImbBars;
using postal::ImbCharacters;
using postal::kImbBars;

constexpr int kHalfBars = 2 * kImbBars;
constexpr std::size_t kUnsureHalfBars = 8;  // 256 fillings
constexpr int kUnsureBars = 6;              // standards: a budget of 6 bars
constexpr float kUnsure = 0.7f;             // surer half-bars are not put in doubt together
constexpr std::size_t kFillingsTried = 16;  // of those with valid characters, both ways up
constexpr float kVeryUnsure = 0.5f;
constexpr int kMostUnsureForFillings = 12;
constexpr int kMostUnsureForSingleBars = 7;
constexpr double kRedundancyBits = 28;  // 130 half-bars, 2^102 codes
constexpr float kLikely = 0.5f;         // 65 bars in a row are a reason to think of an IMb

// 65 bars of a sequence as bits and how sure each is. Half-bar 2k is the ascender of bar k.
struct Window {
  SoftBars soft;
  ImbBars bars;
  std::array<float, kHalfBars> sureness{};
};

Window cut(const BarSequence& sequence, int from) {
  Window window{cut_bars(sequence, from, kImbBars, false), {}, {}};
  for (std::size_t half_bar = 0; half_bar < kHalfBars; ++half_bar) {
    const float value = window.soft.half_bars[half_bar];
    auto& half_bars = half_bar % 2 == 0 ? window.bars.ascender : window.bars.descender;
    half_bars[half_bar / 2] = value > 0;
    window.sureness[half_bar] = std::abs(value);
  }
  return window;
}

// The bits of the characters that one half-bar carries.
struct HalfBarBit {
  std::uint8_t character;
  std::uint16_t mask;
};

HalfBarBit bit_of(int half_bar) {
  const postal::ImbBarBits& map = postal::imb_bar_map()[static_cast<std::size_t>(half_bar / 2)];
  return half_bar % 2 == 0 ? HalfBarBit{map.ascender_character,
                                        static_cast<std::uint16_t>(1u << map.ascender_bit)}
                           : HalfBarBit{map.descender_character,
                                        static_cast<std::uint16_t>(1u << map.descender_bit)};
}

// The half-bar of the rotated symbol that is half-bar h of this one.
int rotated(int half_bar) {
  return kHalfBars - 1 - half_bar;
}

void flip(ImbCharacters& characters, int half_bar) {
  const HalfBarBit bit = bit_of(half_bar);
  characters[bit.character] = static_cast<std::uint16_t>(characters[bit.character] ^ bit.mask);
}

struct Found {
  ImbCharacters characters{};
  bool upside_down = false;
  int repaired_bars = 0;
};

bool valid_weights(const ImbCharacters& characters) {
  return std::all_of(characters.begin(), characters.end(),
                     [](std::uint16_t c) { return postal::imb_codeword(c) >= 0; });
}

// Collects valid contents; more than one different content is no content.
class Judge {
 public:
  void offer(const Found& found) {
    if (!found_) {
      found_ = found;
    } else if (found_->characters != found.characters || found_->upside_down != found.upside_down) {
      ambiguous_ = true;
    }
  }
  std::optional<Found> verdict() const { return ambiguous_ ? std::nullopt : found_; }

 private:
  std::optional<Found> found_;
  bool ambiguous_ = false;
};

int count_bars(const std::vector<int>& half_bars, unsigned chosen) {
  std::array<bool, kImbBars> touched{};
  for (std::size_t i = 0; i < half_bars.size(); ++i)
    if (chosen >> i & 1) touched[static_cast<std::size_t>(half_bars[i] / 2)] = true;
  return static_cast<int>(std::count(touched.begin(), touched.end(), true));
}

// The least sure half-bars: at most 8 on at most 6 bars.
std::vector<int> least_sure(const Window& window) {
  std::array<int, kHalfBars> order{};
  for (int i = 0; i < kHalfBars; ++i) order[static_cast<std::size_t>(i)] = i;
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return window.sureness[static_cast<std::size_t>(a)] <
           window.sureness[static_cast<std::size_t>(b)];
  });
  std::vector<int> doubtful;
  for (const int half_bar : order) {
    if (doubtful.size() == kUnsureHalfBars ||
        window.sureness[static_cast<std::size_t>(half_bar)] > kUnsure)
      break;
    doubtful.push_back(half_bar);
    if (count_bars(doubtful, ~0u) > kUnsureBars) {
      doubtful.pop_back();
      break;
    }
  }
  return doubtful;
}

// A filling whose characters all have a valid weight, and how much it goes against the picture.
struct Filling {
  Found found;
  float cost;
};

// All fillings of the doubtful half-bars, one flip from each to the next (Gray code).
void collect_fillings(const Window& window, const ImbCharacters& read,
                      const std::vector<int>& doubtful, bool upside_down,
                      std::vector<Filling>& fillings) {
  ImbCharacters characters = read;
  unsigned chosen = 0;
  for (unsigned i = 1; i < 1u << doubtful.size(); ++i) {
    const unsigned turn = static_cast<unsigned>(std::countr_zero(i));
    flip(characters, upside_down ? rotated(doubtful[turn]) : doubtful[turn]);
    chosen ^= 1u << turn;
    if (!valid_weights(characters)) continue;
    float cost = 0;
    for (std::size_t h = 0; h < doubtful.size(); ++h)
      if (chosen >> h & 1) cost += window.sureness[static_cast<std::size_t>(doubtful[h])];
    fillings.push_back({{characters, upside_down, count_bars(doubtful, chosen)}, cost});
  }
}

// All 195 changes of one bar.
void try_single_bars(const ImbCharacters& read, bool upside_down, Judge& judge) {
  for (int bar = 0; bar < kImbBars; ++bar) {
    for (unsigned change = 1; change < 4; ++change) {
      ImbCharacters characters = read;
      if (change & 1) flip(characters, 2 * bar);
      if (change & 2) flip(characters, 2 * bar + 1);
      if (postal::valid_imb(characters)) judge.offer({characters, upside_down, 1});
    }
  }
}

std::optional<Found> decode_exact(const Window& window) {
  Judge judge;
  const ImbCharacters upright = postal::to_characters(window.bars);
  const ImbCharacters turned = postal::to_characters(postal::rotate_imb(window.bars));
  if (postal::valid_imb(upright)) judge.offer({upright, false, 0});
  if (postal::valid_imb(turned)) judge.offer({turned, true, 0});
  return judge.verdict();
}

// The CRC alone proves little: one in 5,000 symbols of valid weights passes it. So few symbols are
// put to it, those nearest to the picture first, and none when too much of the picture is unsure.
std::optional<Found> repair(const Window& window) {
  const auto unsure = std::count_if(window.sureness.begin(), window.sureness.end(),
                                    [](float sureness) { return sureness < kVeryUnsure; });
  if (unsure > kMostUnsureForFillings) return std::nullopt;
  Judge judge;
  std::vector<Filling> fillings;
  const std::vector<int> doubtful = least_sure(window);
  for (const bool upside_down : {false, true}) {
    const ImbCharacters read =
        postal::to_characters(upside_down ? postal::rotate_imb(window.bars) : window.bars);
    collect_fillings(window, read, doubtful, upside_down, fillings);
    if (unsure <= kMostUnsureForSingleBars) try_single_bars(read, upside_down, judge);
  }
  std::stable_sort(fillings.begin(), fillings.end(),
                   [](const Filling& a, const Filling& b) { return a.cost < b.cost; });
  if (fillings.size() > kFillingsTried) fillings.resize(kFillingsTried);
  for (const Filling& filling : fillings)
    if (postal::valid_imb(filling.found.characters)) judge.offer(filling.found);
  return judge.verdict();
}

// How many characters have a valid weight, the better way up.
float likeness(const Window& window) {
  int most = 0;
  for (const ImbBars& bars : {window.bars, postal::rotate_imb(window.bars)}) {
    const ImbCharacters characters = postal::to_characters(bars);
    most = std::max(most, static_cast<int>(std::count_if(
                              characters.begin(), characters.end(),
                              [](std::uint16_t c) { return postal::imb_codeword(c) >= 0; })));
  }
  return likeness_of(most, postal::kImbCharacters, 1.0f / 3, true);
}

void accept(const BarSequence& sequence, Window window, const Found& found, Attempt& attempt) {
  const Result<postal::Imb> code = postal::decode_imb(found.characters);
  if (!code) {
    attempt.cause = postal::NoReadCause::format;
    return;
  }
  if (found.upside_down) {
    std::reverse(window.soft.half_bars.begin(), window.soft.half_bars.end());
    window.soft.upside_down = true;
  }
  const std::string letters = postal::to_letters(postal::to_bars(found.characters));
  attempt.reading =
      to_reading(sequence, window.soft, postal::Symbology::imb, code->digits(), letters);
  const double freedom = freedom_bits(window.soft, cost_of(window.soft, letters));
  attempt.proof_bits = std::max(0.0, kRedundancyBits - freedom);
  attempt.spare_bits = attempt.proof_bits;
  attempt.reading->correction_margin = static_cast<float>(attempt.proof_bits / kRedundancyBits);
}

}  // namespace

Attempt read_imb(const BarSequence& sequence) {
  Attempt attempt;
  const std::vector<int> starts = window_starts(sequence, kImbBars);
  for (const int from : starts) {
    const Window window = cut(sequence, from);
    if (const auto found = decode_exact(window)) {
      accept(sequence, window, *found, attempt);
      return attempt;
    }
  }
  if (starts.empty()) return attempt;
  // Repair multiplies the chance of a false answer: the likeliest place only.
  const Window window = cut(sequence, starts.front());
  if (const auto found = repair(window)) accept(sequence, window, *found, attempt);
  if (!attempt.reading && sequence.run() >= kImbBars - 1 && sequence.run() <= kImbBars) {
    const float alike = likeness(window);
    attempt.likeness = std::max(kLikely, alike) * (sequence.run() == kImbBars ? 1.0f : 0.6f);
    if (alike == 1) attempt.cause = postal::NoReadCause::checksum;
  }
  return attempt;
}

}  // namespace backstamp::vision::four_state
