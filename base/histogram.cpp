#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace backstamp {
namespace {

constexpr std::uint64_t kSubBuckets = 1ull << Histogram::kSubBucketBits;
constexpr std::size_t kBuckets = static_cast<std::size_t>(Histogram::kOctaves + 1)
                                 << Histogram::kSubBucketBits;

/// Values under 64 have a bucket each; above, 64 buckets from each power of two to the next.
std::size_t bucket_of(std::uint64_t value) {
  if (value < kSubBuckets) return static_cast<std::size_t>(value);
  const int octave = static_cast<int>(std::bit_width(value)) - 1 - Histogram::kSubBucketBits;
  const std::uint64_t within = (value >> octave) - kSubBuckets;
  const auto bucket = (static_cast<std::uint64_t>(octave) + 1) * kSubBuckets + within;
  return std::min(static_cast<std::size_t>(bucket), kBuckets - 1);
}

/// The largest value that falls into a bucket.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const auto octave = bucket / kSubBuckets - 1;
  return ((kSubBuckets + bucket % kSubBuckets + 1) << octave) - 1;
}

}  // namespace

void Histogram::record_ns(std::uint64_t value_ns) {
  ++buckets_[bucket_of(value_ns)];
  ++count_;
  max_ns_ = std::max(max_ns_, value_ns);
  sum_ns_ += static_cast<double>(value_ns);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

double Histogram::mean_ns() const {
  return count_ == 0 ? 0.0 : sum_ns_ / static_cast<double>(count_);
}

std::uint64_t Histogram::count_to_ns(std::uint64_t bound_ns) const {
  if (bound_ns >= max_ns_) return count_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < kBuckets && top_of(i) <= bound_ns; ++i) seen += buckets_[i];
  return seen;
}

std::uint64_t Histogram::percentile_ns(double fraction) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return i + 1 == kBuckets ? max_ns_ : std::min(top_of(i), max_ns_);
  }
  return max_ns_;
}

}  // namespace backstamp
