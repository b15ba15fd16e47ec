#include "vision/stacked/words.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "vision/stacked/compaction.h"
#include "vision/stacked/patterns.h"

namespace backstamp::vision::stacked {
namespace {

using postal::NoReadCause;

constexpr int kSteps = 6;  // of ever more erasures
constexpr int kMostWords = 928;

/// The places of `words`, the least sure first.
std::vector<int> by_doubt(std::span<const Word> words) {
  std::vector<int> places(words.size());
  std::iota(places.begin(), places.end(), 0);
  const auto margin = [&](int place) { return words[static_cast<std::size_t>(place)].margin; };
  std::sort(places.begin(), places.end(),
            [&](int a, int b) { return margin(a) != margin(b) ? margin(a) < margin(b) : a < b; });
  return places;
}

}  // namespace

bool Shape::valid() const {
  return rows >= kLeastRows && rows <= kMostRows && columns >= 1 && columns <= kMostColumns &&
         level >= 0 && level <= 8 && rows * columns <= kMostWords && checks() < rows * columns;
}

namespace {

/// Each indicator carries one of three facts, by row and side.
int fact(const Shape& shape, int which) {
  switch (which % 3) {
    case 0:
      return (shape.rows - 1) / 3;
    case 1:
      return shape.level * 3 + (shape.rows - 1) % 3;
    default:
      return shape.columns - 1;
  }
}

}  // namespace

int left_indicator(const Shape& shape, int row) {
  return 30 * (row / 3) + fact(shape, row % 3);
}

int right_indicator(const Shape& shape, int row) {
  return 30 * (row / 3) + fact(shape, row % 3 + 2);
}

std::expected<Decoded, NoReadCause> decode_words(const Shape& shape, std::span<const Word> words,
                                                 int spare) {
  const std::unexpected format(NoReadCause::format);
  if (!shape.valid()) return format;
  const auto count = static_cast<std::size_t>(shape.rows * shape.columns);
  if (words.size() != count) return format;
  const int checks = shape.checks();
  const std::vector<int> doubtful = by_doubt(words);
  const auto unseen = static_cast<int>(
      std::count_if(words.begin(), words.end(), [](const Word& w) { return w.margin <= 0; }));
  std::vector<std::uint16_t> values(count);
  int erased = unseen;
  for (int step = 0; step <= kSteps && erased <= checks - spare; ++step) {
    for (std::size_t i = 0; i < count; ++i)
      values[i] = std::min<std::uint16_t>(words[i].value, kField - 1);
    const std::span<const int> erasures(doubtful.data(), static_cast<std::size_t>(erased));
    if (const auto used = correct(values, checks, erasures, spare)) {
      const std::size_t data = count - static_cast<std::size_t>(checks);
      if (values[0] != data) return format;
      auto content = content_of(std::span(values).subspan(1, data - 1));
      if (!content || content->empty()) return format;
      return Decoded{std::move(*content), std::move(values), *used};
    }
    if (erased == checks - spare) break;
    erased = std::min(checks - spare, erased + std::max(1, (checks - spare - unseen) / kSteps));
  }
  return std::unexpected(NoReadCause::checksum);
}

}  // namespace backstamp::vision::stacked
