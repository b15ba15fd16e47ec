#include "vision/stacked/lattice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <span>
#include <utility>

#include "vision/stacked/patterns.h"
#include "vision/stacked/sampling.h"

namespace backstamp::vision::stacked {
namespace {

constexpr int kProfileLines = 12;
constexpr int kChangeSamples = 9;     // of a word, by which lines are compared
constexpr float kLineStep_px = 1.5f;  // between lines that are compared for changes
constexpr float kLeastRow = 1.7f;     // height of a row, in modules
constexpr float kMostRow = 12;
constexpr int kMostRows_seen = kMostRows + 8;
constexpr std::size_t kBlocks = 6;  // of columns whose rows are found together, at most

float mean_between(const std::vector<float>& sums, float a, float b) {
  // Sums up to a fractional place.
  const auto until = [&](float p) {
    const float q = std::clamp(p, 0.0f, static_cast<float>(sums.size() - 1));
    const auto i = std::min(static_cast<std::size_t>(q), sums.size() - 2);
    return sums[i] + (q - static_cast<float>(i)) * (sums[i + 1] - sums[i]);
  };
  return (until(b) - until(a)) / std::max(b - a, 1e-3f);
}

float peak_offset(float before, float peak, float after) {
  const float bend = before - 2 * peak + after;
  return bend < -1e-6f ? std::clamp(0.5f * (before - after) / bend, -0.5f, 0.5f) : 0.0f;
}

}  // namespace

class LatticeFinder {
 public:
  LatticeFinder(ImageView face, const Anchors& anchors, float row_modules)
      : face_(face), anchors_(anchors), row_modules_(row_modules) {
    middle_ = (anchors.top + anchors.bottom) / 2;
    from_ = anchors.left.at(middle_);
    length_ = anchors.right.at(middle_) - from_;
    module_px_ = (anchors.module_left + anchors.module_right) / 2;
    // The ends stand upright on the rows.
    slope_ = -(anchors.left.slope + anchors.right.slope) / 2;
  }

  std::optional<Lattice> find() {
    take_profile();
    if (!find_columns()) return std::nullopt;
    follow_columns();
    take_changes();
    if (!find_rows()) return std::nullopt;
    return std::move(lattice_);
  }

 private:
  /// A point by its share of the way from left to right and the y of its row at the left-right
  /// middle.
  Point point(float across, float y) const {
    const float dy = slope_ * length_;
    const float left_y = y - dy / 2;
    const float right_y = y + dy / 2;
    const float left = anchors_.left.at(left_y);
    const float right = anchors_.right.at(right_y);
    return anchors_.box.face_from_box(
        {left + across * (right - left), left_y + across * (right_y - left_y)});
  }

  /// Mean brightness across the symbol, a pixel apart, as running sums; a start pattern's width of
  /// margin on both sides.
  void take_profile() {
    margin_ = 21 * module_px_;
    const auto count = static_cast<std::size_t>(length_ + 2 * margin_);
    std::vector<float> sums(count + 1, 0.0f);
    const float height = anchors_.bottom - anchors_.top;
    for (int i = 0; i < kProfileLines; ++i) {
      const float y = anchors_.top +
                      height * (static_cast<float>(i) + 0.5f) / static_cast<float>(kProfileLines);
      const Point a = point(-margin_ / length_, y);
      const Point b = point(1 + margin_ / length_, y);
      add_samples(face_, a, b, std::span(sums).subspan(1));
    }
    for (std::size_t x = 1; x < sums.size(); ++x)
      sums[x] = sums[x - 1] + sums[x] / static_cast<float>(kProfileLines);
    profile_ = std::move(sums);
  }

  /// How much it gets darker at x (pixels from the left edge): every word begins so.
  float darkening(float x) const {
    const float p = x + margin_;
    return mean_between(profile_, p - module_px_, p) - mean_between(profile_, p, p + module_px_);
  }

