#include "datasets/mail/content.h"

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "postal/australia_post.h"
#include "postal/codes.h"

namespace backstamp::datasets {
namespace {

using meter::SymbolPlan;
using postal::Symbology;

std::string digits(Random& random, int count) {
  std::string text;
  for (; count > 0; --count) text += static_cast<char>('0' + random.below(10));
  return text;
}

std::string one_of(Random& random, std::string_view letters) {
  return std::string(1, letters[random.below(static_cast<std::uint32_t>(letters.size()))]);
}

/// One after the other. What is made by chance is made in this order, too: a list in braces is
/// evaluated from left to right, the operands of + are not.
std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kPostcodeLetters = "ABDEFGHJLNPQRSTUWXYZ";  // of the inward part
constexpr std::string_view kDutchLetters = "ABCDEGHJKLMNPRSTVWXZ";

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Bytes noise(Random& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return bytes;
}

SymbolPlan plan_of(Symbology symbology, Bytes content) {
  SymbolPlan plan;
  plan.symbology = symbology;
  plan.content = std::move(content);
  return plan;
}

SymbolPlan plan_of(Symbology symbology, std::string_view text) {
  return plan_of(symbology, bytes_of(text));
}

void put(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> 8 * (size - 1 - i));
  }
}

/// A postcode with delivery point suffix in the nine places of a Mailmark.
std::string mailmark_destination(Random& random) {
  const std::string inward =
      joined({digits(random, 1), one_of(random, kPostcodeLetters), one_of(random, kPostcodeLetters),
              digits(random, 1), one_of(random, kPostcodeLetters)});
  std::string outward = one_of(random, kLetters);
  switch (random.integer(0, 3)) {
    case 0:
      outward += digits(random, 1);
      break;
    case 1:
      outward += digits(random, 2);
      break;
    case 2:
      outward += joined({one_of(random, kLetters), digits(random, 1)});
      break;
    default:
      outward += joined({one_of(random, kLetters), digits(random, 2)});
  }
  std::string all = outward + inward;
  all.resize(9, ' ');
  return all;
}

/// Royal Mail 2D Mailmark: 45 fixed characters, then the customer's.
SymbolPlan mailmark_2d(Random& random) {
  const int kind = random.integer(0, 2);
  std::string text = "JGB ";
  text += kind == 0 ? '7' : '9';
  text += joined({"1", digits(random, 1), digits(random, 7), digits(random, 8),
                  mailmark_destination(random), std::to_string(random.integer(0, 6)),
                  std::string(13, ' ')});
  text += digits(random, kind == 0 ? 6 : kind == 1 ? 20 : 16);
  SymbolPlan plan = plan_of(Symbology::data_matrix, text);
  plan.rows = kind == 0 ? 0 : kind == 1 ? 32 : 16;
  plan.columns = kind == 0 ? 0 : kind == 1 ? 32 : 48;
  return plan;
}

/// Deutsche Post: DV-Freimachung of 42 bytes, or a stamp in a rectangle.
SymbolPlan matrixcode(Random& random) {
  Bytes bytes = noise(random, 42);
  put(bytes, 0, 0x444541, 3);
  const bool stamp = random.chance(0.5);
  bytes[3] = stamp ? 0x35 : 0x12;
  if (stamp) {
    SymbolPlan plan = plan_of(Symbology::data_matrix, Bytes(bytes.begin(), bytes.begin() + 40));
    plan.rows = 16;
    plan.columns = 48;
    return plan;
  }
  put(bytes, 10, static_cast<std::uint64_t>(random.integer(70, 400)), 2);
  put(bytes, 12, static_cast<std::uint64_t>(random.integer(1, 365) * 100 + 26), 2);
  return plan_of(Symbology::data_matrix, std::move(bytes));
}

/// USPS IBI Lite (20 bytes) or IBI (89 bytes), only their framing.
Bytes ibi(Random& random, bool lite) {
  Bytes bytes = noise(random, lite ? 20 : 89);
  bytes[0] = lite ? 0xFF : 0x01;
  if (!lite) bytes[1] = static_cast<std::uint8_t>(random.integer(1, 3));
  return bytes;
}

SymbolPlan token_like(Random& random, Symbology symbology) {
  return plan_of(symbology, noise(random, static_cast<std::size_t>(random.integer(40, 142))));
}

SymbolPlan invent_data_matrix(Random& random) {
  const int kind = random.integer(0, 99);
  if (kind < 22) return mailmark_2d(random);
  if (kind < 40) return matrixcode(random);
  if (kind < 50) return plan_of(Symbology::data_matrix, ibi(random, true));
  if (kind < 65) return plan_of(Symbology::data_matrix, ibi(random, false));
  if (kind < 72) {  // a rectangle of the extension
    SymbolPlan plan = plan_of(Symbology::data_matrix, noise(random, 40));
    constexpr std::array<std::array<int, 2>, 4> kSizes = {{{20, 64}, {24, 48}, {26, 40}, {26, 64}}};
    const auto& size = random.pick(kSizes);
    plan.rows = size[0];
    plan.columns = size[1];
    return plan;
  }
  return token_like(random, Symbology::data_matrix);
}

std::string s10(Random& random) {
  const std::string serial = digits(random, 8);
  constexpr std::array<const char*, 4> kCountries = {"GB", "DE", "NL", "US"};
  constexpr std::array<const char*, 4> kServices = {"RA", "RR", "CP", "EE"};
  return joined({random.pick(kServices), serial, std::string(1, postal::S10::check_digit(serial)),
                 random.pick(kCountries)});
}

