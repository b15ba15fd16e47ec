#include "vision/linear/code128.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "vision/linear/code128_content.h"
#include "vision/linear/code128_decode.h"
#include "vision/linear/code128_table.h"
#include "vision/linear/doubt.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

constexpr float kClear = 100;        // usual margin of the right length; others stay below 40
constexpr float kStrongEnd = 0.93f;  // likeness of an end whose other end may be missing

/// How far the characters are, 0 to 1, from being too unsure for the check character to prove them;
/// none when they are. It finds one wrong
/// character always, and several in 102 of 103 cases: so two wrong ones must be improbable already
/// (1 in 100; a misread is then one in 10,000 of the doubtful symbols that just pass). Text,
/// hatching and other codes, fitted as well as they can be, have usual margins of 10 to 30.
/// Nothing is repaired: a filling that the check character chooses is no longer proved by it.
std::optional<float> reserve_of(const Code128Slots& slots) {
  constexpr float kTwoWrong = 0.01f, kUsual = 45, kMostNoise = 0.05f;
  const std::vector<float> margins = slots.margins();
  float sum = 0, squares = 0;
  for (const float margin : margins) {
    const float wrong = doubt(margin);
    sum += wrong;
    squares += wrong * wrong;
  }
  const float two_wrong = 0.5f * (sum * sum - squares);
  const float reserve =
      std::min({1 - slots.noise / kMostNoise, 1 - kUsual / std::max(usual_margin(margins), 1.0f),
                1 - two_wrong / kTwoWrong});
  return reserve > 0 ? std::optional(reserve) : std::nullopt;
}

/// Keeps what tells most: a wrong check character tells more than an unclear one.
void note(NoReadCause cause, const Quad& outline, float module_px, float contrast,
          LinearAttempt& attempt) {
  const bool better = !attempt.candidate || attempt.candidate->module_px == 0 ||
                      (attempt.candidate->cause == NoReadCause::located_not_decoded &&
                       cause != NoReadCause::located_not_decoded);
  if (!better) return;
  Candidate candidate;
  candidate.outline = outline;
  candidate.looks_like = Symbology::code128;
  candidate.module_px = module_px;
  candidate.contrast = contrast;
  candidate.cause = cause;
  candidate.correction_margin = 0;
  attempt.candidate = candidate;
}

}  // namespace

Outlook Code128Reader::step(BoxLooks& looks, std::size_t look, LinearAttempt& attempt) {
  const Code128Pairs found = find_code128_pairs(looks.ways());
  for (const Code128Pair& pair : found.pairs) {
    if (!worth_reading(pair, found.pairs.front()) || !read(looks, pair, attempt)) continue;
    attempt.reading->rung = look == 0 ? "code128" : "code128-soft";
    return Outlook::read;
  }
  if (look > 0 || !found.pairs.empty()) return Outlook::promising;
  // One end alone is followed up with all the lines, and further out.
  if (std::max(found.left, found.right) < kStrongEnd) return Outlook::hopeless;
  note(NoReadCause::located_not_decoded, looks.box().corners(), 0, looks.contrast(), attempt);
  looks.reach_out();
  return Outlook::promising;
}

/// A length that has given clear characters is the symbol's; the others need not be tried again.
bool Code128Reader::worth_reading(const Code128Pair& pair, const Code128Pair& best) const {
  constexpr float kWorse = 0.12f;
  if (characters_ != 0) return pair.frame.characters == characters_;
  return pair.likeness > best.likeness - kWorse;
}

bool Code128Reader::read(const BoxLooks& looks, const Code128Pair& pair, LinearAttempt& attempt) {
  const Code128Slots slots = decode_code128(looks.ways().way(pair.reversed), pair.frame);
  const float to = slots.places.back() + kCode128StopModules * pair.frame.module;
  const Quad outline = looks.outline(pair.frame.first, to, pair.reversed);
  const float module_px = pair.frame.module / kPerPixel;
  if (usual_margin(slots.margins()) > kClear) characters_ = pair.frame.characters;
  NoReadCause cause = NoReadCause::located_not_decoded;
  Code128Content content;
  const std::optional<float> reserve = reserve_of(slots);
  if (reserve) {
    content = code128_content(slots.values);
    cause = content.cause;
  }
  if (cause != NoReadCause::none) {
    note(cause, outline, module_px, looks.contrast(), attempt);
    return false;
  }
  Reading reading;
  reading.symbology = Symbology::code128;
  reading.text = to_utf8(content.bytes);
  reading.content = std::move(content.bytes);
  reading.outline = outline;
  reading.module_px = module_px;
  reading.contrast = looks.contrast();
  reading.correction_margin = *reserve;
  reading.gs1 = content.gs1;
  attempt = {std::move(reading), std::nullopt};
  return true;
}

}  // namespace backstamp::vision