  /// The place of the strongest darkening near x.
  std::pair<float, float> strongest(float x, float reach) const {
    constexpr float kStep = 0.15f;  // of a module
    const float step = kStep * module_px_;
    const auto steps = static_cast<int>(std::ceil(reach / step));
    float best = -1e9f;
    float best_x = x;
    for (int i = -steps; i <= steps; ++i) {
      const float value = darkening(x + static_cast<float>(i) * step);
      if (value <= best) continue;
      best = value;
      best_x = x + static_cast<float>(i) * step;
    }
    best_x += step * peak_offset(darkening(best_x - step), best, darkening(best_x + step));
    return {best_x, best};
  }

  bool find_columns() {
    const float estimate = length_ / (kWordModules * module_px_) - 2;
    const auto least = std::max(1, static_cast<int>(std::floor(0.85f * (estimate + 2) - 2)));
    const auto most =
        std::min(kMostColumns, static_cast<int>(std::ceil(1.15f * (estimate + 2) - 2)));
    float best = 0;
    for (int columns = least; columns <= most; ++columns) {
      const float step = length_ / static_cast<float>(columns + 2);
      float sum = 0;
      for (int k = 1; k < columns + 2; ++k)
        sum += strongest(static_cast<float>(k) * step, 0.5f * module_px_).second;
      const float off = step / (kWordModules * module_px_) - 1;
      const float score = sum / static_cast<float>(columns + 1) * (1 - 2 * std::abs(off));
      if (score <= best) continue;
      best = score;
      lattice_.data_columns_ = columns;
    }
    if (lattice_.data_columns_ == 0) return false;
    module_px_ = length_ / static_cast<float>(kWordModules * (lattice_.data_columns_ + 2));
    lattice_.module_px_ = module_px_;
    return true;
  }

  /// Boundaries of columns, from left to right, each where its darkening is near where the ones
  /// before lead to expect it.
  void follow_columns() {
    const int columns = lattice_.data_columns_ + 2;
    const float step = length_ / static_cast<float>(columns);
    std::vector<float> shifts;
    std::vector<float> weights;
    for (int k = 0; k <= columns; ++k) {
      const auto [x, value] = strongest(static_cast<float>(k) * step, 0.9f * module_px_);
      shifts.push_back(x - static_cast<float>(k) * step);
      weights.push_back(std::max(value, 1.0f));
    }
    // A boundary that strays from its neighbours is pulled back.
    std::vector<float> smooth(shifts.size());
    for (std::size_t k = 0; k < shifts.size(); ++k) {
      std::vector<float> near;
      for (std::size_t i = k < 2 ? 0 : k - 2; i < std::min(shifts.size(), k + 3); ++i)
        near.push_back(shifts[i]);
      std::nth_element(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2),
                       near.end());
      const float median = near[near.size() / 2];
      smooth[k] = std::clamp(shifts[k], median - 0.3f * module_px_, median + 0.3f * module_px_);
    }
    auto& across = lattice_.across_;
    across.assign(static_cast<std::size_t>(columns) + 3, 0.0f);
    for (int k = 0; k <= columns; ++k)
      across[static_cast<std::size_t>(k) + 1] =
          (static_cast<float>(k) * step + smooth[static_cast<std::size_t>(k)]) / length_;
    const float first = strongest(-kWordModules * module_px_, 0.9f * module_px_).first;
    across.front() = first / length_;
    const std::size_t last = across.size() - 1;
    across[last] = across[last - 1] + kStopModules * module_px_ / length_;
  }

