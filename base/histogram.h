// A log-linear histogram of durations: fixed memory, about 1.6 % error, mergeable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace backstamp {

/// Counts durations in nanoseconds from 0 to about 4.6 hours (longer ones count as the longest).
/// Thread-bound: one histogram a thread, merged at the end.
class Histogram {
 public:
  void record_ns(std::uint64_t value_ns);
  void merge(const Histogram& other);
  std::uint64_t count() const { return count_; }
  std::uint64_t max_ns() const { return max_ns_; }
  double mean_ns() const;
  double sum_ns() const { return sum_ns_; }
  /// How many lie surely at or under `bound_ns`: those of the bucket in which the bound lies count
  /// as above it, so that nothing late is counted as in time.
  std::uint64_t count_to_ns(std::uint64_t bound_ns) const;
  /// The value at or under which `fraction` (0..1) of the values lie; 0 when empty.
  std::uint64_t percentile_ns(double fraction) const;

  static constexpr int kSubBucketBits = 6;  ///< 64 buckets an octave: 1/64 relative error
  static constexpr int kOctaves = 38;

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(kOctaves + 1) << kSubBucketBits> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace backstamp
