#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

#include "tests/unit/vision/stacked_scene.h"
#include "vision/stacked/compaction.h"
#include "vision/stacked/patterns.h"
#include "vision/stacked/reed_solomon.h"
#include "vision/stacked/words.h"

namespace backstamp::vision::stacked {
namespace {

std::uint32_t modules(const std::vector<bool>& row, int from, int count) {
  std::uint32_t bits = 0;
  for (int i = 0; i < count; ++i) bits = bits << 1 | row[static_cast<std::size_t>(from + i)];
  return bits;
}

/// The value of a pattern in a cluster, or -1.
int value_of(int cluster, std::uint32_t bits) {
  static const auto values = [] {
    std::array<std::map<std::uint32_t, int>, kClusters> maps;
    for (int k = 0; k < kClusters; ++k)
      for (int v = 0; v < kField; ++v) maps[static_cast<std::size_t>(k)][pattern(k, v)] = v;
    return maps;
  }();
  const auto& map = values[static_cast<std::size_t>(cluster)];
  const auto found = map.find(bits);
  return found == map.end() ? -1 : found->second;
}

/// All words of a drawn symbol, read off its modules.
std::vector<Word> words_of(const DrawnSymbol& symbol) {
  std::vector<Word> words;
  for (std::size_t r = 0; r < symbol.rows.size(); ++r)
    for (int c = 0; c < symbol.columns(); ++c) {
      const int value = value_of(static_cast<int>(r % 3),
                                 modules(symbol.rows[r], (c + 2) * kWordModules, kWordModules));
      REQUIRE(value >= 0);
      words.push_back({static_cast<std::uint16_t>(value), 1});
    }
  return words;
}

Shape shape_of(const DrawnSymbol& symbol, int level) {
  return {static_cast<int>(symbol.rows.size()), symbol.columns(), level};
}

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::vector<std::uint16_t> random_words(std::mt19937& random, std::size_t count) {
  std::vector<std::uint16_t> words(count);
  for (auto& word : words) word = static_cast<std::uint16_t>(random() % kField);
  return words;
}

}  // namespace

TEST_CASE("patterns have four bars and four spaces that add up to their cluster") {
  std::set<std::uint32_t> all;
  for (int k = 0; k < kClusters; ++k) {
    for (int v = 0; v < kField; ++v) {
      const std::uint32_t bits = pattern(k, v);
      std::vector<int> runs;
      for (int i = kWordModules - 1, before = -1; i >= 0; --i) {
        const int bit = bits >> i & 1;
        if (bit != before) runs.push_back(0);
        ++runs.back();
        before = bit;
      }
      REQUIRE(runs.size() == 8);
      REQUIRE(*std::max_element(runs.begin(), runs.end()) <= 6);
      REQUIRE((runs[0] - runs[2] + runs[4] - runs[6] + 9) % 9 == 3 * k);
      all.insert(bits);
    }
  }
  CHECK(all.size() == 3 * 929);
}

TEST_CASE("every pattern is the one that libzint draws for its value") {
  std::mt19937 random(1);
  std::set<std::pair<int, int>> seen;
  for (int i = 0; i < 700; ++i) {
    // Six bytes beyond ASCII become five words, so all words of the symbol are known beforehand.
    Bytes content(6 * (1 + random() % 60));
    for (auto& byte : content) byte = static_cast<std::uint8_t>(128 + random() % 128);
    const int level = static_cast<int>(random() % 6);
    const DrawnSymbol symbol = draw_pdf417(content, level, 1 + static_cast<int>(random() % 20));
    if (symbol.rows.empty()) continue;
    const Shape shape = shape_of(symbol, level);
    const int data = shape.rows * shape.columns - shape.checks();
    std::vector<std::uint16_t> expected{static_cast<std::uint16_t>(data), 924};
    for (std::size_t at = 0; at < content.size(); at += 6) {
      std::uint64_t value = 0;
      for (std::size_t b = 0; b < 6; ++b) value = value << 8 | content[at + b];
      for (const std::uint64_t scale : {656100000000ull, 729000000ull, 810000ull, 900ull, 1ull})
        expected.push_back(static_cast<std::uint16_t>(value / scale % 900));
    }
    expected.resize(static_cast<std::size_t>(data), 900);
    const auto checks = check_words(expected, shape.checks());
    expected.insert(expected.end(), checks.begin(), checks.end());
    for (int r = 0; r < shape.rows; ++r) {
      const auto& row = symbol.rows[static_cast<std::size_t>(r)];
      REQUIRE(modules(row, 0, kWordModules) == kStart);
      REQUIRE(modules(row, symbol.width() - kStopModules, kStopModules) == kStop);
      REQUIRE(modules(row, 17, 17) == pattern(r % 3, left_indicator(shape, r)));
      REQUIRE(modules(row, symbol.width() - 35, 17) == pattern(r % 3, right_indicator(shape, r)));
      for (int c = 0; c < shape.columns; ++c) {
        const int value = expected[static_cast<std::size_t>(r * shape.columns + c)];
        REQUIRE(modules(row, 17 * (c + 2), 17) == pattern(r % 3, value));
        seen.insert({r % 3, value});
      }
    }
  }
  CHECK(seen.size() == 3 * 929);
}

TEST_CASE("what libzint writes at every level and width is read back") {
  std::mt19937 random(2);
  int read = 0;
  for (int columns = 1; columns <= 30; ++columns) {
    for (int level = 0; level <= 8; ++level) {
      const std::size_t size = 1 + random() % (level > 6 ? 200 : 600);
      Bytes content = random() % 2 == 0 ? random_content(random, size) : random_text(random, size);
      if (random() % 5 == 0)
        for (auto& byte : content) byte = static_cast<std::uint8_t>('0' + byte % 10);
      const DrawnSymbol symbol = draw_pdf417(content, level, columns);
      if (symbol.rows.empty() || symbol.columns() != columns) continue;
      const auto decoded = decode_words(shape_of(symbol, level), words_of(symbol));
      REQUIRE(decoded);
      CHECK(decoded->content == content);
      CHECK(decoded->used == 0);
      ++read;
    }
  }
  CHECK(read > 150);
}

TEST_CASE("errors and erasures are corrected as long as check words stay to spare") {
  std::mt19937 random(3);
  for (int i = 0; i < 400; ++i) {
    const int checks = 2 << (random() % 8);
    std::vector<std::uint16_t> words = random_words(random, 1 + random() % 400);
    const auto tail = check_words(words, checks);
    words.insert(words.end(), tail.begin(), tail.end());
    const int spare = checks > 8 ? 3 : 2;
    const int erasures = static_cast<int>(random()) & (checks - spare > 0 ? 0x7fff : 0);
    const int erased = checks > spare ? erasures % (checks - spare + 1) : 0;
    const int errors = (checks - spare - erased) / 2;
    std::vector<int> places(words.size());
    for (std::size_t p = 0; p < places.size(); ++p) places[p] = static_cast<int>(p);
    std::shuffle(places.begin(), places.end(), random);
    if (static_cast<int>(places.size()) < erased + errors) continue;
    std::vector<std::uint16_t> torn = words;
    for (int p = 0; p < erased + errors; ++p) {
      auto& word = torn[static_cast<std::size_t>(places[static_cast<std::size_t>(p)])];
      word = static_cast<std::uint16_t>((word + 1 + random() % 928) % kField);
    }
    places.resize(static_cast<std::size_t>(erased));
    const auto used = correct(torn, checks, places, spare);
    REQUIRE(used);
    CHECK(*used == erased + 2 * errors);
    CHECK(torn == words);
  }
}

TEST_CASE("more damage than the spare allows is refused and changes nothing") {
  std::mt19937 random(4);
  int passed = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::vector<std::uint16_t> noise = random_words(random, 60);
    std::vector<std::uint16_t> words = noise;
    const auto used = correct(words, 16, {}, 3);
    passed += used.has_value();
    if (!used) CHECK(words == noise);
  }
  CHECK(passed == 0);
}

