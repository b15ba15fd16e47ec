// Random contents of 4-state codes, the same for the same generator state.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "postal/australia_post.h"
#include "postal/japan_post.h"
#include "postal/kix.h"
#include "postal/mailmark.h"
#include "postal/postnet.h"
#include "postal/rm4scc_tables.h"
#include "postal/uk_postcode.h"
#include "tests/unit/postal/random_codes.h"

namespace backstamp::postal {

inline char any_of(std::mt19937_64& random, std::string_view set) {
  return set[random() % set.size()];
}

/// A UK postcode with its delivery point suffix.
inline std::string random_uk_destination(std::mt19937_64& random) {
  std::string text;
  for (const char letter : kUkPostcodeForms[random() % kUkPostcodeForms.size()])
    text += any_of(random, uk_postcode_set(letter));
  return text;
}

inline Mailmark random_mailmark(std::mt19937_64& random) {
  Mailmark code;
  code.format = any_of(random, "01234");
  code.version = any_of(random, "1234");
  code.mail_class = any_of(random, "0123456789ABCDE");
  code.supply_chain = random_digits(random, random() % 2 == 0 ? 2 : 6);
  code.item = random_digits(random, 8);
  code.destination = random() % 20 == 0 ? "XY11" : random_uk_destination(random);
  return code;
}

inline std::string random_characters(std::mt19937_64& random, std::size_t count) {
  std::string text;
  while (text.size() < count) text += any_of(random, kRm4sccCharacters);
  return text;
}

inline Kix random_kix(std::mt19937_64& random) {
  Kix kix;
  const std::string number = random_digits(random, 1 + random() % 5);
  kix.postcode = any_of(random, kix_set('P')) + random_digits(random, 3) +
                 any_of(random, kix_set('A')) + any_of(random, kix_set('A'));
  kix.number = any_of(random, kix_set('P')) + number.substr(1);
  kix.addition = random() % 2 == 0 ? "" : random_characters(random, 1 + random() % 6);
  return kix;
}

inline AustraliaPost random_australia_post(std::mt19937_64& random) {
  constexpr std::string_view kAny =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz #";
  AustraliaPost code{"11", random_digits(random, 8), ""};
  const auto formats = australia_post_formats(kAustraliaPostBars[random() % 3]);
  code.format = formats[random() % formats.size()];
  if (code.format != "59" && code.format != "62") return code;
  const bool longer = code.format == "62";
  if (random() % 2 == 0) {
    code.customer = random_digits(random, longer ? 15 : 8);
  } else {
    // Small letters have bars that no digit has.
    while (code.customer.size() < (longer ? 9 : 4)) code.customer += any_of(random, kAny);
    code.customer += any_of(random, "cdefgh");
  }
  return code;
}

inline std::string random_japan_post(std::mt19937_64& random) {
  std::string text = random_digits(random, 7);
  const std::size_t size = random() % 14;
  while (parse_japan_post(text + "0") && text.size() < 7 + size) {
    const std::string longer = text + any_of(random, "0123456789-0123456789-ABCKLMTUVXYZ");
    if (parse_japan_post(longer)) text = longer;
  }
  return text;
}

inline std::string random_postnet(TallBars kind, std::mt19937_64& random) {
  constexpr std::size_t kDigits[]{5, 9, 11, 11, 13};
  return random_digits(random,
                       kDigits[kind == TallBars::two_of_five ? random() % 3 : 3 + random() % 2]);
}

}  // namespace backstamp::postal
