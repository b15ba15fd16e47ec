#include "vision/linear/itf_decode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "vision/linear/bar_beginnings.h"
#include "vision/linear/blurred_edge.h"
#include "vision/linear/itf_match.h"

namespace backstamp::vision {
namespace {

constexpr float kLeastModule = 1.8f * kPerPixel, kMostModule = 8.0f * kPerPixel;
constexpr float kLeastLikeness = 1.76f;
constexpr int kLead = 4;  // quarters before an end

void sample(const std::vector<float>& dark, float place, float step, std::size_t count,
            float* out) {
  const float last = static_cast<float>(dark.size()) - 1.01f;
  for (std::size_t k = 0; k < count; ++k, place += step) {
    const float at = std::clamp(place, 0.0f, last);
    const auto i = static_cast<std::size_t>(at);
    out[k] = dark[i] + (at - static_cast<float>(i)) * (dark[i + 1] - dark[i]);
  }
}

/// How much a profile that begins at `first` looks like these bars and spaces (quarters of a
/// module): correlation from a module before them to the end of the last.
float likeness(const std::vector<float>& dark, float first, float module,
               const std::array<int, 4>& widths) {
  constexpr float kSigma = 0.42f;
  std::array<float, 32> seen{}, expected{};
  int length = kLead;
  for (const int width : widths) length += width;
  const auto count = static_cast<std::size_t>(length);
  const float step = module / kPerModule;
  sample(dark, first + (0.5f - kLead) * step, step, count, seen.data());
  float at = 0, sign = 1;
  for (std::size_t e = 0; e <= widths.size(); ++e) {
    for (std::size_t i = 0; i < count; ++i) {
      const float x = (static_cast<float>(i) + 0.5f - kLead - at) / kPerModule;
      expected[i] += sign * blurred_edge(x / kSigma);
    }
    if (e < widths.size()) at += static_cast<float>(widths[e]);
    sign = -sign;
  }
  float a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < count; ++i) {
    a += seen[i], b += expected[i];
    aa += seen[i] * seen[i], bb += expected[i] * expected[i], ab += seen[i] * expected[i];
  }
  const auto n = static_cast<float>(count);
  const float square = (aa - a * a / n) * (bb - b * b / n);
  return square > 1e-6f ? (ab - a * b / n) / std::sqrt(square) : 0;
}

/// Dark stretches that begin before each sample.
std::vector<int> bars_before(const std::vector<float>& dark) {
  constexpr float kUp = 0.55f, kDown = 0.45f;
  std::vector<int> counts(dark.size() + 1);
  bool inside = false;
  for (std::size_t i = 0; i < dark.size(); ++i) {
    const bool begins = !inside && dark[i] > kUp;
    inside = begins || (inside && dark[i] > kDown);
    counts[i + 1] = counts[i] + begins;
  }
  return counts;
}

/// Wide spaces are no quiet zones: a part of a longer symbol would pass for a whole one.
bool quiet(const BarBeginning& end, float module) {
  constexpr float kLeastModules = 5;  // ten are asked of a printer
  return end.quiet > kLeastModules * module;
}

void add_frames(const BothWays& ways, const BarBeginning& left, const BarBeginning& right,
                int pairs, bool reversed, std::vector<ItfFrame>& frames) {
  const std::vector<float>& dark = ways.way(reversed);
  const float length = static_cast<float>(dark.size() - 1) - left.at - right.at;
  for (const int wide : {8, 9, 10, 11, 12}) {
    ItfFrame frame{left.at, 0, wide, pairs, reversed, 0};
    frame.module = 4 * length / static_cast<float>(ItfFrame::quarters(pairs, wide));
    if (frame.module < kLeastModule || frame.module > kMostModule) continue;
    if (!quiet(left, frame.module) || !quiet(right, frame.module)) continue;
    frame.likeness = likeness(dark, left.at, frame.module, {4, 4, 4, 4}) +
                     likeness(ways.way(!reversed), right.at, frame.module, {4, 4, wide, 4});
    if (frame.likeness > kLeastLikeness) frames.push_back(frame);
  }
}

}  // namespace

std::vector<ItfFrame> find_itf_frames(const BothWays& ways) {
  constexpr std::size_t kMost = 4;
  constexpr float kFused = 0.75f;  // share of the bars that blur leaves apart
  std::vector<ItfFrame> frames;
  const std::vector<int> bars = bars_before(ways.forwards);
  if (bars.back() < static_cast<int>(kFused * 34)) return frames;
  const std::vector<BarBeginning> right = bar_beginnings(ways.backwards);
  const auto size = static_cast<float>(ways.forwards.size());
  for (const BarBeginning& l : bar_beginnings(ways.forwards)) {
    for (const BarBeginning& r : right) {
      if (l.at + r.at > size - 40) continue;
      const int count = bars[static_cast<std::size_t>(size - 1 - r.at)] -
                        bars[static_cast<std::size_t>(std::max(l.at - 3, 0.0f))];
      for (const int pairs : {7, 6}) {
        const int wanted = 5 * pairs + 4;
        if (count > wanted + 2 || static_cast<float>(count) < kFused * static_cast<float>(wanted))
          continue;
        add_frames(ways, l, r, pairs, false, frames);
        add_frames(ways, r, l, pairs, true, frames);
      }
    }
  }
  std::stable_sort(frames.begin(), frames.end(),
                   [](const ItfFrame& a, const ItfFrame& b) { return a.likeness > b.likeness; });
  if (frames.size() > kMost) frames.resize(kMost);
  return frames;
}

