#include "vision/reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "vision/four_state/four_state.h"
#include "vision/ladder/located.h"
#include "vision/ladder/merge.h"
#include "vision/ladder/whole.h"

namespace backstamp::vision {

namespace {

constexpr std::size_t kSmallPixels = 700'000;  // no face: the library may look at all of it

void look_at_whole(ImageView face, bool at_full_size, Formats formats, SteadyTime deadline,
                   FaceReading& result, bool& out_of_time) {
  WholeResult whole =
      at_full_size ? read_whole(face, formats, deadline) : read_reduced(face, formats, deadline);
  merge_readings(result.readings, std::move(whole.readings));
  out_of_time = out_of_time || whole.out_of_time;
}

void look_at_places(ImageView face, Formats formats, SteadyTime deadline, FaceReading& result,
                    bool& out_of_time) {
  LocatedResult located = read_located(face, formats, result.readings, deadline);
  merge_readings(result.readings, std::move(located.readings));
  result.unread.insert(result.unread.end(), located.unread.begin(), located.unread.end());
  out_of_time = out_of_time || located.out_of_time;
}

void look_for_bars(ImageView face, Formats formats, SteadyTime deadline, FaceReading& result,
                   bool& out_of_time) {
  FourStateResult bars = read_four_state(face, formats, deadline);
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
  if (small) look_at_whole(face, small, options.formats, deadline, result, out_of_time);
  // Bars first: a 4-state code that was read need not be looked at as a linear one.
  look_for_bars(face, options.formats, deadline, result, out_of_time);
  look_at_places(face, options.formats, deadline, result, out_of_time);
  if (!small && (exhaustive || result.readings.empty()))
    look_at_whole(face, exhaustive, options.formats, deadline, result, out_of_time);
  drop_read_candidates(result.unread, result.readings);
  if (!result.readings.empty())
    result.cause = postal::NoReadCause::none;
  else if (out_of_time)
    result.cause = postal::NoReadCause::out_of_time;
  else if (!result.unread.empty())
    result.cause = postal::NoReadCause::located_not_decoded;
  result.elapsed = std::chrono::steady_clock::now() - begin;
  return result;
}

}  // namespace backstamp::vision
