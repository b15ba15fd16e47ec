#include "vision/reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/limits.h"
#include "vision/four_state/four_state.h"
#include "vision/ladder/accounts.h"
#include "vision/ladder/located.h"
#include "vision/ladder/merge.h"
#include "vision/ladder/whole.h"
#include "vision/locate/tiles.h"

namespace backstamp::vision {

namespace {

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

void look_at_whole(ImageView face, bool at_full_size, Formats formats, SteadyTime deadline,
                   FaceReading& result, Accounts& accounts, bool& out_of_time) {
  const Try attempt(accounts, "whole");
  WholeResult whole =
      at_full_size ? read_whole(face, formats, deadline) : read_reduced(face, formats, deadline);
  merge_readings(result.readings, std::move(whole.readings));
  out_of_time = out_of_time || whole.out_of_time;
}

float look_at_places(ImageView face, ImageView half, Formats formats, SteadyTime deadline,
                     FaceReading& result, Accounts& accounts, bool& out_of_time) {
  LocatedResult located = read_located(face, half, formats, result.readings, deadline, accounts);
  merge_readings(result.readings, std::move(located.readings));
  result.unread.insert(result.unread.end(), located.unread.begin(), located.unread.end());
  out_of_time = out_of_time || located.out_of_time;
  return located.printed;
}

void look_for_bars(ImageView face, ImageView half, Formats formats, SteadyTime deadline,
                   FaceReading& result, Accounts& accounts, bool& out_of_time) {
  Try attempt(accounts, "4-state");
  FourStateResult bars = read_four_state(face, half, formats, deadline);
  if (!bars.readings.empty()) attempt.gave_reading();
  merge_readings(result.readings, std::move(bars.readings));
  result.unread.insert(result.unread.end(), bars.unread.begin(), bars.unread.end());
  out_of_time = out_of_time || bars.out_of_time;
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
  if (face.empty()) return result;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const SteadyTime deadline =
      begin + std::min<std::chrono::microseconds>(options.budget, kNoBudget);
  const bool small =
      static_cast<std::size_t>(face.width_px) * static_cast<std::size_t>(face.height_px) <
      kSmallPixels;
  const bool exhaustive = options.budget >= kNoBudget;
  bool out_of_time = false;
  Accounts accounts;
  if (small) look_at_whole(face, small, options.formats, deadline, result, accounts, out_of_time);
  const Frame half = halved(face);
  // Bars first: a 4-state code that was read need not be looked at as a linear one.
  look_for_bars(face, half.view(), options.formats, deadline, result, accounts, out_of_time);
  const float printed =
      look_at_places(face, half.view(), options.formats, deadline, result, accounts, out_of_time);
  const bool filled =
      result.readings.empty() && (printed > kFilled || solid_ink(half.view()) > kSolid);
  if (!small && (exhaustive || filled))
    look_at_whole(face, exhaustive, options.formats, deadline, result, accounts, out_of_time);
  drop_read_candidates(result.unread, result.readings);
  if (!result.readings.empty())
    result.cause = postal::NoReadCause::none;
  else if (out_of_time)
    result.cause = postal::NoReadCause::out_of_time;
  else if (!result.unread.empty())
    result.cause = postal::NoReadCause::located_not_decoded;
  result.rungs = accounts.take();
  result.elapsed = std::chrono::steady_clock::now() - begin;
  return result;
}

}  // namespace backstamp::vision
