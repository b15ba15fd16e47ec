// Random numbers that are the same on every platform: splitmix64 seeds xoshiro256** (Blackman and
// Vigna, public domain); distributions are our own, as those of the standard library differ.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace backstamp::datasets {

/// One step of splitmix64.
inline std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// A seed for part `index` of what `seed` makes.
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t state = seed ^ (index * 0xD1342543DE82EF95u);
  splitmix(state);
  return splitmix(state);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix(seed);
  }

  std::uint64_t bits() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// 0 to limit - 1, for limit ≥ 1.
  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(((bits() >> 32) * limit) >> 32);
  }
  int integer(int minimum, int maximum) {
    return minimum + static_cast<int>(below(static_cast<std::uint32_t>(maximum - minimum) + 1));
  }
  /// In [minimum, maximum).
  double real(double minimum, double maximum) {
    return minimum + (maximum - minimum) * (static_cast<double>(bits() >> 11) * 0x1p-53);
  }
  bool chance(double probability) { return real(0, 1) < probability; }

  template <typename T, std::size_t N>
  const T& pick(const std::array<T, N>& choices) {
    return choices[below(static_cast<std::uint32_t>(N))];
  }

  /// About normal, standard deviation 256: eight uniform bytes summed (Irwin-Hall), integers only.
  int normal256() {
    const std::uint64_t word = bits();
    int sum = -1020;
    for (int shift = 0; shift < 64; shift += 8) sum += static_cast<int>(word >> shift & 255);
    return sum * 314 >> 8;  // the sum's deviation is 209
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace backstamp::datasets
