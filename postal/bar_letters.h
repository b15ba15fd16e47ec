// 4-state bars as letters, left to right: A has an ascender, D a descender, F both (full), T
// neither (tracker). Codes of two states use A for a tall bar and T for a short one.
#pragma once

#include <string>
#include <string_view>

namespace backstamp::postal {

/// Are all letters among A, D, F and T?
bool are_bar_letters(std::string_view letters);

constexpr bool has_ascender(char letter) {
  return letter == 'A' || letter == 'F';
}
constexpr bool has_descender(char letter) {
  return letter == 'D' || letter == 'F';
}
constexpr char bar_letter(bool ascender, bool descender) {
  return ascender ? (descender ? 'F' : 'A') : (descender ? 'D' : 'T');
}

/// The same bars seen upside down: the order reversed, ascenders and descenders swapped.
std::string rotate_letters(std::string_view letters);

}  // namespace backstamp::postal
