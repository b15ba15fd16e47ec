#include "vision/stacked/reed_solomon.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace backstamp::vision::stacked {
namespace {

using Element = std::uint32_t;            // below 929
using Polynomial = std::vector<Element>;  // lowest power first

constexpr Element kOrder = kField;
constexpr Element kRoot = 3;
constexpr int kMostWords = kField - 1;

constexpr Element add(Element a, Element b) {
  return (a + b) % kOrder;
}
constexpr Element subtract(Element a, Element b) {
  return (a + kOrder - b) % kOrder;
}
constexpr Element multiply(Element a, Element b) {
  return a * b % kOrder;
}

/// Powers of the root; its order is 928.
constexpr auto kPowers = [] {
  std::array<std::uint16_t, kMostWords> powers{};
  Element value = 1;
  for (std::uint16_t& power : powers) {
    power = static_cast<std::uint16_t>(value);
    value = multiply(value, kRoot);
  }
  return powers;
}();

Element power(int exponent) {
  return kPowers[static_cast<std::size_t>(exponent) % kPowers.size()];
}

Element inverse(Element a) {
  Element result = 1;
  for (unsigned exponent = kOrder - 2; exponent != 0; exponent >>= 1) {
    if (exponent & 1u) result = multiply(result, a);
    a = multiply(a, a);
  }
  return result;
}

Element evaluate(const Polynomial& p, Element x) {
  Element sum = 0;
  for (std::size_t i = p.size(); i-- > 0;) sum = (sum * x + p[i]) % kOrder;
  return sum;
}

/// p · (1 − a x)
void multiply_by_locator(Polynomial& p, Element a) {
  p.push_back(0);
  for (std::size_t i = p.size() - 1; i > 0; --i) p[i] = subtract(p[i], multiply(a, p[i - 1]));
}

/// syndromes[i] is the words' polynomial at 3^(i + 1). True when all are zero.
bool syndromes_of(std::span<const std::uint16_t> words, Polynomial& syndromes) {
  bool zero = true;
  for (std::size_t i = 0; i < syndromes.size(); ++i) {
    const Element x = power(static_cast<int>(i) + 1);
    Element sum = 0;
    for (const std::uint16_t word : words) sum = (sum * x + word) % kOrder;
    syndromes[i] = sum;
    zero = zero && sum == 0;
  }
  return zero;
}

/// The locator of erasures and errors: Berlekamp and Massey, begun with the erasures' locator.
Polynomial find_locator(const Polynomial& syndromes, const Polynomial& erasures) {
  const std::size_t erased = erasures.size() - 1;
  Polynomial locator = erasures;
  Polynomial before = erasures;
  std::size_t degree = erased;
  for (std::size_t step = erased; step < syndromes.size(); ++step) {
    Element discrepancy = 0;
    for (std::size_t i = 0; i < locator.size() && i <= step; ++i)
      discrepancy = (discrepancy + locator[i] * syndromes[step - i]) % kOrder;
    before.insert(before.begin(), 0);
    if (discrepancy == 0) continue;
    Polynomial next = locator;
    next.resize(std::max(locator.size(), before.size()), 0);
    for (std::size_t i = 0; i < before.size(); ++i)
      next[i] = subtract(next[i], multiply(discrepancy, before[i]));
    if (2 * degree <= step + erased) {
      const Element factor = inverse(discrepancy);
      before = locator;
      for (Element& e : before) e = multiply(e, factor);
      degree = step + 1 + erased - degree;
    }
    locator = std::move(next);
  }
  while (locator.size() > 1 && locator.back() == 0) locator.pop_back();
  return locator;
}

/// What to take from the word at the locator's root `x`, after Forney.
std::optional<Element> magnitude(const Polynomial& locator, const Polynomial& evaluator,
                                 Element x) {
  Element slope = 0;
  Element at = 1;
  for (std::size_t i = 1; i < locator.size(); ++i) {
    slope = add(slope, multiply(static_cast<Element>(i % kOrder) * locator[i] % kOrder, at));
    at = multiply(at, x);
  }
  if (slope == 0) return std::nullopt;
  return subtract(0, multiply(evaluate(evaluator, x), inverse(slope)));
}

}  // namespace

std::vector<std::uint16_t> check_words(std::span<const std::uint16_t> data, int count) {
  Polynomial generator{1};  // highest power first, without the leading 1 below
  for (int i = 1; i <= count; ++i) multiply_by_locator(generator, power(i));
  Polynomial rest(static_cast<std::size_t>(count), 0);
  for (const std::uint16_t word : data) {
    const Element factor = add(word % kOrder, rest.front());
    std::rotate(rest.begin(), rest.begin() + 1, rest.end());
    rest.back() = 0;
    for (std::size_t i = 0; i < rest.size(); ++i)
      rest[i] = subtract(rest[i], multiply(factor, generator[i + 1]));
  }
  std::vector<std::uint16_t> checks;
  for (const Element e : rest) checks.push_back(static_cast<std::uint16_t>(subtract(0, e)));
  return checks;
}

std::optional<int> correct(std::span<std::uint16_t> words, int checks, std::span<const int> erased,
                           int spare) {
  const auto count = static_cast<int>(words.size());
  if (checks < 1 || count <= checks || count > kMostWords) return std::nullopt;
  if (static_cast<int>(erased.size()) + spare > checks) return std::nullopt;
  Polynomial syndromes(static_cast<std::size_t>(checks));
  if (syndromes_of(words, syndromes)) return static_cast<int>(erased.size());
  Polynomial erasures{1};
  for (const int place : erased) {
    if (place < 0 || place >= count) return std::nullopt;
    multiply_by_locator(erasures, power(count - 1 - place));
  }
  const Polynomial locator = find_locator(syndromes, erasures);
  const auto found = static_cast<int>(locator.size()) - 1;
  const int errors = found - static_cast<int>(erased.size());
  const int used = static_cast<int>(erased.size()) + 2 * errors;
  if (errors < 0 || used + spare > checks) return std::nullopt;

  Polynomial evaluator(syndromes.size(), 0);
  for (std::size_t i = 0; i < evaluator.size(); ++i)
    for (std::size_t k = 0; k < locator.size() && k <= i; ++k)
      evaluator[i] = (evaluator[i] + locator[k] * syndromes[i - k]) % kOrder;

  std::vector<std::uint16_t> fixed(words.begin(), words.end());
  int roots = 0;
  for (int place = 0; place < count; ++place) {
    const Element x = power(kMostWords - (count - 1 - place));
    if (evaluate(locator, x) != 0) continue;
    const auto wrong = magnitude(locator, evaluator, x);
    if (!wrong) return std::nullopt;
    auto& word = fixed[static_cast<std::size_t>(place)];
    word = static_cast<std::uint16_t>(subtract(word, *wrong));
    ++roots;
  }
  if (roots != found || !syndromes_of(fixed, syndromes)) return std::nullopt;
  std::copy(fixed.begin(), fixed.end(), words.begin());
  return used;
}

}  // namespace backstamp::vision::stacked
