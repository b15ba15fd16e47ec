// Text of a known greatest length that needs no memory from elsewhere: what verification spells.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"

namespace backstamp::postal {

template <std::size_t Capacity>
class ShortText {
 public:
  void add(char character) {
    BACKSTAMP_ASSERT(size_ < Capacity);
    text_[size_++] = character;
  }
  void add(std::string_view text) {
    for (const char character : text) add(character);
  }
  /// The last `count` decimal digits of a number, zeros in front.
  template <typename Number>
  void add_digits(Number number, std::size_t count) {
    BACKSTAMP_ASSERT(count <= Capacity - size_);
    for (std::size_t i = count; i-- > 0; number /= 10) {
      text_[size_ + i] = static_cast<char>('0' + static_cast<int>(number % 10));
    }
    size_ += count;
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, Capacity> text_{};
  std::size_t size_ = 0;
};

}  // namespace backstamp::postal
