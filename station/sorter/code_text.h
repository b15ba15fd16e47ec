// The canonical text of an identification code (postal/codes.h) without memory of its own: a sort
// plan looks at it for every piece.
#pragma once

#include <array>
#include <string_view>

#include "postal/codes.h"

namespace backstamp::station {

class CodeText {
 public:
  explicit CodeText(const postal::MailpieceCode& code);
  /// What postal::canonical says, cut off at 96 characters, which no valid code reaches.
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  void put(std::string_view text);
  void put(char character) { put(std::string_view(&character, 1)); }
  void put(std::uint64_t number, std::size_t digits);
  std::array<char, 96> text_;
  std::size_t size_ = 0;
};

}  // namespace backstamp::station
