#include "vision/grid/matrix.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "vision/grid/agreement.h"
#include "vision/grid/grid.h"
#include "vision/grid/lattice.h"
#include "vision/grid/modules.h"
#include "vision/grid/pitch.h"
#include "vision/grid/strokes/strokes.h"
#include "vision/grid/words/aztec_content.h"
#include "vision/grid/words/words.h"
#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

constexpr float kComb = 0.13f;  // weaker combs are text and tints
constexpr float kMostModule_px = 12.5f;
constexpr float kWorthClimbing = 0.15f;
constexpr float kStandsOut = 0.45f;       // before climbing
constexpr float kLooksLike = 0.50f;       // agreement that is not chance
constexpr float kReadable = 0.7f;         // nothing was read below 0.8 as it was seen,
constexpr float kWorthStudy = 0.57f;      // nor below 0.6 without its strokes
constexpr float kWellPlaced = 0.85f;      // where it is, and which it is
constexpr float kSmallLooksLike = 0.75f;  // small symbols correct little by little: ask for more
constexpr int kSmall = 18;
constexpr std::size_t kClimbs = 4;

/// How to tell dark from light, the likeliest first.
struct Attempt {
  float sharpen;
  float bias;
};
constexpr Attempt kAttempts[] = {{0.15f, 0},     {0.3f, 0},       {0, 0},        {0.15f, -0.2f},
                                 {0.45f, -0.2f}, {0.45f, -0.35f}, {0.3f, -0.5f}, {0.6f, -0.35f},
                                 {0.15f, 0.2f},  {0.3f, 0.2f}};
constexpr std::size_t kFewAttempts = 3;  // small symbols: each is a chance for a wrong correction

/// One size and direction of a symbol that might lie in the box.
struct Hypothesis {
  const FixedPattern* pattern;
  Quad corners;
  float agreement;
};

Quad turned(const Quad& corners, std::size_t quarter) {
  return {corners[quarter % 4], corners[(quarter + 1) % 4], corners[(quarter + 2) % 4],
          corners[(quarter + 3) % 4]};
}

/// Whether a side of `side_px` can have `size` modules of `module_px`.
bool fits(float side_px, float module_px, int size) {
  const float modules = side_px / module_px;
  return std::abs(modules - static_cast<float>(size)) < 1.2f + 0.025f * static_cast<float>(size);
}

void add_hypotheses(ImageView face, const OrientedBox& box, float module_px, Symbology symbology,
                    std::vector<Hypothesis>& hypotheses) {
  const Quad corners = box.corners();
  for (const auto& [columns, rows] : sizes_of(symbology)) {
    for (std::size_t quarter = 0; quarter < 4; ++quarter) {
      const bool lying = quarter % 2 != 0;
      const float across = lying ? box.height : box.width;
      const float down = lying ? box.width : box.height;
      if (!fits(across, module_px, columns) || !fits(down, module_px, rows)) continue;
      const FixedPattern& pattern = fixed_pattern(symbology, columns, rows);
      Quad start = turned(corners, quarter);
      const float value = approach(face, pattern, start);
      hypotheses.push_back({&pattern, start, value});
    }
  }
}

/// The likeliest ones first, not yet climbed.
void keep_best(std::vector<Hypothesis>& hypotheses) {
  std::erase_if(hypotheses, [](const Hypothesis& h) { return h.agreement < kWorthClimbing; });
  std::stable_sort(
      hypotheses.begin(), hypotheses.end(),
      [](const Hypothesis& a, const Hypothesis& b) { return a.agreement > b.agreement; });
  if (hypotheses.size() > kClimbs) hypotheses.resize(kClimbs);
}

/// The content of a symbol whose modules are as they should be.
std::optional<Reading> content_of(std::span<const std::uint8_t> dark, const WordLayout& layout,
                                  const FixedPattern& pattern) {
  if (pattern.symbology == Symbology::aztec) {
    auto content = spell_aztec(layout, dark);
    if (!content) return std::nullopt;
    Reading reading;
    reading.symbology = Symbology::aztec;
    reading.text = to_utf8(content->bytes);
    reading.content = std::move(content->bytes);
    reading.gs1 = content->gs1;
    return reading;
  }
  constexpr ZxingOptions kPure{
      .harder = false, .rotate = false, .pure = true, .fixed_threshold = true};
  Formats one;
  one.add(pattern.symbology);
  const Frame drawn = draw_modules(dark, pattern.columns, pattern.rows);
  std::vector<Reading> readings = zxing_read(drawn.view(), one, kPure);
  if (readings.empty()) return std::nullopt;
  return std::move(readings.front());
}

