#include "postal/rm4scc_bars.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "postal/bar_letters.h"
#include "postal/rm4scc_tables.h"

namespace backstamp::postal {
namespace {

int index_of(char character) {
  const std::size_t index = kRm4sccCharacters.find(character);
  BACKSTAMP_ASSERT(index != kRm4sccCharacters.npos);
  return static_cast<int>(index);
}

void append(std::string& letters, int index) {
  const unsigned above = kRm4sccHalves[static_cast<std::size_t>(index / 6)];
  const unsigned below = kRm4sccHalves[static_cast<std::size_t>(index % 6)];
  for (unsigned bit = 4; bit-- > 0;)
    letters += bar_letter((above >> bit & 1) != 0, (below >> bit & 1) != 0);
}

// The row or column of four half-bars; -1 when not two are printed.
int half_of(unsigned bits) {
  const auto at = std::find(kRm4sccHalves.begin(), kRm4sccHalves.end(), bits);
  return at == kRm4sccHalves.end() ? -1 : static_cast<int>(at - kRm4sccHalves.begin());
}

std::optional<std::string> characters_of(std::string_view letters) {
  std::string characters;
  for (; letters.size() >= 4; letters.remove_prefix(4)) {
    unsigned above = 0, below = 0;
    for (const char letter : letters.substr(0, 4)) {
      above = above << 1 | unsigned{has_ascender(letter)};
      below = below << 1 | unsigned{has_descender(letter)};
    }
    const int row = half_of(above), column = half_of(below);
    if (row < 0 || column < 0) return std::nullopt;
    characters += kRm4sccCharacters[static_cast<std::size_t>(6 * row + column)];
  }
  return characters;
}

std::unexpected<Error> refuse(std::string_view symbology, std::string_view why) {
  return fail(ErrorKind::invalid, std::string(symbology) + ": " + std::string(why));
}

}  // namespace

int rm4scc_check(std::string_view content) {
  int rows = 0, columns = 0;
  for (const char character : content) {
    rows += rm4scc_weight(index_of(character) / 6);
    columns += rm4scc_weight(index_of(character) % 6);
  }
  return 6 * ((rows + 5) % 6) + (columns + 5) % 6;
}

std::string encode_rm4scc(std::string_view content) {
  BACKSTAMP_ASSERT(!content.empty() && content.size() <= kMostRm4sccCharacters);
  std::string letters = "A";
  for (const char character : content) append(letters, index_of(character));
  append(letters, rm4scc_check(content));
  return letters + 'F';
}

Result<std::string> decode_rm4scc(std::string_view letters) {
  if (!are_bar_letters(letters) || letters.size() % 4 != 2 || letters.size() < 10 ||
      letters.size() > 4 * kMostRm4sccCharacters + 6)
    return refuse("RM4SCC", "4 bars a character, 4 of the check, start and stop are wanted");
  if (letters.front() != 'A' || letters.back() != 'F')
    return refuse("RM4SCC", "start or stop is missing");
  auto characters = characters_of(letters.substr(1, letters.size() - 2));
  if (!characters) return refuse("RM4SCC", "a character has not two ascenders and two descenders");
  const char check = characters->back();
  characters->pop_back();
  if (index_of(check) != rm4scc_check(*characters))
    return refuse("RM4SCC", "the check character does not agree");
  return *std::move(characters);
}

std::string encode_kix(std::string_view content) {
  BACKSTAMP_ASSERT(!content.empty() && content.size() <= kMostKixCharacters);
  std::string letters;
  for (const char character : content) append(letters, index_of(character));
  return letters;
}

Result<std::string> decode_kix(std::string_view letters) {
  if (!are_bar_letters(letters) || letters.size() % 4 != 0 || letters.empty() ||
      letters.size() > 4 * kMostKixCharacters)
    return refuse("KIX", "4 bars a character are wanted");
  auto characters = characters_of(letters);
  if (!characters) return refuse("KIX", "a character has not two ascenders and two descenders");
  return *std::move(characters);
}

}  // namespace backstamp::postal
