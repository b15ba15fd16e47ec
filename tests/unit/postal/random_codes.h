// Random identification codes, the same for the same generator state.
#pragma once

#include <random>
#include <string>

#include "postal/codes.h"

namespace backstamp::postal {

inline std::string random_digits(std::mt19937_64& random, std::size_t count) {
  std::string digits(count, '0');
  for (char& digit : digits) digit = static_cast<char>('0' + random() % 10);
  return digits;
}

inline Imb random_imb(std::mt19937_64& random) {
  constexpr std::size_t kRoutingDigits[]{0, 5, 9, 11};
  std::string digits = random_digits(random, 20 + kRoutingDigits[random() % 4]);
  digits[1] = static_cast<char>('0' + random() % 5);
  return Imb::parse(digits).value();
}

inline S10 random_s10(std::mt19937_64& random) {
  constexpr std::string_view kFirst = "ABCDEGHLMNPQRUVZ";
  const auto letter = [&] { return static_cast<char>('A' + random() % 26); };
  return {
      {kFirst[random() % kFirst.size()], letter()}, random_digits(random, 8), {letter(), letter()}};
}

inline Impb random_impb(std::mt19937_64& random) {
  constexpr std::size_t kZipDigits[]{0, 5, 9};
  const std::string channel = std::to_string(91 + random() % 5);
  const std::size_t size = channel == "91" && random() % 2 == 0 ? 20 : random() % 2 == 0 ? 22 : 26;
  std::string pic = channel + random_digits(random, size - 3);
  pic += gs1_check_digit(pic);
  const std::string zip = random_digits(random, kZipDigits[random() % 3]);
  return Impb::parse(zip.empty() ? pic : "420" + zip + "\x1D" + pic).value();
}

inline MeterSerial random_meter_serial(std::mt19937_64& random) {
  return {static_cast<std::uint32_t>(1 + random() % 99'999'999),
          std::chrono::sys_seconds(std::chrono::seconds(random() % 4'000'000'000))};
}

inline MailpieceCode random_code(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return random_imb(random);
    case 1:
      return random_s10(random);
    case 2:
      return random_impb(random);
    default:
      return random_meter_serial(random);
  }
}

}  // namespace backstamp::postal