char mod10_3(std::string_view number) {
  int sum = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    sum += (number[number.size() - 1 - i] - '0') * (i % 2 == 0 ? 3 : 1);
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

SymbolPlan invent_code128(Random& random, bool flat) {
  SymbolPlan plan;
  const int kind = flat ? random.integer(0, 3) : random.integer(1, 5);
  if (kind <= 1) {  // IMpb, with or without ZIP
    const std::string mailer = "9" + digits(random, 8);
    std::string pic = joined({"92", digits(random, 3), mailer, digits(random, 7)});
    pic += mod10_3(pic);
    const std::string zip = random.chance(0.5) ? "420" + digits(random, 5) + '\x1D' : "";
    plan = plan_of(Symbology::code128, zip + pic);
    plan.gs1 = true;
  } else if (kind == 2) {  // a serial shipping container code
    std::string sscc = digits(random, 17);
    sscc += mod10_3(sscc);
    plan = plan_of(Symbology::code128, "00" + sscc);
    plan.gs1 = true;
  } else if (kind == 3) {
    plan = plan_of(Symbology::code128, digits(random, 20));
  } else {
    plan = plan_of(Symbology::code128, s10(random));
  }
  return plan;
}

SymbolPlan invent_itf(Random& random) {
  std::string number = digits(random, random.chance(0.5) ? 13 : 11);
  int sum = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    sum += (number[number.size() - 1 - i] - '0') * (i % 2 == 0 ? 4 : 9);
  }
  number += static_cast<char>('0' + (10 - sum % 10) % 10);
  return plan_of(Symbology::itf, number);
}

SymbolPlan invent_imb(Random& random) {
  constexpr std::array<int, 4> kRouting = {0, 5, 9, 11};
  const int routing = random.chance(0.7) ? 11 : random.pick(kRouting);
  const bool nine = random.chance(0.5);
  const std::string mailer =
      nine ? "9" + digits(random, 8)
           : joined({std::to_string(random.integer(0, 8)), digits(random, 5)});
  return plan_of(Symbology::imb,
                 joined({digits(random, 1), std::to_string(random.integer(0, 4)), digits(random, 3),
                         mailer, digits(random, nine ? 6 : 9), digits(random, routing)}));
}

SymbolPlan invent_mailmark(Random& random) {
  const bool wide = random.chance(0.5);  // L, else C
  return plan_of(Symbology::mailmark,
                 joined({std::to_string(random.integer(0, 4)), std::to_string(random.integer(1, 4)),
                         one_of(random, "0123456789ABCDE"), digits(random, wide ? 6 : 2),
                         digits(random, 8), mailmark_destination(random)}));
}

SymbolPlan invent_rm4scc(Random& random) {
  std::string text = mailmark_destination(random);
  while (text.back() == ' ') text.pop_back();
  return plan_of(Symbology::rm4scc, text);
}

SymbolPlan invent_kix(Random& random) {
  std::string text = joined({std::to_string(random.integer(1, 9)), digits(random, 3),
                             one_of(random, kDutchLetters), one_of(random, kDutchLetters),
                             std::to_string(random.integer(1, 999))});
  if (random.chance(0.4)) text += "X" + one_of(random, kLetters);
  return plan_of(Symbology::kix, text);
}

SymbolPlan invent_australia_post(Random& random) {
  const int kind = random.integer(0, 3);
  std::string text = kind < 2 ? "11" : kind == 2 ? "59" : "62";
  text += digits(random, 8);
  for (int i = kind < 2 ? 0 : kind == 2 ? 5 : 10; i > 0; --i) text += one_of(random, kLetters);
  // Some bars spell letters and digits alike; then they are digits to whoever reads them.
  if (const auto code = postal::AustraliaPost::parse(text)) {
    const auto read = postal::decode_australia_post(postal::encode_australia_post(*code));
    if (read) text = read->text();
  }
  return plan_of(Symbology::australia_post, text);
}

SymbolPlan invent_japan_post(Random& random) {
  return plan_of(
      Symbology::japan_post,
      joined({digits(random, 7), std::to_string(random.integer(1, 9)), "-",
              std::to_string(random.integer(1, 30)), "-", std::to_string(random.integer(1, 400))}));
}

SymbolPlan invent_bars_of_two_heights(Random& random, bool planet) {
  constexpr std::array<int, 3> kPostnet = {5, 9, 11};
  return planet ? plan_of(Symbology::planet, digits(random, random.chance(0.5) ? 11 : 13))
                : plan_of(Symbology::postnet, digits(random, random.pick(kPostnet)));
}

}  // namespace

SymbolPlan invent_indicium(Random& random) {
  const int kind = random.integer(0, 99);
  if (kind < 50) return invent_data_matrix(random);
  if (kind < 67) {
    if (random.chance(0.4)) {
      return plan_of(Symbology::qr_code,
                     joined({"https://post.example/t/", digits(random, 9), s10(random)}));
    }
    return token_like(random, Symbology::qr_code);
  }
  if (kind < 82) return token_like(random, Symbology::aztec);
  if (random.chance(0.5)) return plan_of(Symbology::pdf417, ibi(random, false));
  return token_like(random, Symbology::pdf417);
}

SymbolPlan invent_identification(Random& random, bool flat) {
  if (flat && random.chance(0.5)) return invent_code128(random, true);
  const int kind = random.integer(0, 99);
  if (kind < 36) return invent_imb(random);
  if (kind < 52) return invent_mailmark(random);
  if (kind < 61) return invent_rm4scc(random);
  if (kind < 68) return invent_kix(random);
  if (kind < 74) return invent_australia_post(random);
  if (kind < 78) return invent_japan_post(random);
  if (kind < 81) return invent_bars_of_two_heights(random, false);
  if (kind < 83) return invent_bars_of_two_heights(random, true);
  if (kind < 87) return invent_itf(random);
  return invent_code128(random, false);
}

}  // namespace backstamp::datasets