TEST_CASE("the least sure words are given up first") {
  std::mt19937 random(5);
  const Bytes content = random_content(random, 80);
  const DrawnSymbol symbol = draw_pdf417(content, 4, 6);
  const Shape shape = shape_of(symbol, 4);
  std::vector<Word> words = words_of(symbol);
  // 28 of 32 check words: twice as many as errors alone could be.
  for (int i = 0; i < 28; ++i) {
    auto& word = words[random() % words.size()];
    word = {static_cast<std::uint16_t>(random() % kField), 0.1f};
  }
  const auto decoded = decode_words(shape, words);
  REQUIRE(decoded);
  CHECK(decoded->content == content);
  CHECK(decoded->used <= 29);
  for (auto& word : words) word.margin = 1;
  CHECK(!decode_words(shape, words));
}

TEST_CASE("noise behind true row indicators has no content") {
  std::mt19937 random(6);
  for (int i = 0; i < 1500; ++i) {
    const Shape shape{3 + static_cast<int>(random() % 20), 1 + static_cast<int>(random() % 9),
                      static_cast<int>(random() % 5)};
    if (!shape.valid()) continue;
    std::vector<Word> words;
    for (const std::uint16_t value :
         random_words(random, static_cast<std::size_t>(shape.rows * shape.columns)))
      words.push_back({value, static_cast<float>(random() % 100)});
    const auto decoded = decode_words(shape, words);
    REQUIRE(!decoded);
    CHECK(decoded.error() == postal::NoReadCause::checksum);
  }
}

