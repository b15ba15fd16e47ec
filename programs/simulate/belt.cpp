#include "programs/simulate/belt.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "datasets/random.h"

namespace backstamp::simulate {
namespace {

using datasets::Random;
using namespace std::chrono_literals;

/// A piece lies this much before or behind its place in an even row, at most, as a part of the
/// pitch.
constexpr double kJitter = 0.15;
/// The belt goes back so far when a jam is cleared.
constexpr double kBack_mm = 20;
constexpr Micros kBackTime = 100ms;

double seconds_of(Micros time) {
  return std::chrono::duration<double>(time).count();
}

Micros micros_of(double seconds) {
  return Micros(static_cast<std::int64_t>(std::llround(seconds * 1e6)));
}

/// `count` moments in the middle nine tenths of the run, apart from each other, in order.
std::vector<Micros> moments(Random& random, std::uint32_t count, Micros duration) {
  std::vector<Micros> found;
  const double whole = seconds_of(duration);
  for (std::uint32_t i = 0; i < count; ++i) {
    const double share = (i + random.real(0.25, 0.75)) / count;
    found.push_back(micros_of(whole * (0.05 + 0.9 * share)));
  }
  return found;
}

/// The belt's speeds in the order of time: what it is from a moment on.
struct Change {
  Micros at{};
  double mm_per_s = 0;
  bool jam = false;
};

void add_speed_changes(std::vector<Change>& changes, Random& random, const BeltOptions& options,
                       double nominal) {
  for (const Micros at : moments(random, options.speed_changes, options.duration)) {
    const double factor = random.chance(0.5) ? random.real(0.6, 0.85) : random.real(1.05, 1.2);
    const Micros room = options.duration / (2 * options.speed_changes);
    changes.push_back({at, nominal * factor, false});
    changes.push_back({at + std::min(micros_of(random.real(1.5, 4)), room), nominal, false});
  }
}

void add_jams(std::vector<Change>& changes, Random& random, const BeltOptions& options,
              double nominal) {
  for (const Micros at : moments(random, options.jams, options.duration)) {
    const Micros room = options.duration / (3 * options.jams);
    const Micros stands = std::min(micros_of(random.real(1, 3)), room);
    const Micros end = at + stands + kBackTime;
    // Speed changes of this while are lost: the belt stands.
    std::erase_if(changes, [&](const Change& one) { return one.at >= at && one.at <= end; });
    changes.push_back({at, 0, true});
    changes.push_back({at + stands, -kBack_mm / seconds_of(kBackTime), true});
    changes.push_back({end, nominal, false});
  }
}

}  // namespace

double belt_speed_mm_per_s(double pieces_per_hour) {
  return std::max(kBelt_mm_per_s, pieces_per_hour / 3600 * kLeastPitch_mm);
}

void Belt::lay_pieces(const BeltOptions& options, std::span<const double> lengths_mm) {
  Random random(datasets::derive_seed(options.seed, 1));
  std::vector<std::uint32_t> order(lengths_mm.size());
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  }
  const double per_second = options.pieces_per_hour / 3600;
  const double speed = belt_speed_mm_per_s(options.pieces_per_hour);
  const double pitch_mm = speed / per_second;
  const double phase_mm = seconds_of(options.phase) * speed;
  const auto count =
      static_cast<std::size_t>(std::llround(seconds_of(options.duration) * per_second));
  double end_of_last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t face = order[i % order.size()];
    const double place =
        (static_cast<double>(i) + random.real(0.5 - kJitter, 0.5 + kJitter)) * pitch_mm + phase_mm;
    BeltPiece piece;
    piece.face = face;
    piece.leading_mm = std::max(place, end_of_last + kLeastGap_mm);
    piece.length_mm = lengths_mm[face];
    end_of_last = piece.leading_mm + piece.length_mm;
    pieces_.push_back(piece);
  }
}

void Belt::plan_motion(const BeltOptions& options) {
  Random random(datasets::derive_seed(options.seed, 2));
  const double nominal = belt_speed_mm_per_s(options.pieces_per_hour);
  std::vector<Change> changes{{Micros(0), nominal, false}};
  add_speed_changes(changes, random, options, nominal);
  add_jams(changes, random, options, nominal);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  double travel = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (i > 0) travel += spans_.back().mm_per_s * seconds_of(changes[i].at - changes[i - 1].at);
    spans_.push_back({changes[i].at, travel, changes[i].mm_per_s, changes[i].jam});
  }
  // The counter wraps two seconds after the start: every run sees it.
  const auto before_wrap = static_cast<std::uint32_t>(2 * nominal * kCountsPerMm);
  first_count_ = (1u << kEncoderBits) - std::min(before_wrap, (1u << kEncoderBits) - 1);
}

void Belt::plant_faults(const BeltOptions& options) {
  Random random(datasets::derive_seed(options.seed, 3));
  const auto place = [&](std::uint32_t i, std::uint32_t of) {
    const double share = (i + random.real(0.1, 0.9)) / of;
    return std::min(pieces_.size() - 1,
                    static_cast<std::size_t>(static_cast<double>(pieces_.size()) * share));
  };
  for (std::uint32_t i = 0; i < options.missing && !pieces_.empty(); ++i) {
    pieces_[place(i, options.missing)].triggered = false;
  }
  for (std::uint32_t i = 0; i < options.doubles && pieces_.size() > 1; ++i) {
    const std::size_t lower = std::min(place(i, options.doubles), pieces_.size() - 2);
    BeltPiece& piece = pieces_[lower];
    const BeltPiece& upper = pieces_[lower + 1];
    piece.doubled = true;
    piece.triggered = piece.triggered && upper.triggered;
    pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(lower) + 1);
  }
}

Belt Belt::make(const BeltOptions& options, std::span<const double> lengths_mm) {
  BACKSTAMP_ASSERT(!lengths_mm.empty() && options.pieces_per_hour > 0);
  Belt belt;
  belt.lay_pieces(options, lengths_mm);
  belt.plan_motion(options);
  belt.plant_faults(options);
  std::size_t within = 0;
  for (BeltPiece& piece : belt.pieces_) {
    const auto at = belt.reaches(piece.leading_mm);
    if (!at || *at >= options.duration) break;
    piece.trigger_at = *at;
    ++within;
  }
  belt.pieces_.resize(within);
  return belt;
}

double Belt::travel_mm(Micros at) const {
  const auto after = std::upper_bound(spans_.begin(), spans_.end(), at,
                                      [](Micros t, const BeltSpan& span) { return t < span.from; });
  const BeltSpan& span = after == spans_.begin() ? *after : *std::prev(after);
  return span.from_mm + span.mm_per_s * seconds_of(at - span.from);
}

std::optional<Micros> Belt::reaches(double mm) const {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const BeltSpan& span = spans_[i];
    if (mm <= span.from_mm) return span.from;
    if (span.mm_per_s <= 0) continue;
    const Micros at = span.from + micros_of((mm - span.from_mm) / span.mm_per_s);
    if (i + 1 == spans_.size() || at < spans_[i + 1].from) return at;
  }
  return std::nullopt;
}

std::uint32_t Belt::encoder_at(double travel_mm) const {
  const auto counts = static_cast<std::int64_t>(std::floor(travel_mm * kCountsPerMm));
  return static_cast<std::uint32_t>(first_count_ + counts) & ((1u << kEncoderBits) - 1);
}

}  // namespace backstamp::simulate
