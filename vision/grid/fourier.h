// Fourier transforms of many short sequences side by side.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace backstamp::vision {

/// `Lanes` complex sequences of `Size` elements, a power of two: element i of sequence l is at
/// [i][l]. What is done to one lane is done to all, which compilers turn into vectors.
template <std::size_t Size, std::size_t Lanes>
struct Sequences {
  static_assert((Size & (Size - 1)) == 0);
  std::array<std::array<float, Lanes>, Size> real{};
  std::array<std::array<float, Lanes>, Size> imaginary{};
};

/// Sum and turned difference of two elements, lane by lane.
template <std::size_t Lanes>
void butterfly(float* __restrict a, float* __restrict b, float* __restrict x, float* __restrict y,
               float c, float d) {
  for (std::size_t l = 0; l < Lanes; ++l) {
    const float u = x[l] * c - y[l] * d, v = x[l] * d + y[l] * c;
    x[l] = a[l] - u;
    y[l] = b[l] - v;
    a[l] += u;
    b[l] += v;
  }
}

/// In place: element k becomes the sum of element n times e^(−2πi · k · n / Size).
template <std::size_t Size, std::size_t Lanes>
void transform(Sequences<Size, Lanes>& s) {
  static const auto roots = [] {
    std::array<std::pair<float, float>, Size / 2> out{};
    for (std::size_t k = 0; k < Size / 2; ++k) {
      const float angle = -6.2831853f * static_cast<float>(k) / Size;
      out[k] = {std::cos(angle), std::sin(angle)};
    }
    return out;
  }();
  for (std::size_t i = 1, j = 0; i < Size; ++i) {
    std::size_t bit = Size / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    std::swap(s.real[i], s.real[j]);
    std::swap(s.imaginary[i], s.imaginary[j]);
  }
  for (std::size_t half = 1; half < Size; half *= 2) {
    for (std::size_t from = 0; from < Size; from += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        const auto [c, d] = roots[k * (Size / 2 / half)];
        butterfly<Lanes>(s.real[from + k].data(), s.imaginary[from + k].data(),
                         s.real[from + k + half].data(), s.imaginary[from + k + half].data(), c, d);
      }
    }
  }
}

}  // namespace backstamp::vision
