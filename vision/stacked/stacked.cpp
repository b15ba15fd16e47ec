#include "vision/stacked/stacked.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "vision/stacked/anchors.h"
#include "vision/stacked/indicators.h"
#include "vision/stacked/lattice.h"
#include "vision/stacked/patterns.h"
#include "vision/stacked/refine.h"
#include "vision/stacked/waveform.h"
#include "vision/stacked/words.h"

namespace backstamp::vision {
namespace {

using namespace stacked;

constexpr int kPasses = 3;

/// The data words of a symbol; rows that the lattice does not reach are unseen.
std::vector<Word> look_up(const Waveforms& waves, const Model& model, const Shape& shape,
                          int first_row) {
  std::vector<Word> words;
  words.reserve(static_cast<std::size_t>(shape.rows * shape.columns));
  for (int r = 0; r < shape.rows; ++r) {
    const int row = r - first_row;
    for (int c = 0; c < shape.columns; ++c) {
      if (row < 0 || row >= waves.rows()) {
        words.push_back({});
        continue;
      }
      const Match match = classify(waves.at(row, c + 2), model, r % kClusters);
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

Candidate candidate_of(const Lattice& lattice, const Waveforms& waves) {
  Candidate candidate;
  candidate.outline = outline_of(lattice, 0, static_cast<float>(lattice.rows()));
  candidate.looks_like = postal::Symbology::pdf417;
  candidate.module_px = lattice.module_px();
  candidate.contrast = waves.mean_contrast() / 255;
  candidate.score = 1;
  return candidate;
}

}  // namespace

StackedResult read_pdf417(ImageView face, const OrientedBox& box, SteadyTime deadline) {
  StackedResult result;
  if (face.empty()) return result;
  const auto anchors = find_anchors(face, box);
  if (!anchors || std::chrono::steady_clock::now() >= deadline) return result;
  const auto lattice = find_lattice(face, *anchors);
  if (!lattice) return result;
  Waveforms waves(face, *lattice);
  Model model = learn_from_ends(waves);
  for (int pass = 0; pass < kPasses; ++pass) {
    const RowNumbers numbers = read_indicators(waves, model);
    if (numbers.shape) {
      const std::vector<Word> words = look_up(waves, model, *numbers.shape, numbers.first);
      if (auto decoded = decode_words(*numbers.shape, words);
          decoded && decoded->content.size() <= limits::kSymbolContentBytes) {
        result.reading = reading_of(std::move(*decoded), *numbers.shape, *lattice, numbers, waves);
        return result;
      }
    }
    if (pass + 1 == kPasses || std::chrono::steady_clock::now() >= deadline) break;
    refine(face, *lattice, numbers, waves, model);
  }
  result.candidate = candidate_of(*lattice, waves);
  return result;
}

}  // namespace backstamp::vision
