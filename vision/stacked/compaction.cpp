#include "vision/stacked/compaction.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace backstamp::vision::stacked {
namespace {

// Words with a meaning of their own (ISO/IEC 15438, table 3).
constexpr std::uint16_t kFirstFunction = 900;
constexpr std::uint16_t kText = 900;
constexpr std::uint16_t kBytes = 901;
constexpr std::uint16_t kNumbers = 902;
constexpr std::uint16_t kOneByte = 913;
constexpr std::uint16_t kMacroTerminator = 922;
constexpr std::uint16_t kSixBytes = 924;
constexpr std::uint16_t kUserCharset = 925;
constexpr std::uint16_t kGeneralCharset = 926;
constexpr std::uint16_t kCharset = 927;
constexpr std::uint16_t kMacroBlock = 928;

constexpr std::size_t kGroupWords = 5;     // of byte compaction, for six bytes
constexpr std::size_t kNumberWords = 15;   // of numeric compaction, at most
constexpr std::size_t kNumberDigits = 46;  // 900^15 has 45

/// The four alphabets of text compaction. What is no character is a letter of its own: l, m, a, p
/// latch to lower, mixed, alpha, punctuation; A and P shift one character; marked by a zero before.
enum Alphabet { alpha, lower, mixed, punctuation };
constexpr std::string_view kAlphabets[] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ ",
    "abcdefghijklmnopqrstuvwxyz ",
    "0123456789&\r\t,:#-.$/+%*=^",
    ";<>@[\\]_`~!\r\t,:\n-.$/\"|*()?{}'",
};

/// Text compaction, one value (0 … 29) at a time.
class TextReader {
 public:
  void latch_alpha() {
    alphabet_ = alpha;
    shift_ = false;
  }
  /// A byte takes the place of a character that was to be shifted.
  void byte_between() { shift_ = false; }

  void take(int value, Bytes& out) {
    const Alphabet from = shift_ ? shifted_ : alphabet_;
    shift_ = false;
    if (from == mixed && value == 26) {
      out.push_back(' ');
    } else if (static_cast<std::size_t>(value) < kAlphabets[from].size()) {
      out.push_back(static_cast<std::uint8_t>(kAlphabets[from][static_cast<std::size_t>(value)]));
    } else {
      change(from, value);
    }
  }

 private:
  void change(Alphabet from, int value) {
    if (from == punctuation || (from == mixed && value == 28)) {
      alphabet_ = alpha;
    } else if (value == 29) {
      shift_to(punctuation);
    } else if (value == 28) {
      alphabet_ = mixed;
    } else if (from == mixed && value == 25) {
      alphabet_ = punctuation;
    } else if (from == lower) {
      shift_to(alpha);
    } else {
      alphabet_ = lower;
    }
  }
  void shift_to(Alphabet alphabet) {
    shifted_ = alphabet;
    shift_ = true;
  }

  Alphabet alphabet_ = alpha;
  Alphabet shifted_ = alpha;
  bool shift_ = false;
};

using Words = std::span<const std::uint16_t>;

/// Five words as six bytes.
bool take_group(Words words, Bytes& out) {
  std::uint64_t value = 0;
  for (const std::uint16_t word : words) value = value * 900 + word;
  if (value >> 48 != 0) return false;
  for (int shift = 40; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  return true;
}

/// A run of byte compaction. After 901 the number of bytes is no multiple of six, so at least one
/// word stands for itself.
bool take_bytes(Words words, bool sixes, Bytes& out) {
  if (words.empty()) return true;
  if (sixes && words.size() % kGroupWords != 0) return false;
  const std::size_t groups = sixes ? words.size() / kGroupWords : (words.size() - 1) / kGroupWords;
  for (std::size_t i = 0; i < groups; ++i)
    if (!take_group(words.subspan(i * kGroupWords, kGroupWords), out)) return false;
  for (const std::uint16_t word : words.subspan(groups * kGroupWords)) {
    if (word > 255) return false;
    out.push_back(static_cast<std::uint8_t>(word));
  }
  return true;
}

/// Up to fifteen words as the digits of one number behind a 1.
bool take_number(Words words, Bytes& out) {
  std::array<std::uint8_t, kNumberDigits> digits{};  // the lowest first
  for (const std::uint16_t word : words) {
    unsigned carry = word;
    for (std::uint8_t& digit : digits) {
      carry += digit * 900u;
      digit = static_cast<std::uint8_t>(carry % 10);
      carry /= 10;
    }
  }
  const auto first = std::find_if(digits.rbegin(), digits.rend(), [](auto d) { return d != 0; });
  if (first == digits.rend() || *first != 1) return false;
  for (auto digit = first + 1; digit != digits.rend(); ++digit)
    out.push_back(static_cast<std::uint8_t>('0' + *digit));
  return true;
}

bool take_numbers(Words words, Bytes& out) {
  for (std::size_t at = 0; at < words.size(); at += kNumberWords)
    if (!take_number(words.subspan(at, std::min(kNumberWords, words.size() - at)), out))
      return false;
  return true;
}

void take_text(Words words, TextReader& reader, Bytes& out) {
  for (const std::uint16_t word : words) {
    reader.take(word / 30, out);
    reader.take(word % 30, out);
  }
}

class ContentReader {
 public:
  explicit ContentReader(Words words) : words_(words) {}

  std::optional<Bytes> read() {
    while (at_ < words_.size()) {
      const bool more = words_[at_] < kFirstFunction ? take_run() : take_function();
      if (!more) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  bool take_run() {
    const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto end = std::find_if(begin, words_.end(), [](auto w) { return w >= kFirstFunction; });
    const Words run(begin, end);
    at_ += run.size();
    const bool cut = at_ < words_.size() && is_charset(words_[at_]);
    switch (mode_) {
      case kBytes:
        // Where a charset escape cuts a run, its last five words may be a group or not.
        return !(cut && run.size() % kGroupWords == 0) && take_bytes(run, false, out_);
      case kSixBytes:
        return take_bytes(run, true, out_);
      case kNumbers:
        return take_numbers(run, out_);
      default:
        take_text(run, text_, out_);
        return true;
    }
  }

  bool take_function() {
    const std::uint16_t word = words_[at_++];
    switch (word) {
      case kText:
        text_.latch_alpha();
        mode_ = word;
        return true;
      case kBytes:
      case kSixBytes:
      case kNumbers:
        mode_ = word;
        return true;
      case kOneByte:
        if (mode_ != kText || at_ >= words_.size() || words_[at_] > 255) return false;
        text_.byte_between();
        out_.push_back(static_cast<std::uint8_t>(words_[at_++]));
        return true;
      case kUserCharset:
      case kCharset:
        return skip(1);
      case kGeneralCharset:
        return skip(2);
      case kMacroBlock:
      case kMacroTerminator:
        at_ = words_.size();
        return true;
      default:
        return false;
    }
  }

  static bool is_charset(std::uint16_t word) { return word >= kUserCharset && word <= kCharset; }

  bool skip(std::size_t count) {
    if (words_.size() - at_ < count) return false;
    at_ += count;
    return true;
  }

  Words words_;
  std::size_t at_ = 0;
  std::uint16_t mode_ = kText;
  TextReader text_;
  Bytes out_;
};

}  // namespace

std::optional<Bytes> content_of(std::span<const std::uint16_t> words) {
  return ContentReader(words).read();
}

}  // namespace backstamp::vision::stacked
