#include "postal/bar_letters.h"

#include <algorithm>

namespace backstamp::postal {

bool are_bar_letters(std::string_view letters) {
  return letters.find_first_not_of("ADFT") == letters.npos;
}

std::string rotate_letters(std::string_view letters) {
  std::string rotated(letters.rbegin(), letters.rend());
  for (char& letter : rotated) letter = bar_letter(has_descender(letter), has_ascender(letter));
  return rotated;
}

}  // namespace backstamp::postal
