// The words of a PDF417: as they come, and as the data of a rightly made symbol that was damaged
// afterwards, which must come back whole or not at all.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "vision/stacked/compaction.h"
#include "vision/stacked/reed_solomon.h"
#include "vision/stacked/words.h"

using namespace backstamp;
using namespace backstamp::vision::stacked;

namespace {

constexpr std::size_t kHead = 5;  // rows, columns, level, erasures, errors

/// Two bytes a word, the rest of the place filled up with padding.
std::vector<std::uint16_t> words_in(ByteView bytes, std::size_t count) {
  std::vector<std::uint16_t> words(count, 900);
  for (std::size_t i = 0; i < count && 2 * i + 1 < bytes.size(); ++i)
    words[i] = static_cast<std::uint16_t>((bytes[2 * i] << 8 | bytes[2 * i + 1]) % kField);
  return words;
}

void check_as_they_come(const Shape& shape, ByteView bytes) {
  const auto count = static_cast<std::size_t>(std::clamp(shape.rows * shape.columns, 0, 4096));
  std::vector<Word> seen;
  for (const std::uint16_t word : words_in(bytes, count))
    seen.push_back({word, static_cast<float>(word % 7)});
  const auto decoded = decode_words(shape, seen);
  if (!decoded) return;
  const std::size_t data = decoded->words.size() - static_cast<std::size_t>(shape.checks());
  const auto tail = check_words(std::span(decoded->words).first(data), shape.checks());
  BACKSTAMP_ASSERT(std::equal(tail.begin(), tail.end(),
                              decoded->words.begin() + static_cast<std::ptrdiff_t>(data)));
  BACKSTAMP_ASSERT(decoded->used + 2 <= shape.checks());
}

void check_damaged(const Shape& shape, ByteView bytes, std::size_t erased, std::size_t errors) {
  const auto count = static_cast<std::size_t>(shape.rows * shape.columns);
  const std::size_t data = count - static_cast<std::size_t>(shape.checks());
  std::vector<std::uint16_t> words = words_in(bytes, data);
  words[0] = static_cast<std::uint16_t>(data);
  const auto content = content_of(std::span(words).subspan(1));
  const auto tail = check_words(words, shape.checks());
  words.insert(words.end(), tail.begin(), tail.end());
  std::vector<Word> seen;
  for (const std::uint16_t word : words) seen.push_back({word, 1});
  const std::size_t spare = static_cast<std::size_t>(shape.checks()) - 2;
  erased %= spare + 1;
  errors %= (spare - erased) / 2 + 1;
  if (erased + errors > count) return;
  for (std::size_t i = 0; i < erased + errors; ++i) {
    // 7919 is prime, so no place comes twice.
    Word& word = seen[i * 7919 % count];
    word.value = static_cast<std::uint16_t>((word.value + 1 + i) % kField);
    if (i < erased) word.margin = 0;
  }
  const auto decoded = decode_words(shape, seen);
  BACKSTAMP_ASSERT(decoded.has_value() == (content && !content->empty()));
  if (decoded) BACKSTAMP_ASSERT(decoded->content == *content && decoded->words == words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead) return 0;
  const ByteView bytes(data + kHead, size - kHead);
  check_as_they_come({data[0], data[1], data[2]}, bytes);
  const Shape shape{data[0] % 96, data[1] % 32, data[2] % 9};
  if (shape.valid()) check_damaged(shape, bytes, data[3], data[4]);
  return 0;
}
