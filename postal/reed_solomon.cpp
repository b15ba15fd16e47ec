#include "postal/reed_solomon.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace backstamp::postal {

ReedSolomon::ReedSolomon(unsigned polynomial, int checks)
    : field_(std::bit_width(polynomial) - 1, polynomial), checks_(checks), generator_{1} {
  BACKSTAMP_ASSERT(field_.order() < 256 && checks >= 1 && checks < field_.order());
  for (int root = 1; root <= checks_; ++root) {
    generator_.insert(generator_.begin(), 0);
    for (std::size_t i = 0; i + 1 < generator_.size(); ++i)
      generator_[i] = static_cast<std::uint8_t>(
          generator_[i] ^ field_.times(generator_[i + 1], field_.power(root)));
  }
}

std::vector<std::uint8_t> ReedSolomon::checks_of(std::span<const std::uint8_t> data) const {
  const auto count = static_cast<std::size_t>(checks_);
  std::vector<std::uint8_t> checks(count, 0);
  for (const std::uint8_t symbol : data) {
    BACKSTAMP_ASSERT(symbol <= field_.order());
    const unsigned carried = symbol ^ checks[0];
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t next = i + 1 < count ? checks[i + 1] : std::uint8_t{0};
      checks[i] =
          static_cast<std::uint8_t>(next ^ field_.times(carried, generator_[count - 1 - i]));
    }
  }
  return checks;
}

bool ReedSolomon::sound(std::span<const std::uint8_t> word) const {
  return word.size() > static_cast<std::size_t>(checks_) &&
         word.size() <= static_cast<std::size_t>(field_.order()) &&
         std::all_of(word.begin(), word.end(),
                     [&](std::uint8_t symbol) { return symbol <= field_.order(); });
}

bool ReedSolomon::valid(std::span<const std::uint8_t> word) const {
  if (!sound(word)) return false;
  const std::vector<std::uint8_t> checks =
      checks_of(word.first(word.size() - static_cast<std::size_t>(checks_)));
  return std::equal(checks.begin(), checks.end(), word.end() - checks_);
}

std::optional<ReedSolomon::Corrected> ReedSolomon::correct(std::span<std::uint8_t> word,
                                                           std::span<const std::size_t> erased,
                                                           int limit) const {
  if (limit > checks_ || !sound(word)) return std::nullopt;
  std::vector<int> places;
  for (const std::size_t place : erased) {
    if (place >= word.size()) return std::nullopt;
    places.push_back(static_cast<int>(place));
  }
  std::vector<std::uint16_t> words(word.begin(), word.end());
  const auto spent = backstamp::correct(field_, 1, checks_, checks_ - limit, words, places);
  if (!spent) return std::nullopt;
  std::transform(words.begin(), words.end(), word.begin(),
                 [](std::uint16_t symbol) { return static_cast<std::uint8_t>(symbol); });
  const int erasures = static_cast<int>(places.size());
  return Corrected{std::max(0, *spent - erasures) / 2, erasures};
}

}  // namespace backstamp::postal
