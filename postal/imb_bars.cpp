#include "postal/imb_bars.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "postal/short_text.h"

namespace backstamp::postal {
namespace {

__extension__ typedef unsigned __int128 Value;  // 102 bits are used

constexpr int kValueBits = 102;
constexpr unsigned kCodewordsOfJ = 636;
constexpr unsigned kCodewordsOfA = 659;
constexpr std::uint64_t kTenTo18 = 1'000'000'000'000'000'000;

// Where the routing codes of each length begin (section 3.2.1): none is 0.
constexpr std::uint64_t kFirstZip5 = 1;
constexpr std::uint64_t kFirstZip9 = 100'001;
constexpr std::uint64_t kFirstZip11 = 1'000'100'001;
constexpr std::uint64_t kPastZip11 = 101'000'100'001;
constexpr Value kPastLargest = Value{kPastZip11} * 50 * kTenTo18;

// CRC-11 of section 3.2.2: polynomial 0xF35, all ones at the start, highest bit first.
unsigned frame_check(Value value) {
  unsigned crc = 0x7FF;
  for (int bit = kValueBits - 1; bit >= 0; --bit) {
    const unsigned feedback = ((crc >> 10) ^ static_cast<unsigned>(value >> bit)) & 1u;
    crc = (crc << 1) & 0x7FFu;
    if (feedback != 0) crc ^= 0x735u;
  }
  return crc;
}

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<unsigned>(digit - '0');
  return number;
}

Value to_value(const Imb& code) {
  const std::string digits = code.digits();
  const auto parsed = Imb::parse(digits);
  BACKSTAMP_ASSERT(parsed.has_value() && *parsed == code);
  const std::uint64_t routing = to_number(std::string_view(digits).substr(20));
  Value value = 0;
  switch (digits.size()) {
    case 25:
      value = routing + kFirstZip5;
      break;
    case 29:
      value = routing + kFirstZip9;
      break;
    case 31:
      value = routing + kFirstZip11;
      break;
    default:
      break;
  }
  value = value * 10 + static_cast<unsigned>(digits[0] - '0');
  value = value * 5 + static_cast<unsigned>(digits[1] - '0');
  return value * kTenTo18 + to_number(std::string_view(digits).substr(2, 18));
}

/// The digits of a value, the most 31.
ShortText<31> from_value(Value value) {
  const auto serial = static_cast<std::uint64_t>(value % kTenTo18);
  value /= kTenTo18;
  const auto second = static_cast<std::uint64_t>(value % 5);
  value /= 5;
  const auto first = static_cast<std::uint64_t>(value % 10);
  const auto routing = static_cast<std::uint64_t>(value / 10);
  ShortText<31> digits;
  digits.add_digits(first, 1);
  digits.add_digits(second, 1);
  digits.add_digits(serial, 18);
  if (routing >= kFirstZip11) {
    digits.add_digits(routing - kFirstZip11, 11);
  } else if (routing >= kFirstZip9) {
    digits.add_digits(routing - kFirstZip9, 9);
  } else if (routing >= kFirstZip5) {
    digits.add_digits(routing - kFirstZip5, 5);
  }
  return digits;
}

enum class Fault { none, weight, range, check };

struct Decoded {
  Fault fault = Fault::none;
  Value value = 0;
};

Decoded decode(const ImbCharacters& characters) {
  std::array<unsigned, kImbCharacters> codewords{};
  unsigned check = 0;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const int codeword = imb_codeword(characters[i]);
    if (codeword < 0) return {Fault::weight};
    codewords[i] = static_cast<unsigned>(codeword);
    if (imb_inverted(characters[i])) check |= 1u << i;
  }
  if (codewords[9] % 2 != 0 || codewords[9] >= 2 * kCodewordsOfJ) return {Fault::range};
  if (codewords[0] >= 2 * kCodewordsOfA) return {Fault::range};
  if (codewords[0] >= kCodewordsOfA) {
    codewords[0] -= kCodewordsOfA;
    check |= 1u << 10;
  }
  Value value = codewords[0];
  for (std::size_t i = 1; i < 9; ++i) value = value * kImbCodewords + codewords[i];
  value = value * kCodewordsOfJ + codewords[9] / 2;
  if (value >= kPastLargest) return {Fault::range};
  if (frame_check(value) != check) return {Fault::check};
  return {Fault::none, value};
}

}  // namespace

