#include "vision/four_state/checksum_trellis.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace backstamp::vision::four_state {
namespace {

constexpr std::size_t kSums = 36;
constexpr float kNever = 1e9f;

// A way to a sum: its last character and which of the two ways before it went on.
struct Way {
  float cost = kNever;
  std::uint8_t character = 0;
  std::uint8_t sum_before = 0;
  std::uint8_t rank_before = 0;
};
using Ways = std::array<std::array<Way, 2>, kSums>;  // the best two to each sum

void offer(std::array<Way, 2>& best, const Way& way) {
  if (way.cost < best[0].cost) {
    best[1] = best[0];
    best[0] = way;
  } else if (way.cost < best[1].cost) {
    best[1] = way;
  }
}

std::size_t sum_of(std::size_t a, std::size_t b, Modulus modulus) {
  const auto first = static_cast<std::size_t>(modulus.first);
  const auto second = static_cast<std::size_t>(modulus.second);
  return (a / second + b / second) % first * second + (a % second + b % second) % second;
}

void step(const Ways& before, const std::vector<Choice>& choices, Modulus modulus, float most_cost,
          Ways& after) {
  const auto sums = static_cast<std::size_t>(modulus.first * modulus.second);
  for (const Choice& choice : choices) {
    if (choice.cost > most_cost) continue;
    for (std::size_t sum = 0; sum < sums; ++sum) {
      for (std::uint8_t rank = 0; rank < 2; ++rank) {
        const float cost = before[sum][rank].cost + choice.cost;
        if (cost > most_cost) break;
        offer(after[sum_of(sum, choice.adds, modulus)],
              {cost, choice.character, static_cast<std::uint8_t>(sum), rank});
      }
    }
  }
}

}  // namespace

std::optional<Likeliest> likeliest(std::span<const std::vector<Choice>> places, Modulus modulus,
                                   float most_cost) {
  float least = 0;
  for (const std::vector<Choice>& choices : places) {
    float cheapest = kNever;
    for (const Choice& choice : choices) cheapest = std::min(cheapest, choice.cost);
    least += cheapest;
  }
  if (least > most_cost) return std::nullopt;
  std::vector<Ways> ways(places.size() + 1);
  ways[0][0][0].cost = 0;
  for (std::size_t place = 0; place < places.size(); ++place)
    step(ways[place], places[place], modulus, most_cost, ways[place + 1]);
  const std::array<Way, 2>& ends = ways.back()[0];
  if (places.empty() || ends[0].cost > most_cost) return std::nullopt;
  Likeliest result;
  result.cost = ends[0].cost;
  result.runner_up = std::min(most_cost, ends[1].cost);
  result.characters.resize(places.size());
  Way way = ends[0];
  for (std::size_t place = places.size(); place-- > 0;) {
    result.characters[place] = way.character;
    way = ways[place][way.sum_before][way.rank_before];
  }
  return result;
}

}  // namespace backstamp::vision::four_state
