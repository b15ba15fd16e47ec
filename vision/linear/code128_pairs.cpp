#include "vision/linear/code128_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "vision/linear/code128_ends.h"
#include "vision/linear/code128_table.h"

namespace backstamp::vision {
namespace {

constexpr int kFewestCharacters = 5;  // start, three of data, check
constexpr int kMostCharacters = 80;
constexpr float kUnlikeModules = 1.15f;  // of the two ends, at most
constexpr float kModuleError = 1.06f;    // of an end
constexpr float kLeastLikeness = 1.8f;   // of both ends together; text and other bars stay below

/// The symbols that may begin at one end and stop at the other: whole numbers of characters whose
/// module is about that of the ends.
void add_pairs(const std::vector<float>& dark, const std::vector<float>& backwards,
               const Code128End& start, const Code128End& stop, bool reversed,
               std::vector<Code128Pair>& pairs) {
  if (start.value == kCode128Stop || stop.value != kCode128Stop) return;
  const float ratio = start.module / stop.module;
  if (ratio > kUnlikeModules || ratio < 1 / kUnlikeModules) return;
  const float length = static_cast<float>(dark.size() - 1) - start.at - stop.at;
  if (length < kCode128Modules * start.module) return;
  const float spread = 0.5f * (start.spread + stop.spread);
  const auto characters = [&](float module) {
    return (length / module - spread - kCode128StopModules) / kCode128Modules;
  };
  const float few = characters(kModuleError * std::max(start.module, stop.module));
  const float many = characters(std::min(start.module, stop.module) / kModuleError);
  const int from = std::max(kFewestCharacters, static_cast<int>(std::ceil(few)));
  const int to = std::min(kMostCharacters, static_cast<int>(std::floor(many)));
  for (int n = from; n <= to; ++n) {
    Code128Pair pair;
    pair.reversed = reversed;
    Code128Frame& frame = pair.frame;
    frame.characters = n;
    const auto modules = static_cast<float>(n * kCode128Modules + kCode128StopModules);
    frame.module = length / (modules + spread);
    const Code128End first = look_at_end(dark, start.value, start.at, frame.module);
    const Code128End last = look_at_end(backwards, stop.value, stop.at, frame.module);
    pair.likeness = first.likeness + last.likeness;
    frame.spread = 0.5f * (first.spread + last.spread);
    frame.module = length / (modules + frame.spread);
    frame.first = start.at + 0.5f * frame.spread * frame.module;
    if (pair.likeness > kLeastLikeness) pairs.push_back(pair);
  }
}

}  // namespace

Code128Pairs find_code128_pairs(const BothWays& ways) {
  constexpr std::size_t kMostPairs = 4;
  Code128Pairs out;
  const std::vector<Code128End> left = find_code128_ends(ways.forwards);
  if (!left.empty()) out.left = left.front().likeness;
  const std::vector<Code128End> right = find_code128_ends(ways.backwards);
  if (!right.empty()) out.right = right.front().likeness;
  std::vector<Code128Pair>& pairs = out.pairs;
  for (const Code128End& r : right) {
    for (const Code128End& l : left) {
      add_pairs(ways.forwards, ways.backwards, l, r, false, pairs);
      add_pairs(ways.backwards, ways.forwards, r, l, true, pairs);
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Code128Pair& a, const Code128Pair& b) {
    return a.likeness > b.likeness;
  });
  if (pairs.size() > kMostPairs) pairs.resize(kMostPairs);
  return out;
}

}  // namespace backstamp::vision