  /// How much neighbouring lines differ, by line and block of columns.
  void take_changes() {
    top_ = anchors_.top - 2.5f * module_px_;
    const float bottom = anchors_.bottom + 2.5f * module_px_;
    const auto lines = static_cast<std::size_t>((bottom - top_) / kLineStep_px);
    const int columns = lattice_.data_columns_ + 2;
    const auto samples = static_cast<std::size_t>(columns * kChangeSamples);
    block_of_.clear();
    blocks_ = std::min<std::size_t>(kBlocks, static_cast<std::size_t>(columns));
    for (std::size_t s = 0; s < samples; ++s) block_of_.push_back(s * blocks_ / samples);
    std::vector<float> before;
    std::vector<float> between;
    std::vector<float> line(samples);
    changes_.assign(blocks_, {});
    for (std::size_t i = 0; i < lines; ++i) {
      const float y = top_ + static_cast<float>(i) * kLineStep_px;
      const Point a = point(0, y);
      std::fill(line.begin(), line.end(), 0.0f);
      add_samples(face_, a, point(1, y), line);
      if (!before.empty()) {
        std::array<float, kBlocks> sums{};
        for (std::size_t s = 0; s < samples; ++s)
          sums[block_of_[s]] += std::abs(line[s] - before[s]);
        for (std::size_t b = 0; b < blocks_; ++b) changes_[b].push_back(sums[b]);
      }
      before = std::move(between);
      between = line;
    }
  }

  /// The component of a block's changes with a period, in lines.
  std::complex<float> component(std::size_t block, float period) const {
    const auto& changes = changes_[block];
    const float angle = -2 * std::numbers::pi_v<float> / period;
    const std::complex<float> turn(std::cos(angle), std::sin(angle));
    std::complex<float> sum = 0;
    for (std::size_t i = changes.size(); i-- > 0;) {
      sum = std::complex<float>(sum.real() * turn.real() - sum.imag() * turn.imag() + changes[i],
                                sum.real() * turn.imag() + sum.imag() * turn.real());
    }
    return sum;
  }

  float strength(float period) const {
    float sum = 0;
    for (std::size_t b = 0; b < blocks_; ++b) sum += std::abs(component(b, period));
    return sum;
  }

  bool find_rows() {
    for (auto& changes : changes_) {
      if (changes.size() < 6) return false;
      float mean = 0;
      for (const float c : changes) mean += c;
      mean /= static_cast<float>(changes.size());
      for (float& c : changes) c -= mean;
    }
    const float period =
        row_modules_ > 0 ? sharpened(kLineStep_px / (row_modules_ * module_px_)) : find_period();
    if (period <= 0) return false;
    follow_rows(period);
    return true;
  }

  /// How alike the changes are some lines on.
  float likeness(std::size_t lag) const {
    float sum = 0;
    for (const auto& changes : changes_)
      for (std::size_t i = lag; i < changes.size(); ++i) sum += changes[i] * changes[i - lag];
    return sum / static_cast<float>(changes_.front().size() - lag);
  }

  float find_period() const {
    const auto lines = static_cast<float>(changes_.front().size());
    const auto least =
        static_cast<std::size_t>(std::max(kLeastRow * module_px_ / kLineStep_px, 2.0f));
    const auto most =
        static_cast<std::size_t>(std::min(kMostRow * module_px_ / kLineStep_px, lines / 2.5f));
    if (most < least + 2) return 0;
    std::vector<float> likenesses;
    for (std::size_t lag = least - 1; lag <= most + 1; ++lag) likenesses.push_back(likeness(lag));
    const auto best = std::max_element(likenesses.begin() + 1, likenesses.end() - 1);
    if (*best <= 0) return 0;
    const auto lag = static_cast<float>(least - 1) + static_cast<float>(best - likenesses.begin()) +
                     peak_offset(best[-1], best[0], best[1]);
    // What repeats after one row does so after two; the changes themselves tell which it is.
    float frequency = 1 / lag;
    float strongest = 0;
    for (int rows = 1; lag / static_cast<float>(rows) >= static_cast<float>(least); ++rows) {
      const float value = strength(lag / static_cast<float>(rows));
      if (value <= strongest) continue;
      strongest = value;
      frequency = static_cast<float>(rows) / lag;
    }
    return sharpened(frequency);
  }