/// The modules of one look at a symbol, softened in the ways that were asked for so far.
class SoftLook {
 public:
  SoftLook(Modules modules, const FixedPattern& pattern)
      : modules_(std::move(modules)), pattern_(pattern) {}

  /// What the attempt makes of the modules.
  std::vector<float> soft(Attempt attempt) {
    auto known = std::find_if(softened_.begin(), softened_.end(),
                              [&](const auto& one) { return one.first == attempt.sharpen; });
    if (known == softened_.end()) {
      softened_.emplace_back(attempt.sharpen, soft_modules(modules_, pattern_, attempt.sharpen));
      known = softened_.end() - 1;
    }
    std::vector<float> values = known->second;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] += attempt.bias * (modules_.trust.empty() ? 1 : modules_.trust[i]);
    return values;
  }
  float contrast() const { return modules_.contrast / 255; }
  /// Whether more neighbours differ than do in any symbol.
  bool checkerboard() const {
    constexpr float kMost = 0.8f;
    std::vector<float> darkness = modules_.values;
    for (float& value : darkness) value = modules_.print_dark + modules_.contrast / 2 - value;
    return alternation(darkness, modules_.columns, modules_.rows) > kMost;
  }

 private:
  Modules modules_;
  const FixedPattern& pattern_;
  std::vector<std::pair<float, std::vector<float>>> softened_;
};

/// How far the decoding of a symbol came, at its best try.
struct Decoded {
  std::optional<Reading> reading;
  NoReadCause cause = NoReadCause::located_not_decoded;
  float margin = -1;  ///< of its correction; 0 when there was more damage
  float contrast = 0;
  bool checkerboard = false;
};

/// Corrects the modules and spells the content.
void decode_once(std::span<const float> soft, const FixedPattern& pattern,
                 const RepairLimits& limits, SolvedBlocks& solved, Decoded& result) {
  const auto layout = word_layout(pattern.symbology, pattern.columns, pattern.rows, soft);
  if (!layout) return;
  const auto corrected = correct_modules(*layout, soft, solved, limits);
  if (corrected) {
    result.margin = corrected->margin;
    result.cause = NoReadCause::format;
    result.reading = content_of(corrected->dark, *layout, pattern);
  } else if (result.cause == NoReadCause::located_not_decoded) {
    result.margin = 0;
    result.cause = NoReadCause::checksum;
  }
}

/// Attempts at one symbol, look after look.
class Decoder {
 public:
  Decoder(ImageView face, const Hypothesis& h, Effort& effort, const RepairLimits& limits)
      : face_(face),
        h_(h),
        effort_(&effort),
        limits_(&limits),
        middle_(sample_modules(face, *h.pattern, h.corners), *h.pattern) {}

  /// The likeliest attempts at the modules as they are.
  void glance() {
    result_.contrast = middle_.contrast();
    result_.checkerboard = middle_.checkerboard();
    if (result_.checkerboard || h_.agreement < kReadable) return;
    attempt(middle_, std::span(kAttempts).first(kFewAttempts), "grid");
  }

  /// All attempts, with what looks like strokes taken off.
  void study() {
    const std::span<const Attempt> all(kAttempts);
    if (!effort_->take(charge::kMatrixStrokes)) return;
    if (auto lifted = lift_strokes(face_, *h_.pattern, h_.corners)) {
      SoftLook look(std::move(lifted->modules), *h_.pattern);
      const Quad before = std::exchange(h_.corners, lifted->corners);
      if (attempt(look, all, "grid-strokes")) return;
      h_.corners = before;
      if (lifted->plain) return;
    }
    if (h_.agreement > kReadable) attempt(middle_, all.subspan(kFewAttempts), "grid");
  }

  Decoded& result() { return result_; }
  const Decoded& result() const { return result_; }
  const Hypothesis& hypothesis() const { return h_; }

