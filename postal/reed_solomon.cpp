#include "postal/reed_solomon.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace backstamp::postal {

ReedSolomon::ReedSolomon(unsigned polynomial, int checks) : checks_(checks) {
  const unsigned size = std::bit_floor(polynomial);
  BACKSTAMP_ASSERT(size >= 8 && size <= 64 && checks >= 1 && checks <= kMostChecks);
  order_ = size - 1;
  unsigned value = 1;
  for (unsigned i = 0; i < order_; ++i) {
    power_[i] = power_[i + order_] = static_cast<std::uint8_t>(value);
    log_[value] = static_cast<std::uint8_t>(i);
    value <<= 1;
    if (value & size) value ^= polynomial;
  }
  BACKSTAMP_ASSERT(value == 1);  // else the polynomial is not primitive
  generator_[0] = 1;
  for (int root = 1; root <= checks_; ++root) {
    for (std::size_t i = static_cast<std::size_t>(root); i > 0; --i)
      generator_[i] = static_cast<std::uint8_t>(
          generator_[i - 1] ^ times(generator_[i], power_[static_cast<std::size_t>(root)]));
    generator_[0] = times(generator_[0], power_[static_cast<std::size_t>(root)]);
  }
}

std::vector<std::uint8_t> ReedSolomon::checks_of(std::span<const std::uint8_t> data) const {
  const auto count = static_cast<std::size_t>(checks_);
  std::vector<std::uint8_t> checks(count, 0);
  for (const std::uint8_t symbol : data) {
    BACKSTAMP_ASSERT(symbol <= order_);
    const auto carried = static_cast<std::uint8_t>(symbol ^ checks[0]);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t next = i + 1 < count ? checks[i + 1] : std::uint8_t{0};
      checks[i] = static_cast<std::uint8_t>(next ^ times(carried, generator_[count - 1 - i]));
    }
  }
  return checks;
}

std::uint8_t ReedSolomon::evaluate(const Polynomial& polynomial, unsigned x) const {
  std::uint8_t sum = 0;
  for (std::size_t i = polynomial.size(); i-- > 0;)
    sum = static_cast<std::uint8_t>(times(sum, x) ^ polynomial[i]);
  return sum;
}

bool ReedSolomon::sound(std::span<const std::uint8_t> word) const {
  return word.size() > static_cast<std::size_t>(checks_) && word.size() <= order_ &&
         std::all_of(word.begin(), word.end(), [&](std::uint8_t s) { return s <= order_; });
}

// Element i is the word at a^(i+1). True when the word is one of the code.
bool ReedSolomon::syndromes(std::span<const std::uint8_t> word, Polynomial& syndromes) const {
  syndromes = {};
  bool valid = true;
  for (std::size_t i = 0; i < static_cast<std::size_t>(checks_); ++i) {
    std::uint8_t sum = 0;
    for (const std::uint8_t symbol : word)
      sum = static_cast<std::uint8_t>(times(sum, power_[i + 1]) ^ symbol);
    syndromes[i] = sum;
    valid = valid && sum == 0;
  }
  return valid;
}

bool ReedSolomon::valid(std::span<const std::uint8_t> word) const {
  Polynomial ignored;
  return sound(word) && syndromes(word, ignored);
}

// Berlekamp and Massey, begun with the locator of the erasures. The number of places located.
int ReedSolomon::locate(const Polynomial& syndromes, Polynomial& locator, int erasures) const {
  Polynomial previous = locator;
  int length = erasures;
  for (int r = erasures + 1; r <= checks_; ++r) {
    std::uint8_t discrepancy = 0;
    for (int i = 0; i < r; ++i)
      discrepancy = static_cast<std::uint8_t>(
          discrepancy ^ times(locator[static_cast<std::size_t>(i)],
                              syndromes[static_cast<std::size_t>(r - 1 - i)]));
    std::rotate(previous.begin(), previous.end() - 1, previous.end());
    previous[0] = 0;
    if (discrepancy == 0) continue;
    const Polynomial before = locator;
    for (std::size_t i = 0; i < locator.size(); ++i)
      locator[i] = static_cast<std::uint8_t>(locator[i] ^ times(discrepancy, previous[i]));
    if (2 * length > r + erasures - 1) continue;
    length = r + erasures - length;
    const std::uint8_t scale = inverse(discrepancy);
    for (std::size_t i = 0; i < previous.size(); ++i) previous[i] = times(before[i], scale);
  }
  return length;
}

// Forney's magnitudes at the roots of the locator. False unless `degree` roots lie in the word.
bool ReedSolomon::repair(std::span<std::uint8_t> word, const Polynomial& syndromes,
                         const Polynomial& locator, int degree) const {
  Polynomial evaluator{}, derivative{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(checks_); ++i)
    for (std::size_t j = 0; j <= i; ++j)
      evaluator[i] = static_cast<std::uint8_t>(evaluator[i] ^ times(syndromes[j], locator[i - j]));
  for (std::size_t i = 1; i < locator.size(); i += 2) derivative[i - 1] = locator[i];
  int roots = 0;
  for (std::size_t place = 0; place < word.size(); ++place) {
    const auto exponent = static_cast<unsigned>(word.size() - 1 - place) % order_;
    const std::uint8_t x = power_[order_ - exponent];
    if (evaluate(locator, x) != 0) continue;
    const std::uint8_t slope = evaluate(derivative, x);
    if (slope == 0) return false;
    word[place] =
        static_cast<std::uint8_t>(word[place] ^ times(evaluate(evaluator, x), inverse(slope)));
    ++roots;
  }
  return roots == degree;
}

std::optional<ReedSolomon::Corrected> ReedSolomon::correct(std::span<std::uint8_t> word,
                                                           std::span<const std::size_t> erased,
                                                           int limit) const {
  const int erasures = static_cast<int>(erased.size());
  Polynomial found;
  if (limit > checks_ || erasures > limit || !sound(word)) return std::nullopt;
  if (syndromes(word, found)) return Corrected{0, erasures};
  Polynomial locator{1};
  for (const std::size_t place : erased) {
    if (place >= word.size()) return std::nullopt;
    const std::uint8_t x = power_[(word.size() - 1 - place) % order_];
    for (std::size_t i = locator.size() - 1; i > 0; --i)
      locator[i] = static_cast<std::uint8_t>(locator[i] ^ times(locator[i - 1], x));
  }
  const int length = locate(found, locator, erasures);
  const Corrected corrected{length - erasures, erasures};
  if (corrected.spent() > limit) return std::nullopt;
  std::array<std::uint8_t, kMostSymbols> repaired{};
  std::copy(word.begin(), word.end(), repaired.begin());
  const std::span<std::uint8_t> copy(repaired.data(), word.size());
  if (!repair(copy, found, locator, length) || !valid(copy)) return std::nullopt;
  std::copy(copy.begin(), copy.end(), word.begin());
  return corrected;
}

}  // namespace backstamp::postal