namespace {

/// Follows the pairs of digits; blur and ink spread are fitted once in between.
class Decoder {
 public:
  Decoder(const std::vector<float>& dark, const ItfFrame& frame)
      : dark_(dark), frame_(frame), pairs_(static_cast<std::size_t>(frame.pairs)) {
    blur_.sigma = std::clamp(1.0f * kPerPixel / frame.module, 0.2f, 0.8f);
  }

  ItfDigits decode() {
    follow();
    fit();
    follow();
    return result();
  }

 private:
  struct Pair {
    float offset = 0;  // quarters of a module from where an even clock has it
    std::vector<float> seen;
    ItfMatch match;
  };

  void look(Pair& pair, std::size_t k, float offset, std::size_t samples) const {
    const float step = frame_.module / kPerModule;
    pair.offset = offset;
    pair.seen.resize(samples);
    const auto begin = static_cast<float>(16 + k * samples);
    sample(dark_, frame_.first + step * (begin + offset + 0.5f), step, samples, pair.seen.data());
  }

  void follow() {
    constexpr float kTry = 0.7f;
    ItfMatcher matcher(frame_.wide, blur_);
    matcher.prepare();
    std::vector<float> expected(matcher.samples());
    float offset = 0;
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
      Pair best;
      best.match.error = 1e30f;
      for (const float around : {0.0f, -kTry, kTry}) {
        Pair pair;
        look(pair, k, offset + around, matcher.samples());
        pair.match = matcher.match(pair.seen.data());
        if (pair.match.error < best.match.error) best = std::move(pair);
      }
      matcher.expected(best.match.value, expected.data());
      float product = 0, square = 1e-6f;
      for (std::size_t i = 1; i + 1 < expected.size(); ++i) {
        const float slope = 0.5f * (expected[i + 1] - expected[i - 1]);
        product += slope * (expected[i] - best.seen[i]);
        square += slope * slope;
      }
      offset = best.offset + 0.7f * std::clamp(product / square, -1.0f, 1.0f);
      look(best, k, offset, matcher.samples());
      best.match = matcher.match(best.seen.data());
      pairs_[k] = std::move(best);
    }
  }

  float error_with(BarBlur blur) const {
    const ItfMatcher matcher(frame_.wide, blur);
    std::vector<float> expected(matcher.samples());
    float sum = 0;
    for (const Pair& pair : pairs_) {
      matcher.expected(pair.match.value, expected.data());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const float d = pair.seen[i] - expected[i];
        sum += d * d;
      }
    }
    return sum;
  }

  void fit() {
    constexpr float kLeastSigma = 0.15f, kMostSigma = 0.9f, kMostSpread = 0.6f;
    float best = error_with(blur_);
    for (const float step : {0.2f, 0.1f, 0.05f}) {
      for (const BarBlur& move :
           {BarBlur{step, 0}, BarBlur{-step, 0}, BarBlur{0, step}, BarBlur{0, -step}}) {
        const BarBlur tried{std::clamp(blur_.sigma + move.sigma, kLeastSigma, kMostSigma),
                            std::clamp(blur_.spread + move.spread, -kMostSpread, kMostSpread)};
        const float error = error_with(tried);
        if (error >= best) continue;
        best = error;
        blur_ = tried;
      }
    }
  }

  ItfDigits result() const {
    constexpr float kLeastNoise = 1e-4f;
    ItfDigits out;
    const auto samples = static_cast<float>(pairs_.front().seen.size());
    for (const Pair& pair : pairs_) {
      out.noise += pair.match.error / (samples * static_cast<float>(pairs_.size()));
      out.digits += static_cast<char>('0' + pair.match.value / 10);
      out.digits += static_cast<char>('0' + pair.match.value % 10);
    }
    for (const Pair& pair : pairs_)
      out.margins.push_back((pair.match.second_error - pair.match.error) /
                            std::max({out.noise, pair.match.error / samples, kLeastNoise}));
    return out;
  }

  const std::vector<float>& dark_;
  ItfFrame frame_;
  std::vector<Pair> pairs_;
  BarBlur blur_;
};

}  // namespace

ItfDigits decode_itf(const std::vector<float>& dark, const ItfFrame& frame) {
  return Decoder(dark, frame).decode();
}

}  // namespace backstamp::vision
