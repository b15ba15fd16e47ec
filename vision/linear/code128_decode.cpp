#include "vision/linear/code128_decode.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "vision/linear/bar_profile.h"

namespace backstamp::vision {
namespace {

constexpr float kLeastSigma = 0.16f, kMostSigma = 1.1f;  // modules
constexpr float kMostSpread = 0.65f;
constexpr float kUsualBlur_px = 1.0f;
constexpr float kEven = 20;
constexpr float kUneven = 1;
constexpr float kClearNoise = 0.012f;

/// One character's place and what was made of it.
struct Slot {
  float offset = 0;          // modules from where an even clock has it
  float base = 0, gain = 1;  // darkness as sampled = base + gain × as it should be
  CharacterSamples samples{};
  CharacterMatch match;
};

class Decoder {
 public:
  Decoder(const std::vector<float>& dark, const Code128Frame& frame)
      : dark_(dark),
        frame_(frame),
        slots_(static_cast<std::size_t>(frame.characters) + 1),
        blur_{std::clamp(kUsualBlur_px * kPerPixel / frame.module, kLeastSigma, kMostSigma),
              std::clamp(frame.spread, -kMostSpread, kMostSpread)} {}

  Code128Slots decode() {
    constexpr int kRounds = 3;
    Code128Matcher first(blur_);
    first.prepare(kEven);
    follow(first);
    if (clear()) return result();
    std::vector<int> before;
    for (int round = 0; round < kRounds; ++round) {
      fit_blur();
      fit_light();
      Code128Matcher matcher(blur_);
      matcher.prepare(kUneven);
      settle();
      again(matcher);
      std::vector<int> now = values();
      if (now == before) break;
      before = std::move(now);
    }
    return result();
  }

 private:
  int from(std::size_t k) const {
    if (k == 0) return kCode128StartA;
    return k + 1 == slots_.size() ? kCode128Stop : 0;
  }
  int to(std::size_t k) const {
    if (k == 0) return kCode128StartC;
    return k + 1 == slots_.size() ? kCode128Stop : kCode128StartA - 1;
  }

  /// What stands beside slot k, as far as it was read.
  Neighbours beside(std::size_t k) const {
    Neighbours out;
    if (k == 0)
      out.space_before = 4;
    else if (slots_[k - 1].match.value >= 0)
      out.space_before = kCode128Widths[static_cast<std::size_t>(slots_[k - 1].match.value)][5];
    if (k + 1 < slots_.size() && slots_[k + 1].match.value >= 0)
      out.bar_after = kCode128Widths[static_cast<std::size_t>(slots_[k + 1].match.value)][0];
    return out;  // two modules after the stop: its last bar
  }

  void sample(Slot& slot, std::size_t k, float offset) const {
    const float step = frame_.module / kPerModule;
    float place = frame_.first +
                  frame_.module * (static_cast<float>(k * kCode128Modules) + offset) + 0.5f * step;
    const float last = static_cast<float>(dark_.size()) - 1.01f;
    const float scale = 1 / slot.gain;
    for (float& s : slot.samples) {
      const float at = std::clamp(place, 0.0f, last);
      const auto i = static_cast<std::size_t>(at);
      const float value = dark_[i] + (at - static_cast<float>(i)) * (dark_[i + 1] - dark_[i]);
      s = (value - slot.base) * scale;
      place += step;
    }
  }

  /// How many modules later than sampled the character stands, by the slopes of what is expected.
  float lateness(const Code128Matcher& matcher, const Slot& slot, Neighbours neighbours) const {
    const CharacterSamples t = matcher.expected(slot.match, neighbours);
    float product = 0, square = 1e-6f;
    for (std::size_t i = 1; i + 1 < t.size(); ++i) {
      const float slope = (t[i + 1] - t[i - 1]) * (0.5f * kPerModule);
      product += slope * (t[i] - slot.samples[i]);
      square += slope * slope;
    }
    return std::clamp(product / square, -0.3f, 0.3f);
  }

  /// The first pass: from the start on, every character near where the last one ended.
  void follow(const Code128Matcher& matcher) {
    constexpr float kTry = 0.16f;
    float offset = 0, drift = 0;
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      Slot best;
      best.match.error = 1e30f;
      const Neighbours neighbours = beside(k);
      for (const float around : {0.0f, -kTry, kTry}) {
        Slot slot;
        slot.offset = offset + around;
        sample(slot, k, slot.offset);
        slot.match = matcher.match(slot.samples, neighbours, from(k), to(k));
        if (slot.match.error < best.match.error) best = slot;
        if (clear(best.match)) break;
      }
      const float found = best.offset + lateness(matcher, best, neighbours);
      slots_[k] = best;
      slots_[k].offset = found;
      const float change = std::clamp(found - offset, -0.3f, 0.3f);
      offset += 0.6f * change + drift;
      drift = 0.8f * drift + 0.1f * change;
    }
  }

  /// Offsets change slowly along a symbol.
  void settle() {
    std::vector<float> old;
    for (const Slot& slot : slots_) old.push_back(slot.offset);
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      const float before = old[k == 0 ? 0 : k - 1];
      const float after = old[std::min(k + 1, old.size() - 1)];
      slots_[k].offset = 0.25f * before + 0.5f * old[k] + 0.25f * after;
    }
  }

