// Belt travel from a counter that wraps and may go back.
#pragma once

#include <cstdint>
#include <optional>

namespace backstamp::station {

/// Takes raw counts of `bits` bits in the order of their times and gives them a place on one long
/// axis. Two readings that follow each other are less than half the counter's range apart, so that
/// a step tells forwards from back. Thread-bound.
class Encoder {
 public:
  explicit Encoder(unsigned bits = 32) : bits_(bits) {}  ///< 8 to 32

  /// The count of a reading that is the newest of its time (a trigger).
  std::int64_t follow(std::uint32_t raw);
  /// The count nearest to the newest one: of a reading that may be a little older or newer (a
  /// frame's). None before the first trigger.
  std::optional<std::int64_t> near(std::uint32_t raw) const;
  /// How often the belt has gone back by more than `kSlack` counts.
  std::uint64_t reversals() const { return reversals_; }
  std::optional<std::int64_t> newest() const { return newest_; }

  static constexpr std::int64_t kSlack = 4;  ///< jitter of a belt that stands

 private:
  std::int64_t step(std::uint32_t raw) const;

  unsigned bits_;
  std::optional<std::int64_t> newest_;
  std::uint64_t reversals_ = 0;
  bool going_back_ = false;
};

}  // namespace backstamp::station
