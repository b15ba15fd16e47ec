#include "vision/ladder/located.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "vision/grid/matrix.h"
#include "vision/ladder/crop.h"
#include "vision/ladder/merge.h"
#include "vision/ladder/stripes.h"
#include "vision/locate/regions.h"
#include "vision/stacked/stacked.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr float kLongest = 2.6f;     // sides of a matrix code, rectangular Data Matrix included
constexpr float kElongated = 1.25f;  // sides of a PDF417, at least
constexpr float kLinear = 0.7f;      // a linear code's length, in its heights, at least
constexpr float kLeastSide_px = 24;
constexpr float kLeastStacked_px = 36;
constexpr float kLikely = 0.5f;  // of a bar texture: a code, not a row of capitals

Formats only(Formats formats, std::initializer_list<Symbology> wanted) {
  Formats out;
  for (const Symbology s : wanted)
    if (formats.has(s)) out.add(s);
  return out;
}

/// The box with its longer side along x.
OrientedBox lying(OrientedBox box) {
  if (box.width >= box.height) return box;
  std::swap(box.width, box.height);
  box.along = box.across();
  return box;
}

std::optional<Reading> read_code128(ImageView face, const OrientedBox& box, bool likely) {
  const Point margin{0.06f * box.width + 24, 0};
  if (auto reading = read_crop(face, box, Symbology::code128, {margin, 2.0f, 0.25f}))
    return reading;
  if (!likely) return std::nullopt;
  return read_crop(face, box, Symbology::code128, {margin, 3.0f, 0.1f});
}

/// Whether a point lies within an outline, which is convex and runs clockwise or the other way.
bool inside(const Quad& outline, Point point) {
  int right = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Point side = outline[(i + 1) % 4] - outline[i];
    const Point to = point - outline[i];
    right += side.x * to.y - side.y * to.x >= 0;
  }
  return right == 0 || right == 4;
}

/// A PDF417 whose shape is known and whose words are not would be no more readable by another box.
bool within_unread_stack(const std::vector<Candidate>& unread, Point point) {
  return std::any_of(unread.begin(), unread.end(), [&](const Candidate& c) {
    return c.looks_like == Symbology::pdf417 && c.score == 1 && inside(c.outline, point);
  });
}

/// What one region gave.
struct Outcome {
  std::optional<Reading> reading;
  std::optional<Candidate> candidate;
};

void look_for_code128(ImageView face, const Region& region, Outcome& outcome) {
  const OrientedBox& box = region.box;
  const Stripes stripes = look_across(face, box);
  if (!stripes.may_be_code128()) return;
  const bool likely = region.score > kLikely && box.width > 2 * box.height;
  outcome.reading = read_code128(face, box, likely);
  if (outcome.reading || outcome.candidate || !stripes.has_code128_end()) return;
  outcome.candidate = Candidate{.outline = box.corners(),
                                .looks_like = Symbology::code128,
                                .module_px = 0,
                                .score = region.score};
}

Outcome read_region(ImageView face, const Region& region, Formats formats, SteadyTime deadline) {
  Outcome outcome;
  const OrientedBox box = region.texture == Texture::bars ? region.box : lying(region.box);
  const float sides = std::max(box.width, box.height) / std::min(box.width, box.height);
  const Formats matrix =
      only(formats, {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec});
  if (region.texture == Texture::matrix && sides < kLongest && matrix.bits != 0) {
    MatrixResult result = read_matrix(face, box, matrix, deadline);
    outcome.reading = std::move(result.reading);
    outcome.candidate = std::move(result.candidate);
  }
  const bool stacked = formats.has(Symbology::pdf417) && box.width > kElongated * box.height &&
                       box.height > kLeastStacked_px && box.width > 2 * kLeastStacked_px;
  if (!outcome.reading && stacked) {
    StackedResult result = read_pdf417(face, box, deadline);
    outcome.reading = std::move(result.reading);
    if (result.candidate) outcome.candidate = std::move(result.candidate);
  }
  if (!outcome.reading && formats.has(Symbology::code128) && region.texture == Texture::bars &&
      box.width > box.height * kLinear)
    look_for_code128(face, region, outcome);
  return outcome;
}

}  // namespace

LocatedResult read_located(ImageView face, Formats formats, const std::vector<Reading>& known,
                           SteadyTime deadline) {
  LocatedResult result;
  std::vector<Quad> read;
  for (const Reading& reading : known) read.push_back(reading.outline);
  for (const Region& region : locate_regions(face, read)) {
    if (std::min(region.box.width, region.box.height) < kLeastSide_px) continue;
    if (std::chrono::steady_clock::now() >= deadline) {
      result.out_of_time = true;
      break;
    }
    if (std::any_of(read.begin(), read.end(),
                    [&](const Quad& q) { return inside(q, region.box.center); }) ||
        within_unread_stack(result.unread, region.box.center))
      continue;
    Outcome outcome = read_region(face, region, formats, deadline);
    if (outcome.reading) {
      read.push_back(outcome.reading->outline);
      std::vector<Reading> one;
      one.push_back(std::move(*outcome.reading));
      merge_readings(result.readings, std::move(one));
    } else if (outcome.candidate) {
      result.unread.push_back(*outcome.candidate);
    }
  }
  return result;
}

}  // namespace backstamp::vision
