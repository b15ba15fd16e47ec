#include "vision/reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "vision/four_state/four_state.h"
#include "vision/ladder/merge.h"
#include "vision/ladder/whole.h"

namespace backstamp::vision {

using postal::Symbology;

namespace {

constexpr Symbology kAll[] = {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec,
                              Symbology::pdf417,      Symbology::code128, Symbology::imb};

constexpr std::chrono::hours kLongest{1};  // what "no budget" means; keeps the sum in range

}  // namespace

Formats Formats::all() {
  Formats formats;
  for (const Symbology s : kAll) formats.add(s);
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
                                          "aztec, pdf417, code128, imb");
    }
    formats.add(*symbology);
  }
  return formats;
}

FaceReading read_face(ImageView face, const ReadOptions& options) {
  FaceReading result;
  if (face.empty()) return result;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const SteadyTime deadline = begin + std::min<std::chrono::microseconds>(options.budget, kLongest);
  bool out_of_time = false;
  if (options.formats.has(Symbology::imb)) {
    FourStateResult imb = read_four_state(face, deadline);
    merge_readings(result.readings, std::move(imb.readings));
    result.unread = std::move(imb.unread);
    out_of_time = imb.out_of_time;
  }
  WholeResult whole = read_whole(face, options.formats, deadline);
  merge_readings(result.readings, std::move(whole.readings));
  out_of_time = out_of_time || whole.out_of_time;
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
