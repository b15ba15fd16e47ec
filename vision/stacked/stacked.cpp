#include "vision/stacked/stacked.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "vision/stacked/anchors.h"
#include "vision/stacked/classify.h"
#include "vision/stacked/indicators.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/patterns.h"
#include "vision/stacked/refine.h"
#include "vision/stacked/waveform.h"
#include "vision/stacked/words.h"

namespace backstamp::vision {
namespace {

using namespace stacked;
using postal::NoReadCause;

constexpr float kUsualRow = 3;      // modules
constexpr float kDoubtful = 0.15f;  // margin of a word that may be anything
constexpr int kMostDoubtful = 2;    // such words a check word, beyond which a closer look is vain

/// The data words of a symbol; rows that the lattice does not reach are unseen.
std::vector<Word> look_up(const std::vector<View>& views, const Shape& shape, int first_row) {
  std::vector<Word> words;
  words.reserve(static_cast<std::size_t>(shape.rows * shape.columns));
  for (int r = 0; r < shape.rows; ++r) {
    const int row = r - first_row;
    for (int c = 0; c < shape.columns; ++c) {
      if (row < 0 || row >= views.front().waves.rows()) {
        words.push_back({});
        continue;
      }
      const Match match = classify(views, row, c + 2, r % kClusters);
      words.push_back({match.value, match.margin()});
    }
  }
  return words;
}

Quad outline_of(const Lattice& lattice, float top, float bottom) {
  const int last = lattice.columns();
  return {lattice.at(0, top), lattice.at(last, top), lattice.at(last, bottom),
          lattice.at(0, bottom)};
}

Reading reading_of(Decoded decoded, const Shape& shape, const Lattice& lattice,
                   const RowNumbers& numbers, const Waveforms& waves) {
  Reading reading;
  reading.symbology = postal::Symbology::pdf417;
  reading.content = std::move(decoded.content);
  reading.text = to_utf8(reading.content);
  const auto top = static_cast<float>(-numbers.first);
  reading.outline = outline_of(lattice, top, top + static_cast<float>(shape.rows));
  reading.module_px = lattice.module_px();
  reading.contrast = waves.mean_contrast() / 255;
  reading.correction_margin =
      1 - static_cast<float>(decoded.used) / static_cast<float>(shape.checks());
  reading.rung = "pdf417";
  return reading;
}

/// What one try found besides, perhaps, a reading.
struct Progress {
  RowNumbers numbers;
  int doubtful = 0;  ///< words that may be anything
  NoReadCause cause = NoReadCause::located_not_decoded;
};

Candidate candidate_of(const Lattice& lattice, const Waveforms& waves, const Progress& progress) {
  Candidate candidate;
  candidate.outline = outline_of(lattice, 0, static_cast<float>(lattice.rows()));
  candidate.looks_like = postal::Symbology::pdf417;
  candidate.module_px = lattice.module_px();
  candidate.contrast = waves.mean_contrast() / 255;
  const auto& shape = progress.numbers.shape;
  candidate.score = shape ? 1.0f : 0.5f;
  if (shape) candidate.correction_margin = 0;
  // Where more words may be anything than can be corrected, the check has nothing to say.
  if (shape && progress.doubtful <= shape->checks()) candidate.cause = progress.cause;
  return candidate;
}

View view_of(ImageView face, const Lattice& lattice, Blend blend,
             const std::vector<float>& shifts = {}) {
  View view{Waveforms(face, lattice, blend, shifts), {}};
  view.model = learn_from_ends(view.waves);
  return view;
}

/// One try, with all that has been seen so far.
std::optional<Reading> read_views(const std::vector<View>& views, const Lattice& lattice, int spare,
                                  Progress& progress) {
  progress.numbers = read_indicators(views);
  const RowNumbers& numbers = progress.numbers;
  if (!numbers.shape) return std::nullopt;
  const Shape shape = *numbers.shape;
  const std::vector<Word> words = look_up(views, shape, numbers.first);
  progress.doubtful = static_cast<int>(std::count_if(
      words.begin(), words.end(), [](const Word& w) { return w.margin < kDoubtful; }));
  auto decoded = decode_words(shape, words, spare);
  if (decoded && decoded->content.size() > limits::kSymbolContentBytes)
    decoded = std::unexpected(NoReadCause::format);
  if (!decoded) {
    progress.cause = decoded.error();
    return std::nullopt;
  }
  return reading_of(std::move(*decoded), shape, lattice, numbers, views.front().waves);
}

/// At first by the mean of each row's lines, then also by their lighter and darker ones, at last
/// with every word moved to where it fits best.
std::optional<Reading> read_lattice(ImageView face, const Lattice& lattice,
                                    std::vector<View>& views, Progress& progress, int spare,
                                    Effort& effort) {
  if (auto reading = read_views(views, lattice, spare, progress)) return reading;
  if (!effort.take(charge::kStackedLook)) return std::nullopt;
  views.push_back(view_of(face, lattice, Blend::light));
  views.push_back(view_of(face, lattice, Blend::dark));
  if (auto reading = read_views(views, lattice, spare, progress)) return reading;
  const auto& shape = progress.numbers.shape;
  if (!shape || progress.doubtful > kMostDoubtful * shape->checks() ||
      !effort.take(charge::kStackedLook))
    return std::nullopt;
  const std::vector<float> shifts = better_places(views, progress.numbers.cluster);
  views.clear();
  for (const Blend blend : {Blend::mean, Blend::light, Blend::dark, Blend::upper, Blend::lower})
    views.push_back(view_of(face, lattice, blend, shifts));
  return read_views(views, lattice, spare, progress);
}

}  // namespace

StackedResult read_pdf417(ImageView face, const OrientedBox& box, Effort& effort, int spare) {
  StackedResult result;
  if (face.empty() || !effort.take(charge::kStackedBox)) return result;
  const auto anchors = find_anchors(face, box);
  if (!anchors) return result;
  float found_px = 0;
  // Strokes across the symbol may repeat more plainly than its rows; then the usual height.
  for (const float row_modules : {0.0f, kUsualRow}) {
    if (!effort.take(charge::kStackedLook)) break;
    const auto lattice = find_lattice(face, *anchors, row_modules);
    if (!lattice) continue;
    if (row_modules > 0 && std::abs(lattice->row_height_px() - found_px) < 0.05f * found_px) break;
    found_px = lattice->row_height_px();
    std::vector<View> views;
    views.push_back(view_of(face, *lattice, Blend::mean));
    Progress progress;
    result.reading = read_lattice(face, *lattice, views, progress, spare, effort);
    if (result.reading) {
      result.candidate.reset();
      return result;
    }
    result.candidate = candidate_of(*lattice, views.front().waves, progress);
    if (progress.numbers.shape) break;
  }
  return result;
}

}  // namespace backstamp::vision