  /// The strongest period near one that is known to a fraction of a line, by its frequency.
  float sharpened(float frequency) const {
    const float step = 0.2f / static_cast<float>(changes_.front().size());
    const auto reach = static_cast<int>(std::ceil(0.07f * frequency / step));
    std::vector<float> strengths;
    for (int i = -reach - 1; i <= reach + 1; ++i)
      strengths.push_back(strength(1 / (frequency + static_cast<float>(i) * step)));
    const auto peak = std::max_element(strengths.begin() + 1, strengths.end() - 1);
    const float offset = peak_offset(peak[-1], peak[0], peak[1]);
    const auto at = static_cast<float>(peak - strengths.begin() - reach - 1) + offset;
    return 1 / (frequency + at * step);
  }

  /// The rows' phase in each block, from the middle outwards.
  void follow_rows(float period) {
    std::vector<float> phases(blocks_);  // y of a change, in lines
    std::vector<float> weights(blocks_);
    for (std::size_t b = 0; b < blocks_; ++b) {
      const std::complex<float> c = component(b, period);
      phases[b] = -std::arg(c) / (2 * std::numbers::pi_v<float>)*period;
      weights[b] = std::abs(c);
      if (b > 0) phases[b] -= period * std::round((phases[b] - phases[b - 1]) / period);
    }
    const float height = period * kLineStep_px;
    const float offset = top_ + kLineStep_px;  // changes[0] is about the line between 0 and 2
    lattice_.row_height_ = height;
    // The first row begins above the top.
    float first = offset + phases[blocks_ / 2] * kLineStep_px;
    const float lift = std::ceil((first - (anchors_.top - 0.7f * height)) / height) * height;
    const float end = anchors_.bottom + 0.7f * height;
    lattice_.rows_ =
        std::clamp(static_cast<int>((end - (first - lift)) / height) + 1, 1, kMostRows_seen);
    auto& across = lattice_.across_;
    for (const float a : across) {
      const float place = std::clamp(a * static_cast<float>(blocks_) - 0.5f, -0.5f,
                                     static_cast<float>(blocks_) - 0.5f);
      lattice_.top_.push_back(offset - lift + kLineStep_px * between(phases, place));
    }
    lattice_.box_ = anchors_.box;
    lattice_.left_ = anchors_.left;
    lattice_.right_ = anchors_.right;
    // From y at the middle to y at each boundary.
    for (std::size_t k = 0; k < across.size(); ++k)
      lattice_.top_[k] += slope_ * length_ * (across[k] - 0.5f);
  }

  static float between(const std::vector<float>& values, float place) {
    if (values.size() == 1) return values.front();
    const auto i = static_cast<std::size_t>(
        std::clamp(std::floor(place), 0.0f, static_cast<float>(values.size() - 2)));
    return values[i] + (place - static_cast<float>(i)) * (values[i + 1] - values[i]);
  }

  ImageView face_;
  const Anchors& anchors_;
  float row_modules_ = 0;
  float middle_ = 0;
  float from_ = 0;
  float length_ = 0;
  float module_px_ = 0;
  float slope_ = 0;
  float margin_ = 0;
  float top_ = 0;
  std::size_t blocks_ = 0;
  std::vector<float> profile_;
  std::vector<std::size_t> block_of_;
  std::vector<std::vector<float>> changes_;
  Lattice lattice_;
};

Point Lattice::at(int boundary, float row) const {
  const auto k = static_cast<std::size_t>(boundary);
  const float y = top_[k] + row * row_height_;
  const float left = left_.at(y);
  return box_.face_from_box({left + across_[k] * (right_.at(y) - left), y});
}

std::optional<Lattice> find_lattice(ImageView face, const Anchors& anchors, float row_modules) {
  return LatticeFinder(face, anchors, row_modules).find();
}

}  // namespace backstamp::vision::stacked