 private:
  /// True when there is nothing more to do.
  bool attempt(SoftLook& look, std::span<const Attempt> attempts, const char* rung) {
    const FixedPattern& pattern = *h_.pattern;
    for (const Attempt& one : attempts) {
      if (!effort_->take(charge::kMatrixAttempt)) return true;
      const std::vector<float> soft = look.soft(one);
      decode_once(soft, pattern, *limits_, solved_, result_);
      if (!result_.reading) continue;
      result_.reading->outline = h_.corners;
      result_.reading->correction_margin = result_.margin;
      result_.reading->module_px = module_px(*h_.pattern, h_.corners);
      result_.reading->contrast = result_.contrast;
      result_.reading->rung = rung;
      return true;
    }
    return false;
  }

  ImageView face_;
  Hypothesis h_;
  Effort* effort_;
  const RepairLimits* limits_;
  SolvedBlocks solved_;
  SoftLook middle_;
  Decoded result_;
};

/// Whether a box has what only module grids have: a strong comb of small modules, ten or more each
/// way. Print has combs of its stems, but wider or weaker ones.
bool is_grid(const OrientedBox& box, const Pitch& pitch) {
  constexpr float kStrong = 0.42f;
  constexpr float kWidest_px = 10;
  return pitch.module_px > 0 && pitch.module_px < kWidest_px && pitch.strength > kStrong &&
         std::min(box.width, box.height) > 10 * pitch.module_px;
}

/// Whether what was not read is worth reporting: a grid, or a fixed pattern that print hardly has.
bool worth_reporting(const Candidate& candidate, const OrientedBox& box, const Pitch& pitch) {
  constexpr float kManyAgree = 0.6f, kSomeAgree = 0.75f;
  constexpr float kMany = 32;
  if (is_grid(box, pitch)) return true;
  const float modules = std::max(box.width, box.height) / std::max(candidate.module_px, 1.0f);
  if (modules > kMany - 2) return candidate.score > kManyAgree;
  return modules > kSmall - 2 && candidate.score > kSomeAgree;
}

/// Settles what to say of a box in which nothing was read. Torn or smeared symbols have lost their
/// fixed patterns but not their grid: then nobody can tell which symbology it was.
void settle_candidate(const OrientedBox& box, const Pitch& pitch, MatrixResult& result) {
  if (result.reading) {
    result.candidate.reset();
  } else if (result.candidate) {
    if (!worth_reporting(*result.candidate, box, pitch)) result.candidate.reset();
  } else if (is_grid(box, pitch)) {
    result.candidate = Candidate{.outline = box.corners(),
                                 .looks_like = std::nullopt,
                                 .module_px = pitch.module_px,
                                 .score = std::clamp(pitch.strength, 0.0f, 1.0f)};
  }
}

/// The hypotheses of one box and what they came to.
class Search {
 public:
  Search(ImageView face, Formats formats, const Pitch& pitch, Effort& effort,
         const RepairLimits& limits)
      : face_(face), formats_(formats), pitch_(pitch), effort_(effort), limits_(limits) {}

  /// Tries all that fits the box with the likeliest looks, and the likeliest of them with the dear
  /// ones. True when something was read.
  bool run(const OrientedBox& box) {
    if (on_lattice(box) || (!well_placed() && in_box(box))) return true;
    if (!best_ || best_->hypothesis().pattern->columns < kSmall ||
        best_->hypothesis().agreement < kWorthStudy)
      return false;
    best_->study();
    return best_->result().reading.has_value();
  }

  MatrixResult take() {
    MatrixResult result;
    if (!best_) return result;
    const Hypothesis& h = best_->hypothesis();
    Decoded& decoded = best_->result();
    result.reading = std::move(decoded.reading);
    if (result.reading || decoded.checkerboard) return result;
    // Of a grid that fits badly the words were hardly seen: nothing can be said of their check.
    constexpr float kSeen = 0.65f;
    const bool seen = h.agreement >= kSeen;
    result.candidate = Candidate{.outline = h.corners,
                                 .looks_like = h.pattern->symbology,
                                 .module_px = module_px(*h.pattern, h.corners),
                                 .score = std::clamp(h.agreement, 0.0f, 1.0f),
                                 .cause = seen ? decoded.cause : NoReadCause::located_not_decoded,
                                 .contrast = decoded.contrast,
                                 .correction_margin = decoded.margin};
    return result;
  }

