#include "vision/reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "vision/four_state/four_state.h"
#include "vision/grid/matrix.h"
#include "vision/ladder/accounts.h"
#include "vision/ladder/contrast.h"
#include "vision/ladder/effort.h"
#include "vision/ladder/facing_mark.h"
#include "vision/ladder/located.h"
#include "vision/ladder/merge.h"
#include "vision/ladder/whole.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;

constexpr int kLeastSide_px = 8;               // of a picture: no symbol has fewer modules
constexpr std::size_t kSmallPixels = 700'000;  // no face: the library may look at all of it
constexpr float kFilled = 0.3f;  // of a large picture: more than mail has, so a symbol close up
constexpr float kSolid = 0.01f;  // of a large picture: a symbol with modules like stamps

/// 0..1: the share of the middle of a halved picture that is solid ink, larger each way than a
/// module that the locator knows: a close-up has much of it, mail hardly any. The dark belt around
/// a piece lies at the edges.
float solid_ink(ImageView half) {
  constexpr int kReach_px = 4, kStep_px = 8;
  constexpr std::size_t kLevels = 256;
  std::array<std::size_t, kLevels> levels{};
  std::size_t places = 0, solid = 0;
  const int left = half.width_px / 4 + kReach_px, right = half.width_px * 3 / 4 - kReach_px;
  const int top = half.height_px / 4 + kReach_px, bottom = half.height_px * 3 / 4 - kReach_px;
  for (int y = top; y < bottom; y += kStep_px)
    for (int x = left; x < right; x += kStep_px) ++levels[half.row(y)[x]], ++places;
  if (places == 0) return 0;
  int paper = 0;  // the median: most of a face is paper
  for (std::size_t below = levels[0]; below <= places / 2;)
    below += levels[static_cast<std::size_t>(++paper)];
  const int dark = paper * 6 / 10;
  for (int y = top; y < bottom; y += kStep_px) {
    for (int x = left; x < right; x += kStep_px) {
      bool inked = true;
      for (int k = 0; k < 9 && inked; ++k)
        inked = half.row(y + (k / 3 - 1) * kReach_px)[x + (k % 3 - 1) * kReach_px] < dark;
      solid += inked;
    }
  }
  return static_cast<float>(solid) / static_cast<float>(places);
}

/// Whether a picture shows nothing at all: a camera that is dead, dazzled or capped. Even a blank
/// piece has its noise and its edges.
bool is_flat(ImageView face) {
  constexpr int kLevels = 3;
  std::uint8_t darkest = 255, lightest = 0;
  for (int y = 0; y < face.height_px; ++y) {
    const std::uint8_t* const row = face.row(y);
    for (int x = 0; x < face.width_px; ++x) {
      darkest = std::min(darkest, row[x]);
      lightest = std::max(lightest, row[x]);
    }
    if (lightest - darkest > kLevels) return false;
  }
  return true;
}

/// One face on its way down the ladder.
class Ladder {
 public:
  Ladder(ImageView face, Effort& effort, Accounts& accounts)
      : face_(face),
        small_(static_cast<std::size_t>(face.width_px) * static_cast<std::size_t>(face.height_px) <
               kSmallPixels),
        half_(halved(face)),
        effort_(effort),
        accounts_(accounts) {}

  ImageView half() const { return half_.view(); }

  /// Every rung that the options allow, until what was located is read.
  void climb(const ReadOptions& options, FaceReading& result) {
    const bool exhaustive = options.budget >= kNoBudget;
    if (small_) look_at_whole(true, options, result);
    // Bars first: a 4-state code that was read need not be looked at as a linear one.
    look_for_bars(options, result);
    const float printed = look_at_places(options, result);
    const bool filled =
        result.readings.empty() && (printed > kFilled || solid_ink(half()) > kSolid);
    if (!small_ && (exhaustive || filled)) look_at_whole(exhaustive, options, result);
    if (small_ && result.readings.empty() && !effort_.ended()) look_at_enlarged(options, result);
    drop_read_candidates(result.unread, result.readings);
  }

 private:
  void look_at_whole(bool at_full_size, const ReadOptions& options, FaceReading& result) {
    const Try attempt(accounts_, "whole");
    std::vector<Reading> whole = at_full_size ? read_whole(face_, options.formats, effort_)
                                              : read_reduced(face_, options.formats, effort_);
    for (Reading& reading : whole) {
      reading.contrast = contrast_within(face_, reading.outline);
      if (reading.symbology == postal::Symbology::aztec) spell_again(options, reading);
    }
    merge_readings(result.readings, std::move(whole));
  }

  /// The library misspells some Aztecs (aztec_content.h): where the library found one, ours is
  /// read.
  void spell_again(const ReadOptions& options, Reading& reading) {
    const Quad& q = reading.outline;
    const Point side = (q[1] + q[2] - q[0] - q[3]) * 0.5f,
                other = (q[2] + q[3] - q[0] - q[1]) * 0.5f;
    const float width = length(side);
    if (width < 1) return;
    const OrientedBox box{.center = (q[0] + q[1] + q[2] + q[3]) * 0.25f,
                          .along = side * (1 / width),
                          .width = width,
                          .height = length(other)};
    Formats aztec;
    aztec.add(postal::Symbology::aztec);
    MatrixResult ours = read_matrix(face_, box, aztec, effort_, options.repair);
    if (!ours.reading && small_) {
      const OrientedBox there{.center = to_enlarged(box.center),
                              .along = box.along,
                              .width = 2 * box.width,
                              .height = 2 * box.height};
      ours = read_matrix(large().view(), there, aztec, effort_, options.repair);
    }
    if (!ours.reading) return;
    reading.content = std::move(ours.reading->content);
    reading.text = std::move(ours.reading->text);
    reading.gs1 = ours.reading->gs1;
  }

