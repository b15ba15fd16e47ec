#include "vision/ladder/located.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "vision/grid/matrix.h"
#include "vision/ladder/contrast.h"
#include "vision/ladder/merge.h"
#include "vision/linear/linear.h"
#include "vision/locate/regions.h"
#include "vision/stacked/stacked.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr float kSquare = 1.7f;      // sides of QR and Aztec, a box cut short or run on
constexpr float kLongest = 20;       // sides of a Data Matrix of 8 by 144
constexpr float kTwoWays = 0.38f;    // edges of a matrix code lie both ways, about as many
constexpr float kStacked = 0.22f;    // of a PDF417 more lie across its rows
constexpr float kElongated = 1.25f;  // sides of a PDF417, at least
constexpr float kPostmarked = 2.2f;  // sides of one whose edges a postmark evens out, at least
constexpr float kLinear = 0.7f;      // a linear code's length, in its heights, at least
constexpr float kLeastSide_px = 24;
constexpr float kLeastStacked_px = 36;

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

void look_for_linear(ImageView face, const Region& region, LinearKinds kinds, Outcome& outcome) {
  LinearAttempt attempt = read_linear(face, region.box, kinds);
  outcome.reading = std::move(attempt.reading);
  if (outcome.reading || outcome.candidate || !attempt.candidate) return;
  outcome.candidate = attempt.candidate;
  outcome.candidate->score = region.score;
}

Outcome read_region(ImageView face, const Region& region, const ReadOptions& options,
                    Effort& effort, Accounts& accounts) {
  Outcome outcome;
  const Formats formats = options.formats;
  const OrientedBox box = region.texture == Texture::bars ? region.box : lying(region.box);
  const float sides = std::max(box.width, box.height) / std::min(box.width, box.height);
  const Formats matrix =
      sides > kSquare
          ? only(formats, {Symbology::data_matrix})
          : only(formats, {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec});
  if (region.texture == Texture::matrix && region.one_way < kTwoWays && sides < kLongest &&
      matrix.bits != 0) {
    Try attempt(accounts, "matrix");
    MatrixResult result = read_matrix(face, box, matrix, effort, options.repair);
    outcome.reading = std::move(result.reading);
    outcome.candidate = std::move(result.candidate);
    if (outcome.reading) attempt.gave(*outcome.reading);
  }
  const float least_sides = region.one_way > kStacked ? kElongated : kPostmarked;
  const bool stacked = formats.has(Symbology::pdf417) && box.width > least_sides * box.height &&
                       box.height > kLeastStacked_px && box.width > 2 * kLeastStacked_px;
  if (!outcome.reading && stacked) {
    Try attempt(accounts, "pdf417");
    StackedResult result = read_pdf417(face, box, effort, options.repair.pdf417_words);
    outcome.reading = std::move(result.reading);
    if (result.candidate) outcome.candidate = std::move(result.candidate);
    if (outcome.reading) attempt.gave(*outcome.reading);
  }
  const LinearKinds kinds{formats.has(Symbology::code128), formats.has(Symbology::itf)};
  if (!outcome.reading && (kinds.code128 || kinds.itf) && region.texture == Texture::bars &&
      box.width > box.height * kLinear && effort.take(charge::kLinearBox)) {
    Try attempt(accounts, "linear");
    look_for_linear(face, region, kinds, outcome);
    if (outcome.reading) attempt.gave(*outcome.reading);
  }
  return outcome;
}

/// What is left to say of a place that was not read.
void complete(ImageView face, const Effort& effort, Candidate& candidate) {
  if (candidate.contrast == 0) candidate.contrast = contrast_within(face, candidate.outline);
  if (effort.ended()) candidate.cause = postal::NoReadCause::out_of_time;
}

}  // namespace

LocatedResult read_located(ImageView face, ImageView half, const ReadOptions& options,
                           const std::vector<Reading>& known, Effort& effort, Accounts& accounts) {
  LocatedResult result;
  if (!effort.take(charge_for(face, charge::kLocateKilopixel))) return result;
  std::vector<Quad> read;
  for (const Reading& reading : known) read.push_back(reading.outline);
  std::optional<Locator> locator;
  // Matrix codes first: what bars they have need not be fitted when they were read.
  for (const Texture texture : {Texture::matrix, Texture::bars}) {
    std::vector<Region> regions;
    {
      const Try attempt(accounts, "locate");
      if (!locator) locator.emplace(face, half);
      regions = locator->regions(texture, read);
    }
    for (const Region& region : regions) {
      if (std::min(region.box.width, region.box.height) < kLeastSide_px) continue;
      if (effort.ended()) break;
      if (std::any_of(read.begin(), read.end(),
                      [&](const Quad& q) { return inside(q, region.box.center); }) ||
          within_unread_stack(result.unread, region.box.center))
        continue;
      Outcome outcome = read_region(face, region, options, effort, accounts);
      if (outcome.reading) {
        read.push_back(outcome.reading->outline);
        std::vector<Reading> one;
        one.push_back(std::move(*outcome.reading));
        merge_readings(result.readings, std::move(one));
      } else if (outcome.candidate) {
        complete(face, effort, *outcome.candidate);
        note_unread(result.unread, *outcome.candidate);
      }
    }
  }
  result.printed = locator->printed();
  return result;
}

}  // namespace backstamp::vision