TEST_CASE("a length word that is not the symbol's is refused") {
  const Shape shape{4, 3, 1};
  std::vector<std::uint16_t> words{8, 1, 2, 3, 4, 5, 6, 900};
  for (const std::uint16_t length : std::array<std::uint16_t, 2>{8, 7}) {
    words.resize(8);
    words[0] = length;
    const auto checks = check_words(words, 4);
    words.insert(words.end(), checks.begin(), checks.end());
    std::vector<Word> seen;
    for (const std::uint16_t word : words) seen.push_back({word, 1});
    const auto decoded = decode_words(shape, seen);
    CHECK(decoded.has_value() == (length == 8));
    if (!decoded) CHECK(decoded.error() == postal::NoReadCause::format);
  }
}

TEST_CASE("text compaction shifts and latches as the standard says") {
  using Words = std::vector<std::uint16_t>;
  const auto content = [](const Words& words) { return content_of(words); };
  // "PDF417" (ISO/IEC 15438, 5.4.1.5 uses the same alphabets): P D, F ml, 4 1, 7 pad.
  CHECK(content({15 * 30 + 3, 5 * 30 + 28, 4 * 30 + 1, 7 * 30 + 29}) == bytes("PDF417"));
  // Lower, one capital, lower; a punctuation mark by shift.
  CHECK(content({27 * 30 + 0, 27 * 30 + 1, 2 * 30 + 29, 10 * 30 + 3}) == bytes("aBc!d"));
  // Mixed → punctuation → alpha.
  CHECK(content({28 * 30 + 25, 6 * 30 + 29, 0 * 30 + 26}) == bytes("]A "));
  // A byte in between leaves the alphabet as it was.
  CHECK(content({27 * 30 + 0, 913, 0xE9, 1 * 30 + 2}) == bytes("a\xE9"
                                                               "bc"));
}

TEST_CASE("byte and numeric compaction follow the standard's examples") {
  using Words = std::vector<std::uint16_t>;
  const auto content = [](const Words& words) { return content_of(words); };
  // ISO/IEC 15438, 5.4.3: "alcool" is 924, 163, 238, 432, 766, 244.
  CHECK(content({924, 163, 238, 432, 766, 244}) == bytes("alcool"));
  // … and "alcoolique" 901, 163, 238, 432, 766, 244, 105, 113, 117, 101.
  CHECK(content({901, 163, 238, 432, 766, 244, 105, 113, 117, 101}) == bytes("alcoolique"));
  // 5.4.4: 000213298174000 is 902, 1, 624, 434, 632, 282, 200.
  CHECK(content({902, 1, 624, 434, 632, 282, 200}) == bytes("000213298174000"));
}

TEST_CASE("words that no encoder may write are refused") {
  using Words = std::vector<std::uint16_t>;
  for (const Words& words : {Words{903}, Words{920}, Words{924, 899, 899, 899, 899, 899},
                             Words{924, 1, 2}, Words{901, 256}, Words{902, 899}, Words{913},
                             Words{927}, Words{926, 1}, Words{901, 1, 2, 3, 4, 5, 927, 26, 6}})
    CHECK(!content_of(words));
}

TEST_CASE("character set escapes are skipped and control blocks left out") {
  using Words = std::vector<std::uint16_t>;
  CHECK(content_of(Words{927, 26, 901, 0xC3, 0xA9}) == bytes("\xC3\xA9"));
  CHECK(content_of(Words{901, 65, 66, 928, 1, 2, 3, 923, 0, 922}) == bytes("AB"));
}

}  // namespace backstamp::vision::stacked
