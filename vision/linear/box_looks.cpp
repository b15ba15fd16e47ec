#include "vision/linear/box_looks.h"

#include <algorithm>
#include <utility>

namespace backstamp::vision {
namespace {

constexpr float kMargin_px = 44;
constexpr float kLeastAgreement = 0.6f;  // of symbols: above 0.75 but for one in 200
constexpr int kFewestSamples = 40;

/// How many lines, and how they become a profile.
struct Look {
  int bands, lines;
  Joining joining;
};
constexpr Look kWays[BoxLooks::kLooks] = {{4, 2, Joining::mean},
                                          {8, 5, Joining::trimmed},
                                          {8, 5, Joining::lighter},
                                          {8, 5, Joining::upper},
                                          {8, 5, Joining::lower}};

}  // namespace

bool BoxLooks::take(std::size_t number) {
  const Look& look = kWays[number];
  if (bands_.bands() != look.bands) {
    const float reach = box_.width / 2 + kMargin_px + reach_;
    bands_ = sample_bands(face_, box_, {-reach, reach, look.bands, look.lines});
    if (bands_.width < kFewestSamples) return false;
    const int outside = static_cast<int>(kMargin_px + reach_);
    if (agreement(bands_, outside, bands_.width - outside) < kLeastAgreement) return false;
    lean_ = find_lean(bands_, 0, bands_.width);
  }
  Darkness darkness = level(join_bands(bands_, lean_, look.joining));
  contrast_ = std::clamp(darkness.contrast_grey / 255, 0.0f, 1.0f);
  ways_.backwards.assign(darkness.samples.rbegin(), darkness.samples.rend());
  ways_.forwards = std::move(darkness.samples);
  return true;
}

void BoxLooks::reach_out() {
  constexpr float kShare = 0.6f, kLeast_px = 60, kMost_px = 600;
  if (reach_ > 0) return;
  reach_ = std::min(kShare * box_.width + kLeast_px, kMost_px);
  bands_ = {};
}

Quad BoxLooks::outline(float from, float to, bool reversed) const {
  const float top = -box_.height / 2, bottom = box_.height / 2;
  if (!reversed)
    return {corner(from, top), corner(to, top), corner(to, bottom), corner(from, bottom)};
  const auto last = static_cast<float>(ways_.forwards.size()) - 1;
  return {corner(last - from, bottom), corner(last - to, bottom), corner(last - to, top),
          corner(last - from, top)};
}

Point BoxLooks::corner(float sample, float v) const {
  const float x = (sample - 1) / kPerPixel;  // of the bands
  return bands_.face_from_bars(bands_.first_u + x + lean_.at(x) * v, v);
}

}  // namespace backstamp::vision
