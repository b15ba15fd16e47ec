#include "base/reed_solomon.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/assert.h"

namespace backstamp {
namespace {

using Polynomial = std::vector<unsigned>;  // element i is the coefficient of x^i

unsigned evaluate(const GaloisField& field, const Polynomial& p, int exponent) {
  const unsigned x = field.power(exponent);
  unsigned value = 0;
  for (std::size_t i = p.size(); i-- > 0;) value = field.times(value, x) ^ p[i];
  return value;
}

/// The locator of erasures and errors (Berlekamp and Massey, begun with the erasures).
Polynomial locator_of(const GaloisField& field, const Polynomial& syndromes,
                      std::span<const int> erased, std::size_t length) {
  Polynomial locator{1};
  for (const int place : erased) {
    const unsigned x = field.power(static_cast<int>(length) - 1 - place);
    locator.push_back(0);
    for (std::size_t i = locator.size() - 1; i > 0; --i)
      locator[i] ^= field.times(locator[i - 1], x);
  }
  Polynomial before = locator;
  std::size_t degree = erased.size();
  for (std::size_t k = erased.size(); k < syndromes.size(); ++k) {
    unsigned discrepancy = 0;
    for (std::size_t i = 0; i < locator.size() && i <= k; ++i)
      discrepancy ^= field.times(locator[i], syndromes[k - i]);
    before.insert(before.begin(), 0);
    if (discrepancy == 0) continue;
    Polynomial next = locator;
    next.resize(std::max(next.size(), before.size()));
    for (std::size_t i = 0; i < before.size(); ++i) next[i] ^= field.times(before[i], discrepancy);
    if (2 * degree <= k + erased.size()) {
      degree = k + 1 + erased.size() - degree;
      before = locator;
      for (unsigned& c : before) c = field.over(c, discrepancy);
    }
    locator = std::move(next);
  }
  while (locator.size() > 1 && locator.back() == 0) locator.pop_back();
  return locator;
}

/// The error at the place with locator number a^exponent (Forney).
unsigned magnitude(const GaloisField& field, int first_root, const Polynomial& syndromes,
                   const Polynomial& locator, int exponent) {
  const int inverse = field.order() - exponent % field.order();
  const std::size_t checks = syndromes.size();
  unsigned omega = 0;  // of syndromes × locator modulo x^checks, at the inverse
  for (std::size_t k = checks; k-- > 0;) {
    unsigned c = 0;
    for (std::size_t i = 0; i < locator.size() && i <= k; ++i)
      c ^= field.times(locator[i], syndromes[k - i]);
    omega = field.times(omega, field.power(inverse)) ^ c;
  }
  Polynomial slope(locator.size(), 0);
  for (std::size_t i = 1; i < locator.size(); i += 2) slope[i - 1] = locator[i];
  const unsigned down = evaluate(field, slope, inverse);
  if (down == 0) return 0;
  // X^(1 − first_root) · Ω / Λ'
  const int shift = ((1 - first_root) * exponent) % field.order();
  return field.times(field.over(omega, down), field.power(shift + field.order()));
}

}  // namespace

GaloisField::GaloisField(int bits, unsigned polynomial)
    : order_((1 << bits) - 1),
      power_(2 * static_cast<std::size_t>(order_) + 1),
      log_(static_cast<std::size_t>(order_) + 1) {
  unsigned value = 1;
  for (int i = 0; i < order_; ++i) {
    power_[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(value);
    log_[value] = static_cast<std::uint16_t>(i);
    value <<= 1;
    if (value > static_cast<unsigned>(order_)) value ^= polynomial;
  }
  for (std::size_t i = static_cast<std::size_t>(order_); i < power_.size(); ++i)
    power_[i] = power_[i - static_cast<std::size_t>(order_)];
  BACKSTAMP_ASSERT(value == 1);  // a primitive polynomial runs through all elements
}

std::vector<unsigned> syndromes_of(const GaloisField& field, int first_root, int checks,
                                   std::span<const std::uint16_t> words) {
  Polynomial syndromes(static_cast<std::size_t>(checks));
  for (int j = 0; j < checks; ++j) {
    const unsigned x = field.power(first_root + j);
    unsigned value = 0;
    for (const std::uint16_t word : words) value = field.times(value, x) ^ word;
    syndromes[static_cast<std::size_t>(j)] = value;
  }
  return syndromes;
}

std::optional<int> correct(const GaloisField& field, int first_root, int checks, int spare,
                           std::span<std::uint16_t> words, std::span<const int> erased) {
  if (checks < 1 || words.size() > static_cast<std::size_t>(field.order())) return std::nullopt;
  return correct(field, first_root, syndromes_of(field, first_root, checks, words), spare, words,
                 erased);
}

std::optional<int> correct(const GaloisField& field, int first_root,
                           const std::vector<unsigned>& syndromes, int spare,
                           std::span<std::uint16_t> words, std::span<const int> erased) {
  const auto length = words.size();
  const int checks = static_cast<int>(syndromes.size());
  const int erasures = static_cast<int>(erased.size());
  if (length > static_cast<std::size_t>(field.order()) || erasures > checks - spare)
    return std::nullopt;
  if (std::all_of(syndromes.begin(), syndromes.end(), [](unsigned s) { return s == 0; })) return 0;
  const Polynomial locator = locator_of(field, syndromes, erased, length);
  const int degree = static_cast<int>(locator.size()) - 1;
  const int spent = 2 * (degree - erasures) + erasures;
  if (degree < erasures || spent > checks - spare) return std::nullopt;
  std::vector<std::pair<std::size_t, unsigned>> changes;
  for (std::size_t place = 0; place < length; ++place) {
    const int exponent = static_cast<int>(length - 1 - place);
    const int inverse = field.order() - exponent % field.order();
    if (evaluate(field, locator, inverse) != 0) continue;
    changes.emplace_back(place, magnitude(field, first_root, syndromes, locator, exponent));
  }
  if (static_cast<int>(changes.size()) != degree) return std::nullopt;
  for (const auto& [place, change] : changes)
    words[place] = static_cast<std::uint16_t>(words[place] ^ change);
  const Polynomial left = syndromes_of(field, first_root, checks, words);
  if (std::all_of(left.begin(), left.end(), [](unsigned s) { return s == 0; })) return spent;
  for (const auto& [place, change] : changes)
    words[place] = static_cast<std::uint16_t>(words[place] ^ change);
  return std::nullopt;
}

}  // namespace backstamp