  void again(const Code128Matcher& matcher) {
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      Slot& slot = slots_[k];
      const Neighbours neighbours = beside(k);
      sample(slot, k, slot.offset);
      slot.match = matcher.match(slot.samples, neighbours, from(k), to(k));
      const float late = lateness(matcher, slot, neighbours);
      slot.offset += late;
      sample(slot, k, slot.offset);
      slot.match = matcher.match(slot.samples, neighbours, from(k), to(k));
    }
  }

  float error_with(BarBlur blur) const {
    const Code128Matcher matcher(blur);
    float sum = 0;
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      const CharacterSamples t = matcher.expected(slots_[k].match, beside(k));
      for (std::size_t i = 0; i < t.size(); ++i) {
        const float d = slots_[k].samples[i] - t[i];
        sum += d * d;
      }
    }
    return sum;
  }

  /// One step down along one of the blur's two numbers, by the parabola through three.
  void descend(float BarBlur::*number, float step, float least, float most) {
    BarBlur less = blur_, more = blur_;
    less.*number = std::max(blur_.*number - step, least);
    more.*number = std::min(blur_.*number + step, most);
    const float a = error_with(less), b = error_with(blur_), c = error_with(more);
    const float bend = a - 2 * b + c;
    float move = a < c ? -step : step;
    if (bend > 0) move = std::clamp(0.5f * step * (a - c) / bend, -step, step);
    blur_.*number = std::clamp(blur_.*number + move, least, most);
  }

  void fit_blur() {
    descend(&BarBlur::sigma, 0.18f * blur_.sigma, kLeastSigma, kMostSigma);
    descend(&BarBlur::spread, 0.12f, -kMostSpread, kMostSpread);
  }

  /// Base and gain of every slot from itself and its neighbours.
  void fit_light() {
    constexpr float kPrior = 12;  // samples' worth of faith in the light as it was
    const Code128Matcher matcher(blur_);
    struct Sums {
      float n = 0, t = 0, tt = 0, s = 0, st = 0;
    };
    std::vector<Sums> all(slots_.size());
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      const CharacterSamples t = matcher.expected(slots_[k].match, beside(k));
      for (std::size_t i = 0; i < t.size(); ++i) {
        const float s = slots_[k].base + slots_[k].gain * slots_[k].samples[i];
        all[k].n += 1, all[k].t += t[i], all[k].tt += t[i] * t[i];
        all[k].s += s, all[k].st += s * t[i];
      }
    }
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      Sums sums;
      for (std::size_t j = k == 0 ? 0 : k - 1; j < std::min(k + 2, slots_.size()); ++j) {
        sums.n += all[j].n, sums.t += all[j].t, sums.tt += all[j].tt;
        sums.s += all[j].s, sums.st += all[j].st;
      }
      // The prior: base and gain as they are.
      sums.n += kPrior, sums.s += kPrior * slots_[k].base;
      sums.tt += kPrior, sums.st += kPrior * slots_[k].gain;
      const float determinant = sums.n * sums.tt - sums.t * sums.t;
      if (determinant <= 1e-3f) continue;
      const float base = (sums.tt * sums.s - sums.t * sums.st) / determinant;
      const float gain = (sums.n * sums.st - sums.t * sums.s) / determinant;
      slots_[k].base = std::clamp(base, -0.4f, 0.4f);
      slots_[k].gain = std::clamp(gain, 0.5f, 1.6f);
    }
  }

  /// Whether nothing is in doubt.
  bool clear() const {
    return std::all_of(slots_.begin(), slots_.end(),
                       [](const Slot& slot) { return clear(slot.match); });
  }
  static bool clear(const CharacterMatch& match) {
    constexpr float kLeastMargin = 2;  // squared darkness, over a character
    if (match.error > kClearNoise * kCharacterSamples) return false;
    return match.second < 0 || match.second_error - match.error > kLeastMargin;
  }

  std::vector<int> values() const {
    std::vector<int> out;
    for (std::size_t k = 0; k + 1 < slots_.size(); ++k) out.push_back(slots_[k].match.value);
    return out;
  }

  Code128Slots result() const {
    Code128Slots out;
    out.values = values();
    out.blur = blur_;
    for (std::size_t k = 0; k < slots_.size(); ++k) {
      out.matches.push_back(slots_[k].match);
      out.places.push_back(frame_.first + frame_.module * (static_cast<float>(k) * kCode128Modules +
                                                           slots_[k].offset));
      out.noise += slots_[k].match.error;
    }
    out.noise /= static_cast<float>(slots_.size() * kCharacterSamples);
    return out;
  }

  const std::vector<float>& dark_;
  Code128Frame frame_;
  std::vector<Slot> slots_;
  BarBlur blur_;
};

}  // namespace

std::vector<float> Code128Slots::margins() const {
  constexpr float kLeastNoise = 1e-4f;
  std::vector<float> out;
  for (std::size_t k = 0; k + 1 < matches.size(); ++k)
    out.push_back((matches[k].second_error - matches[k].error) /
                  std::max({noise, matches[k].error / kCharacterSamples, kLeastNoise}));
  return out;
}

Code128Slots decode_code128(const std::vector<float>& dark, const Code128Frame& frame) {
  return Decoder(dark, frame).decode();
}

}  // namespace backstamp::vision