ImbBars encode_imb(const Imb& code) {
  Value value = to_value(code);
  const unsigned check = frame_check(value);

  std::array<unsigned, kImbCharacters> codewords{};
  codewords[9] = 2 * static_cast<unsigned>(value % kCodewordsOfJ);
  value /= kCodewordsOfJ;
  for (std::size_t i = 8; i > 0; --i) {
    codewords[i] = static_cast<unsigned>(value % kImbCodewords);
    value /= kImbCodewords;
  }
  codewords[0] = static_cast<unsigned>(value);
  if ((check >> 10) != 0) codewords[0] += kCodewordsOfA;

  ImbCharacters characters{};
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const unsigned inversion = ((check >> i) & 1u) != 0 ? 0x1FFFu : 0u;
    characters[i] =
        static_cast<std::uint16_t>(imb_characters_of_codewords()[codewords[i]] ^ inversion);
  }
  return to_bars(characters);
}

ImbCharacters to_characters(const ImbBars& bars) {
  ImbCharacters characters{};
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    const ImbBarBits& bits = imb_bar_map()[bar];
    characters[bits.ascender_character] |=
        static_cast<std::uint16_t>(unsigned{bars.ascender[bar]} << bits.ascender_bit);
    characters[bits.descender_character] |=
        static_cast<std::uint16_t>(unsigned{bars.descender[bar]} << bits.descender_bit);
  }
  return characters;
}

ImbBars to_bars(const ImbCharacters& characters) {
  ImbBars bars;
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    const ImbBarBits& bits = imb_bar_map()[bar];
    bars.ascender[bar] = ((characters[bits.ascender_character] >> bits.ascender_bit) & 1) != 0;
    bars.descender[bar] = ((characters[bits.descender_character] >> bits.descender_bit) & 1) != 0;
  }
  return bars;
}

bool valid_imb(const ImbCharacters& characters) {
  return decode(characters).fault == Fault::none;
}

Result<Imb> decode_imb(const ImbCharacters& characters) {
  const Decoded decoded = decode(characters);
  switch (decoded.fault) {
    case Fault::weight:
      return fail(ErrorKind::invalid, "IMb: a character has no valid weight");
    case Fault::range:
      return fail(ErrorKind::invalid, "IMb: a codeword is out of range");
    case Fault::check:
      return fail(ErrorKind::invalid, "IMb: the frame check does not agree");
    case Fault::none:
      break;
  }
  return Imb::parse(from_value(decoded.value).view());
}

Result<Imb> decode_imb(const ImbBars& bars) {
  return decode_imb(to_characters(bars));
}

std::array<std::uint8_t, 13> imb_value(const Imb& code) {
  Value value = to_value(code);
  std::array<std::uint8_t, 13> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; value >>= 8)
    bytes[i] = static_cast<std::uint8_t>(value);
  return bytes;
}

Result<Imb> parse_imb_value(std::span<const std::uint8_t, 13> bytes) {
  Value value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  if (value >= kPastLargest) return fail(ErrorKind::invalid, "IMb: the value is out of range");
  return Imb::parse(from_value(value).view());
}

ImbBars rotate_imb(const ImbBars& bars) {
  ImbBars rotated{bars.descender, bars.ascender};
  std::reverse(rotated.ascender.begin(), rotated.ascender.end());
  std::reverse(rotated.descender.begin(), rotated.descender.end());
  return rotated;
}

std::string to_letters(const ImbBars& bars) {
  std::string letters(kImbBars, 'T');
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    if (bars.ascender[bar]) letters[bar] = bars.descender[bar] ? 'F' : 'A';
    if (!bars.ascender[bar] && bars.descender[bar]) letters[bar] = 'D';
  }
  return letters;
}

Result<ImbBars> parse_imb_letters(std::string_view letters) {
  if (letters.size() != kImbBars) {
    return fail(ErrorKind::invalid,
                "IMb letters: 65 wanted, found " + std::to_string(letters.size()));
  }
  ImbBars bars;
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    const char letter = letters[bar];
    if (letter != 'A' && letter != 'D' && letter != 'F' && letter != 'T') {
      return fail(ErrorKind::invalid, "IMb letters: only A, D, F and T are known");
    }
    bars.ascender[bar] = letter == 'A' || letter == 'F';
    bars.descender[bar] = letter == 'D' || letter == 'F';
  }
  return bars;
}

}  // namespace backstamp::postal
