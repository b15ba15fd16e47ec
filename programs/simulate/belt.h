// The belt of one lane: where pieces lie on it, and how it moves. A pure model: from a seed, the
// same everywhere, before any clock runs.
//
// Travel is measured in millimetres since the start; a piece passes the trigger when the travel is
// that of its leading edge, and a camera when it has gone on to it. The travel stands still in a
// jam, and goes back a little when the jam is cleared, so that the encoder does both, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace backstamp::simulate {

using Micros = std::chrono::microseconds;

inline constexpr double kCountsPerMm = 10;  ///< of the belt's encoder
inline constexpr unsigned kEncoderBits = 24;
inline constexpr double kBelt_mm_per_s = 5000;  ///< up to 60,000 pieces/h; faster for more
inline constexpr double kLeastPitch_mm = 300;   ///< so much belt for each piece on average
inline constexpr double kLeastGap_mm = 30;

struct BeltOptions {
  double pieces_per_hour = 60'000;
  Micros duration{};  ///< triggers from 0 to this
  Micros phase{};     ///< the lane's first piece comes so much later than the first lane's
  std::uint32_t jams = 0;
  std::uint32_t doubles = 0;
  std::uint32_t missing = 0;
  std::uint32_t speed_changes = 0;
  std::uint64_t seed = 1;
};

struct BeltPiece {
  std::uint32_t face = 0;  ///< which picture it shows
  double leading_mm = 0;   ///< the travel at which its leading edge is at the trigger
  double length_mm = 0;
  bool triggered = true;  ///< false: the machine does not notice it
  bool doubled = false;   ///< another piece lies on it, and counts as this one
  Micros trigger_at{};    ///< when its leading edge is at the trigger
};

/// The belt has one speed from `from` to the next span.
struct BeltSpan {
  Micros from{};
  double from_mm = 0;
  double mm_per_s = 0;  ///< 0: it stands; below 0: it goes back
  bool jam = false;     ///< part of a jam, until it is cleared
};

/// How fast the belt runs so that it brings so many pieces.
double belt_speed_mm_per_s(double pieces_per_hour);

class Belt {
 public:
  /// Pieces show the faces in an order of their own, again and again; `lengths_mm` has one entry a
  /// face, at least one.
  static Belt make(const BeltOptions& options, std::span<const double> lengths_mm);

  /// In the order of the belt.
  const std::vector<BeltPiece>& pieces() const { return pieces_; }
  const std::vector<BeltSpan>& spans() const { return spans_; }
  double travel_mm(Micros at) const;
  /// When the travel first is `mm`, if ever.
  std::optional<Micros> reaches(double mm) const;
  /// The encoder's raw count at a travel: it starts shortly before it wraps.
  std::uint32_t encoder_at(double travel_mm) const;

 private:
  void lay_pieces(const BeltOptions& options, std::span<const double> lengths_mm);
  void plan_motion(const BeltOptions& options);
  void plant_faults(const BeltOptions& options);

  std::vector<BeltPiece> pieces_;
  std::vector<BeltSpan> spans_;
  std::uint32_t first_count_ = 0;
};

}  // namespace backstamp::simulate
