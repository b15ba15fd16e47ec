#include "vision/linear/code128_content.h"

#include "base/limits.h"
#include "vision/linear/code128_table.h"

namespace backstamp::vision {
namespace {

enum class Set { a, b, c };

constexpr int kFnc3 = 96, kFnc2 = 97, kShift = 98, kCodeC = 99, kCodeB = 100, kCodeA = 101;
constexpr int kFnc1 = 102;
constexpr std::uint8_t kSeparator = 0x1D;

/// Reads characters one after another. Fails on what no mail holds.
struct Reader {
  Set set = Set::b;
  Bytes bytes;
  bool gs1 = false;
  bool shifted = false;        // the next character is of the other of A and B
  bool extended = false;       // FNC4 twice: Latin-1 until FNC4 twice
  bool extended_next = false;  // FNC4 once: the next character of the other half

  /// `place` counts data characters from 0.
  bool take(int value, std::size_t place) {
    if (value == kFnc1) return function1(place);
    if (set == Set::c) return take_c(value);
    const bool a = (set == Set::a) != shifted;
    const bool was_shifted = shifted;
    shifted = false;
    if (value < 96) {
      // A: space to '_', then the controls. B: space to DEL.
      const int character = a && value >= 64 ? value - 64 : value + 32;
      const bool upper = extended != extended_next;
      extended_next = false;
      bytes.push_back(static_cast<std::uint8_t>(character + (upper ? 128 : 0)));
      return true;
    }
    if (was_shifted) return false;
    switch (value) {
      case kShift:
        shifted = true;
        return true;
      case kCodeC:
        set = Set::c;
        return true;
      case kCodeB:
        if (a)
          set = Set::b;
        else
          function4();
        return true;
      case kCodeA:
        if (a)
          function4();
        else
          set = Set::a;
        return true;
      case kFnc2:
      case kFnc3:
      default:
        return false;
    }
  }

  bool take_c(int value) {
    if (value < 100) {
      bytes.push_back(static_cast<std::uint8_t>('0' + value / 10));
      bytes.push_back(static_cast<std::uint8_t>('0' + value % 10));
      return true;
    }
    if (value != kCodeB && value != kCodeA) return false;
    set = value == kCodeB ? Set::b : Set::a;
    return true;
  }

  bool function1(std::size_t place) {
    if (shifted) return false;
    if (place == 0) {
      gs1 = true;
      return true;
    }
    // An industry's own format begins with one letter or two digits.
    const bool letter = bytes.size() == 1 && ((bytes[0] | 0x20) >= 'a' && (bytes[0] | 0x20) <= 'z');
    const bool digits = bytes.size() == 2 && set == Set::c;
    if (place == 1 && !gs1 && (letter || digits)) return true;
    bytes.push_back(kSeparator);
    return true;
  }

  void function4() {
    if (!extended_next) {
      extended_next = true;
      return;
    }
    extended_next = false;
    extended = !extended;
  }
};

}  // namespace

int code128_check(std::span<const int> start_and_data) {
  int sum = start_and_data.empty() ? 0 : start_and_data[0];
  for (std::size_t i = 1; i < start_and_data.size(); ++i)
    sum = (sum + static_cast<int>(i % 103) * start_and_data[i]) % 103;
  return sum % 103;
}

Code128Content code128_content(std::span<const int> characters) {
  Code128Content out;
  out.cause = postal::NoReadCause::format;
  if (characters.size() < 3 || characters.size() > limits::kSymbolContentBytes) return out;
  Reader reader;
  switch (characters[0]) {
    case kCode128StartA:
      reader.set = Set::a;
      break;
    case kCode128StartB:
      reader.set = Set::b;
      break;
    case kCode128StartC:
      reader.set = Set::c;
      break;
    default:
      return out;
  }
  for (std::size_t i = 1; i < characters.size(); ++i)
    if (characters[i] < 0 || characters[i] > kFnc1) return out;
  if (code128_check(characters.first(characters.size() - 1)) != characters.back()) {
    out.cause = postal::NoReadCause::checksum;
    return out;
  }
  for (std::size_t i = 1; i + 1 < characters.size(); ++i)
    if (!reader.take(characters[i], i - 1)) return out;
  if (reader.shifted || reader.extended_next || reader.bytes.empty()) return out;
  out.bytes = std::move(reader.bytes);
  out.gs1 = reader.gs1;
  out.cause = postal::NoReadCause::none;
  return out;
}

}  // namespace backstamp::vision