  void look_for_bars(const ReadOptions& options, FaceReading& result) {
    Try attempt(accounts_, "4-state");
    FourStateResult bars = read_four_state(face_, half(), options.formats, effort_, options.repair);
    if (!bars.readings.empty()) attempt.gave_reading();
    merge_readings(result.readings, std::move(bars.readings));
    result.unread.insert(result.unread.end(), bars.unread.begin(), bars.unread.end());
  }

  float look_at_places(const ReadOptions& options, FaceReading& result) {
    LocatedResult located =
        read_located(face_, half(), options, result.readings, effort_, accounts_);
    merge_readings(result.readings, std::move(located.readings));
    result.unread.insert(result.unread.end(), located.unread.begin(), located.unread.end());
    return located.printed;
  }

  /// Symbols that fill a small picture, or whose modules are small.
  void look_at_enlarged(const ReadOptions& options, FaceReading& result) {
    const Frame half = halved(large().view());
    LocatedResult located =
        read_located(large().view(), half.view(), options, {}, effort_, accounts_);
    for (Reading& reading : located.readings) {
      for (Point& p : reading.outline) p = from_enlarged(p);
      reading.module_px /= 2;
    }
    merge_readings(result.readings, std::move(located.readings));
  }

  /// The face enlarged; small ones only.
  const Frame& large() {
    if (!large_) large_ = enlarged(face_);
    return *large_;
  }

  ImageView face_;
  bool small_;
  Frame half_;
  std::optional<Frame> large_;
  Effort& effort_;
  Accounts& accounts_;
};

/// On a face where nothing was read: what would have been, had it been asked for.
void look_for_others(Ladder& ladder, const ReadOptions& options, FaceReading& result) {
  ReadOptions others = options;
  others.formats.bits = Formats::all().bits & ~options.formats.bits;
  if (others.formats.bits == 0) return;
  FaceReading found;
  ladder.climb(others, found);
  drop_read_candidates(result.unread, found.readings);
  for (const Reading& reading : found.readings) {
    result.unread.push_back({.outline = reading.outline,
                             .looks_like = reading.symbology,
                             .module_px = reading.module_px,
                             .score = 1,
                             .cause = NoReadCause::filtered,
                             .contrast = reading.contrast,
                             .correction_margin = reading.correction_margin});
  }
}

/// Of a face: the cause that says most about what to do.
NoReadCause cause_of(const FaceReading& face, bool ended) {
  if (!face.readings.empty()) return NoReadCause::none;
  if (ended) return NoReadCause::out_of_time;
  for (const NoReadCause cause : {NoReadCause::filtered, NoReadCause::checksum, NoReadCause::format,
                                  NoReadCause::located_not_decoded}) {
    if (std::any_of(face.unread.begin(), face.unread.end(),
                    [&](const Candidate& candidate) { return candidate.cause == cause; }))
      return cause;
  }
  return NoReadCause::nothing_found;
}

}  // namespace

Formats Formats::all() {
  Formats formats;
  formats.bits = (1u << postal::kSymbologies) - 1;
  return formats;
}

Result<Formats> Formats::parse(std::string_view list) {
  Formats formats;
  std::size_t at = 0;
  while (at <= list.size()) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const std::string_view name = list.substr(at, comma - at);
    at = comma + 1;
    if (name == "postal") {
      formats.bits |= all().bits;
      continue;
    }
    const auto symbology = postal::parse_symbology(name);
    if (!symbology) {
      return fail(ErrorKind::invalid, "unknown format '" + std::string(name) +
                                          "'; known: postal (all of them), datamatrix, qrcode, "
                                          "aztec, pdf417, code128, imb, itf, mailmark, rm4scc, "
                                          "kix, australiapost, japanpost, postnet, planet");
    }
    formats.add(*symbology);
  }
  return formats;
}

FaceReading read_face(ImageView face, const ReadOptions& options) {
  FaceReading result;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - begin; };
  if (std::min(face.width_px, face.height_px) < kLeastSide_px || is_flat(face)) {
    result.cause = NoReadCause::bad_image;
    result.elapsed = elapsed();
    return result;
  }
  const bool limited = options.budget < kNoBudget;
  Effort effort = limited ? Effort(options.effort, begin + options.budget) : Effort();
  Accounts accounts;
  Ladder ladder(face, effort, accounts);
  ladder.climb(options, result);
  const bool ended = effort.ended();
  if (result.readings.empty() && !ended) look_for_others(ladder, options, result);
  {
    const Try attempt(accounts, "facing-mark");
    result.facing_mark = find_facing_mark(ladder.half());
  }
  result.cause = cause_of(result, ended);
  result.rungs = accounts.take();
  result.effort = effort.spent();
  result.ended_by_clock = effort.ended_by_clock();
  result.elapsed = elapsed();
  return result;
}

}  // namespace backstamp::vision