 private:
  bool on_lattice(const OrientedBox& box) {
    const auto lattice = lattice_of(face_, box, pitch_);
    had_lattice_ = lattice.has_value();
    if (!lattice) return false;
    std::vector<Hypothesis> hypotheses;
    for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec}) {
      if (!formats_.has(s)) continue;
      for (const Placement& place : placements(*lattice, s))
        hypotheses.push_back({place.pattern, place.corners, place.agreement});
      keep_best(hypotheses);
      // One that stands out already is tried before the other symbologies are looked at.
      if (hypotheses.empty() || hypotheses.front().agreement < kStandsOut) continue;
      if (glance(hypotheses.front())) return true;
      if (well_placed()) return false;
      hypotheses.erase(hypotheses.begin());
    }
    return glance_all(hypotheses);
  }

  /// Where the lattice fails, by the box alone.
  bool in_box(const OrientedBox& box) {
    std::vector<Hypothesis> hypotheses;
    for (const Symbology s : {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec})
      if (formats_.has(s)) add_hypotheses(face_, box, pitch_.module_px, s, hypotheses);
    // Each try is a chance for a wrong correction of a small symbol.
    if (had_lattice_)
      std::erase_if(hypotheses, [](const Hypothesis& h) { return h.pattern->columns < kSmall; });
    keep_best(hypotheses);
    return glance_all(hypotheses);
  }

  bool glance_all(std::vector<Hypothesis>& hypotheses) {
    for (Hypothesis& h : hypotheses) {
      if (glance(h)) return true;
      if (well_placed()) break;
    }
    return false;
  }

  /// Whether the pattern lies so well that it lies nowhere better.
  bool well_placed() const {
    return best_ && best_->hypothesis().agreement > kWellPlaced && !of_another_size();
  }

  /// Whether the best is an Aztec whose mode message names no such size: the bullseye fits all.
  bool of_another_size() const {
    return best_ && best_->hypothesis().pattern->symbology == Symbology::aztec &&
           best_->result().cause == NoReadCause::located_not_decoded;
  }

  /// An Aztec's rings agree in all four directions; a few marks tell which it is.
  void turn_best(Hypothesis& h) {
    const Quad corners = h.corners;
    for (std::size_t quarter = 1; quarter < 4; ++quarter) {
      const Quad other = turned(corners, quarter);
      const float value = agreement(face_, *h.pattern, other);
      if (value > h.agreement) h.agreement = value, h.corners = other;
    }
  }

  bool glance(Hypothesis& h) {
    if (!effort_.take(charge::kMatrixHypothesis)) return false;
    // A compact Aztec has its bullseye alone to climb by: its corners are surer where it was laid.
    if (h.pattern->symbology == Symbology::aztec && h.pattern->columns <= kLargestCompactAztec) {
      Hypothesis laid = h;
      laid.agreement = agreement(face_, *laid.pattern, laid.corners);
      turn_best(laid);
      if (laid.agreement > kReadable && decode(laid)) return true;
    }
    h.agreement = climb(face_, *h.pattern, h.corners);
    if (h.pattern->symbology == Symbology::aztec) turn_best(h);
    if (h.agreement < (h.pattern->columns < kSmall ? kSmallLooksLike : kLooksLike)) return false;
    return decode(h);
  }

  /// The likeliest looks at a symbol that may lie there, if it lies better than the best so far.
  bool decode(const Hypothesis& h) {
    if (best_ && h.agreement <= best_->hypothesis().agreement && !of_another_size()) return false;
    Decoder decoder(face_, h, effort_, limits_);
    decoder.glance();
    if (decoder.result().checkerboard) return false;
    best_.emplace(std::move(decoder));
    return best_->result().reading.has_value();
  }

  ImageView face_;
  Formats formats_;
  Pitch pitch_;
  Effort& effort_;
  const RepairLimits& limits_;
  bool had_lattice_ = false;
  std::optional<Decoder> best_;
};

}  // namespace

MatrixResult read_matrix(ImageView face, const OrientedBox& box, Formats formats, Effort& effort,
                         const RepairLimits& limits) {
  if (!effort.take(charge::kMatrixBox)) return {};
  OrientedBox fitted = box;
  const Pitch pitch = estimate_pitch(face, fitted);
  if ((pitch.strength < kComb && !pitch.in_step) || pitch.module_px > kMostModule_px) return {};
  Search search(face, formats, pitch, effort, limits);
  search.run(fitted);
  MatrixResult result = search.take();
  settle_candidate(fitted, pitch, result);
  return result;
}

}  // namespace backstamp::vision
