#include "vision/linear/code128_ends.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "vision/linear/bar_beginnings.h"
#include "vision/linear/bar_profile.h"
#include "vision/linear/blurred_edge.h"
#include "vision/linear/code128_table.h"

namespace backstamp::vision {
namespace {

constexpr int kLead = 4;  // samples before the first bar
constexpr int kSamples = 48;
constexpr int kModuleSamples = 4;
static_assert(kSamples == kLead + kModuleSamples * kCode128Modules);

constexpr float kLeastModule = 1.6f * kPerPixel;
constexpr float kMostModule = 7.0f * kPerPixel;
constexpr float kStep = 1.06f;           // from one module tried to the next
constexpr float kLeastPlain = 0.68f;     // likeness at a module tried, with no ink spread
constexpr float kLeastLikeness = 0.82f;  // at the best module and spread
constexpr float kSure = 0.95f;           // no other place need be looked at
constexpr float kLeastQuietModules = 3;
constexpr float kQuietModules = 5;  // looked at; ten are asked of a printer
constexpr float kQuietDarkness = 0.25f;
constexpr std::size_t kMostEnds = 8;

using Window = std::array<float, kSamples>;

struct Template {
  int value;
  float spread;
  Window shape;  // mean 0, square 1
};

void standardise(Window& window) {
  float sum = 0, square = 0;
  for (const float v : window) sum += v;
  for (float& v : window) {
    v -= sum / kSamples;
    square += v * v;
  }
  const float scale = square > 1e-6f ? 1 / std::sqrt(square) : 0;
  for (float& v : window) v *= scale;
}

/// A pattern of widths that begins with a bar, its first edge as it looks (ink included) at 0.
Template make_template(int value, const std::array<int, 6>& widths, float spread) {
  constexpr float kBlur = 0.42f;
  Template out{value, spread, {}};
  for (int i = 0; i < kSamples; ++i) {
    const float x = (static_cast<float>(i - kLead) + 0.5f) / kModuleSamples;
    float at = 0, dark = 0;
    for (std::size_t e = 0; e < 6; ++e) {
      const bool rises = e % 2 == 0;
      const float edge = blurred_edge((x - at - (rises ? 0 : spread)) / kBlur);
      dark += rises ? edge : -edge;
      at += static_cast<float>(widths[e]);
    }
    out.shape[static_cast<std::size_t>(i)] = dark + blurred_edge((x - at) / kBlur);
  }
  standardise(out.shape);
  return out;
}

constexpr std::size_t kTemplates = 12;
constexpr std::size_t kPlain = 4;  // the first of the four without ink spread

std::array<Template, kTemplates> make_templates() {
  std::array<Template, kTemplates> all{};
  std::size_t count = 0;
  for (const float spread : {-0.3f, 0.0f, 0.3f}) {
    for (const int value : {kCode128StartA, kCode128StartB, kCode128StartC}) {
      std::array<int, 6> widths{};
      std::copy_n(kCode128Widths[static_cast<std::size_t>(value)].begin(), 6, widths.begin());
      all[count++] = make_template(value, widths, spread);
    }
    // 2 3 3 1 1 1 2 from its end.
    all[count++] = make_template(kCode128Stop, {2, 1, 1, 1, 3, 3}, spread);
  }
  return all;
}

const std::array<Template, kTemplates>& templates() {
  static const std::array<Template, kTemplates> all = make_templates();
  return all;
}

bool sample(const std::vector<float>& dark, float at, float module, Window& out) {
  const float step = module / kModuleSamples;
  const float first = at + (0.5f - kLead) * step;
  const float last = first + (kSamples - 1) * step;
  if (first < 0 || last >= static_cast<float>(dark.size() - 1)) return false;
  for (int i = 0; i < kSamples; ++i) {
    const float place = first + static_cast<float>(i) * step;
    const auto k = static_cast<std::size_t>(place);
    out[static_cast<std::size_t>(i)] =
        dark[k] + (place - static_cast<float>(k)) * (dark[k + 1] - dark[k]);
  }
  return true;
}

bool quiet_before(const std::vector<float>& dark, float at, float module) {
  const int to = static_cast<int>(at - 0.8f * module);
  const int from = std::max(0, static_cast<int>(at - kQuietModules * module));
  if (to <= from) return false;
  float sum = 0;
  for (int i = from; i < to; ++i) sum += dark[static_cast<std::size_t>(i)];
  return sum < kQuietDarkness * static_cast<float>(to - from);
}

/// All ends begin with a bar of two modules and a space of one.
bool begins_with_2_1(const std::vector<float>& dark, float at, float module) {
  constexpr float kDark = 0.4f, kDip = 0.07f;
  const auto bar = static_cast<std::size_t>(at + 1.1f * module);
  const auto space = static_cast<std::size_t>(at + 2.5f * module);
  return space < dark.size() && dark[bar] > kDark && dark[space] < dark[bar] - kDip;
}

float likeness(const Window& window, const Window& shape) {
  float lanes[4] = {};
  for (std::size_t i = 0; i < window.size(); i += 4)
    for (std::size_t k = 0; k < 4; ++k) lanes[k] += window[i + k] * shape[i + k];
  return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}

}  // namespace

Code128End look_at_end(const std::vector<float>& dark, int value, float at, float module) {
  Code128End end{value, at, module, 0, 0};
  Window window;
  for (const float around : {1.0f, 0.97f, 1.03f}) {
    if (!sample(dark, at, module * around, window)) continue;
    standardise(window);
    for (const Template& t : templates()) {
      if (t.value != value) continue;
      const float value_here = likeness(window, t.shape);
      if (value_here <= end.likeness) continue;
      end.likeness = value_here;
      end.spread = t.spread;
      end.module = module * around;
    }
  }
  return end;
}

std::vector<Code128End> find_code128_ends(const std::vector<float>& dark) {
  std::vector<Code128End> ends;
  if (dark.size() < 2) return ends;
  for (const BarBeginning& place : bar_beginnings(dark)) {
    std::array<Code128End, 4> best{};  // starts A, B, C, stop
    Window window;
    const float quiet = place.quiet / kLeastQuietModules;
    for (float module = kLeastModule; module < std::min(kMostModule, quiet); module *= kStep) {
      if (!begins_with_2_1(dark, place.at, module)) continue;
      if (!sample(dark, place.at, module, window)) break;
      standardise(window);
      for (std::size_t i = kPlain; i < kPlain + 4; ++i) {
        const Template& t = templates()[i];
        Code128End& end = best[static_cast<std::size_t>(t.value - kCode128StartA)];
        const float value = likeness(window, t.shape);
        if (value > end.likeness) end = {t.value, place.at, module, t.spread, value};
      }
    }
    float likeliest = 0;
    for (Code128End& end : best) {
      if (end.likeness < kLeastPlain) continue;
      end = look_at_end(dark, end.value, place.at, end.module);
      if (end.likeness < kLeastLikeness || !quiet_before(dark, place.at, end.module)) continue;
      ends.push_back(end);
      likeliest = std::max(likeliest, end.likeness);
    }
    if (likeliest > kSure) break;
  }
  std::stable_sort(ends.begin(), ends.end(), [](const Code128End& a, const Code128End& b) {
    return a.likeness > b.likeness;
  });
  if (ends.size() > kMostEnds) ends.resize(kMostEnds);
  return ends;
}

}  // namespace backstamp::vision
