#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "vision/linear/bar_bands.h"
#include "vision/linear/bar_profile.h"
#include "vision/linear/code128_content.h"
#include "vision/linear/code128_decode.h"
#include "vision/linear/code128_pairs.h"
#include "vision/linear/linear.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

constexpr float kMargin_px = 44;
constexpr float kLeastAgreement = 0.6f;  // of symbols: above 0.75 but for one in 200
constexpr int kFewestSamples = 40;
constexpr float kClear = 100;        // usual margin of the right length; others stay below 40
constexpr float kStrongEnd = 0.93f;  // likeness of an end whose other end may be missing

/// One way of looking at the box: how many lines, and how they become a profile.
struct Look {
  int bands, lines;
  Joining joining;
  const char* rung;
};
constexpr Look kLooks[] = {{4, 2, Joining::mean, "code128"},
                           {8, 5, Joining::trimmed, "code128-soft"},
                           {8, 5, Joining::lighter, "code128-soft"},
                           {8, 5, Joining::upper, "code128-soft"},
                           {8, 5, Joining::lower, "code128-soft"}};

/// How probably a character of this margin is wrong: above what was counted on 500 drawn symbols of
/// the hard class and beyond, most of which were too damaged to be read at all. Damage that looks
/// like another character leaves a rest at any margin.
float doubt(float margin) {
  constexpr float kScale = 14, kOffset = 5, kRest = 2e-4f;
  return std::min(1.0f, std::exp(-(margin - kOffset) / kScale)) + kRest;
}

float usual_margin(const Code128Slots& slots) {
  std::vector<float> margins = slots.margins();
  if (margins.empty()) return 0;
  const auto middle = margins.begin() + static_cast<std::ptrdiff_t>(margins.size() / 2);
  std::nth_element(margins.begin(), middle, margins.end());
  return *middle;
}

/// Whether the characters are sure enough for the check character to prove them. It finds one wrong
/// character always, and several in 102 of 103 cases: so two wrong ones must be improbable already
/// (1 in 100; a misread is then one in 10,000 of the doubtful symbols that just pass). Text,
/// hatching and other codes, fitted as well as they can be, have usual margins of 10 to 30.
bool beyond_doubt(const Code128Slots& slots) {
  constexpr float kTwoWrong = 0.01f, kUsual = 45, kMostNoise = 0.05f;
  if (slots.noise > kMostNoise || usual_margin(slots) < kUsual) return false;
  float sum = 0, squares = 0;
  for (const float margin : slots.margins()) {
    const float wrong = doubt(margin);
    sum += wrong;
    squares += wrong * wrong;
  }
  return 0.5f * (sum * sum - squares) < kTwoWrong;
}

/// A box under several looks.
class Search {
 public:
  Search(ImageView face, const OrientedBox& box) : face_(face), box_(box) {}

  LinearAttempt run() {
    for (const Look& look : kLooks) {
      if (!take(look)) break;
      const Code128Pairs found = find_code128_pairs(ways_);
      for (const Code128Pair& pair : found.pairs)
        if (worth_reading(pair, found.pairs.front()) && read(pair, look.rung))
          return std::move(attempt_);
      if (&look != kLooks || !found.pairs.empty()) continue;
      // One end alone is followed up with all the lines, and further out.
      if (std::max(found.left, found.right) < kStrongEnd) break;
      note(NoReadCause::located_not_decoded, box_.corners(), 0);
      reach_ = std::min(0.6f * box_.width + 60, 600.0f);
      bands_ = {};
    }
    return std::move(attempt_);
  }

 private:
  bool take(const Look& look) {
    if (bands_.bands() != look.bands) {
      const float reach = box_.width / 2 + kMargin_px + reach_;
      bands_ = sample_bands(face_, box_, {-reach, reach, look.bands, look.lines});
      if (bands_.width < kFewestSamples) return false;
      const int outside = static_cast<int>(kMargin_px + reach_);
      if (agreement(bands_, outside, bands_.width - outside) < kLeastAgreement) return false;
      lean_ = find_lean(bands_, 0, bands_.width);
    }
    Darkness darkness = level(join_bands(bands_, lean_, look.joining));
    contrast_ = std::clamp(darkness.contrast_grey / 255, 0.0f, 1.0f);
    ways_.backwards.assign(darkness.samples.rbegin(), darkness.samples.rend());
    ways_.forwards = std::move(darkness.samples);
    return true;
  }

  /// A length that has given clear characters is the symbol's; the others need not be tried again.
  bool worth_reading(const Code128Pair& pair, const Code128Pair& best) const {
    constexpr float kWorse = 0.12f;
    if (characters_ != 0) return pair.frame.characters == characters_;
    return pair.likeness > best.likeness - kWorse;
  }

  bool read(const Code128Pair& pair, const char* rung) {
    const Code128Slots slots =
        decode_code128(pair.reversed ? ways_.backwards : ways_.forwards, pair.frame);
    const Quad outline = outline_of(pair, slots);
    const float module_px = pair.frame.module / kPerPixel;
    if (usual_margin(slots) > kClear) characters_ = pair.frame.characters;
    if (!beyond_doubt(slots)) {
      note(NoReadCause::located_not_decoded, outline, module_px);
      return false;
    }
    Code128Content content = code128_content(slots.values);
    if (content.cause != NoReadCause::none) {
      note(content.cause, outline, module_px);
      return false;
    }
    Reading reading;
    reading.symbology = Symbology::code128;
    reading.text = to_utf8(content.bytes);
    reading.content = std::move(content.bytes);
    reading.outline = outline;
    reading.module_px = module_px;
    reading.contrast = contrast_;
    reading.rung = rung;
    attempt_ = {std::move(reading), std::nullopt};
    return true;
  }

  /// Keeps what tells most: a wrong check character tells more than an unclear one.
  void note(NoReadCause cause, const Quad& outline, float module_px) {
    const bool better = !attempt_.candidate || attempt_.candidate->module_px == 0 ||
                        (attempt_.candidate->cause == NoReadCause::located_not_decoded &&
                         cause != NoReadCause::located_not_decoded);
    if (!better) return;
    Candidate candidate;
    candidate.outline = outline;
    candidate.looks_like = Symbology::code128;
    candidate.module_px = module_px;
    candidate.contrast = contrast_;
    candidate.cause = cause;
    attempt_.candidate = candidate;
  }

  /// The symbol's corners in its own order.
  Quad outline_of(const Code128Pair& pair, const Code128Slots& slots) const {
    const float from = pair.frame.first;
    const float to = slots.places.back() + kCode128StopModules * pair.frame.module;
    const float top = -box_.height / 2, bottom = box_.height / 2;
    if (!pair.reversed)
      return {corner(from, top), corner(to, top), corner(to, bottom), corner(from, bottom)};
    const auto last = static_cast<float>(ways_.forwards.size() - 1);
    return {corner(last - from, bottom), corner(last - to, bottom), corner(last - to, top),
            corner(last - from, top)};
  }

  Point corner(float sample, float v) const {
    const float x = (sample - 1) / kPerPixel;  // of the bands
    return bands_.face_from_bars(bands_.first_u + x + lean_.at(x) * v, v);
  }

  ImageView face_;
  OrientedBox box_;
  float reach_ = 0;     // beyond the usual margin
  int characters_ = 0;  // of the symbol, once that is clear
  BarBands bands_;
  BarLean lean_;
  BothWays ways_;
  float contrast_ = 0;
  LinearAttempt attempt_;
};

}  // namespace

LinearAttempt read_code128(ImageView face, const OrientedBox& box) {
  return Search(face, box).run();
}

}  // namespace backstamp::vision
