// Error correction of PDF417: Reed-Solomon over the prime field of 929 (ISO/IEC 15438, 5.7).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace backstamp::vision::stacked {

inline constexpr int kField = 929;

/// The check words that follow `data`: all are remainders of the polynomial with the roots 3, 3²,
/// …, 3^count. Words are below 929.
std::vector<std::uint16_t> check_words(std::span<const std::uint16_t> data, int count);

/// Corrects `words`, whose last `checks` are check words, in place; `erased` lists the places
/// that are not to be trusted (each once). Gives how many check words that took: one for an
/// erasure, two for an error. Refuses, and leaves the words alone, when fewer than `spare` check
/// words would stay unused. Words that are noise pass with a probability of at most 929^-spare.
std::optional<int> correct(std::span<std::uint16_t> words, int checks, std::span<const int> erased,
                           int spare);

}  // namespace backstamp::vision::stacked
