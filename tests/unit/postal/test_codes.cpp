#include <catch2/catch_test_macros.hpp>

#include "postal/codes.h"
#include "postal/symbology.h"
#include "tests/unit/postal/random_codes.h"

using namespace backstamp;
using namespace backstamp::postal;

TEST_CASE("The mailer of an IMb has nine digits exactly when its first is nine") {
  const Imb six = Imb::parse("00270899999000000001").value();
  CHECK(six.barcode_identifier == "00");
  CHECK(six.service_type == "270");
  CHECK(six.mailer_id == "899999");
  CHECK(six.serial_number == "000000001");
  const Imb nine = Imb::parse("0027090000000000000112345").value();
  CHECK(nine.mailer_id == "900000000");
  CHECK(nine.serial_number == "000001");
  CHECK(nine.routing == "12345");
}

TEST_CASE("Digits that are not an IMb are refused") {
  for (const char* text :
       {"", "0", "0123456709498765432", "012345670949876543210", "05234567094987654321",
        "0123456709498765432a", "01234567094987654321-1234", "01234567094987654321012345678912"}) {
    CAPTURE(text);
    CHECK_FALSE(Imb::parse(text).has_value());
  }
}

TEST_CASE("The check digit of S10 follows its rule, with 10 as 0 and 11 as 5") {
  CHECK(S10::check_digit("47312482") == '9');
  CHECK(S10::check_digit("00000000") == '5');
  const S10 item = S10::parse("RR473124829GB").value();
  CHECK(item.service == "RR");
  CHECK(item.serial == "47312482");
  CHECK(item.country == "GB");
  CHECK(item.to_string() == "RR473124829GB");
}

TEST_CASE("Text that is not S10 is refused") {
  for (const char* text :
       {"RR473124820GB", "JR473124829GB", "TR473124829GB", "rr473124829gb", "RR473124829G",
        "RR473124829GBB", "R1473124829GB", "RR47312482XGB", ""}) {
    CAPTURE(text);
    CHECK_FALSE(S10::parse(text).has_value());
  }
}

TEST_CASE("An IMpb is split by its channel, with and without separators") {
  CHECK(gs1_check_digit("629104150021") == '3');  // GS1 General Specifications, section 7.9
  const std::string body =
      "92"
      "612"
      "999998123"
      "4567890";
  const std::string pic = body + gs1_check_digit(body);
  const Impb alone = Impb::parse(pic).value();
  CHECK(alone.zip.empty());
  CHECK(alone.channel == "92");
  CHECK(alone.service == "612");
  CHECK(alone.mailer == "999998123");
  CHECK(alone.serial == "4567890");
  CHECK(alone.pic() == pic);
  for (const std::string zip : {"20260", "202600001"}) {
    const Impb code = Impb::parse("]C1420" + zip + "\x1D" + pic).value();
    CHECK(code.zip == zip);
    CHECK(code.pic() == pic);
    CHECK(code.element_string() == "420" + zip + "\x1D" + pic);
    CHECK(Impb::parse("\x1D" + code.element_string()).value() == code);
    CHECK(Impb::parse("420" + zip + pic).value() == code);
  }
}

TEST_CASE("An IMpb whose parts cannot be told apart without a separator is refused") {
  // 34 digits after 420 and both a 26-digit and a 22-digit package code at their ends.
  std::mt19937_64 random(6);
  bool found = false;
  for (int i = 0; i < 10'000 && !found; ++i) {
    std::string body = "92" + random_digits(random, 2) + "92" + random_digits(random, 19);
    const std::string pic = body + gs1_check_digit(body);
    const std::string inner = pic.substr(4);
    if (gs1_check_digit(inner.substr(0, 21)) != inner.back()) continue;
    found = true;
    CHECK(Impb::parse("42020260\x1D" + pic).has_value());
    CHECK_FALSE(Impb::parse("42020260" + pic).has_value());
  }
  CHECK(found);
}

TEST_CASE("Text that is not an IMpb is refused") {
  const std::string body = "9261299999812345678901";
  const std::string pic = body.substr(0, 21) + gs1_check_digit(body.substr(0, 21));
  REQUIRE(Impb::parse(pic).has_value());
  for (std::size_t i = 0; i < pic.size(); ++i) {
    std::string changed = pic;
    changed[i] = changed[i] == '9' ? '0' : static_cast<char>(changed[i] + 1);
    CAPTURE(changed);
    CHECK_FALSE(Impb::parse(changed).has_value());
  }
  for (const std::string& text :
       {std::string(), std::string("420"), std::string("42020260"), "4202026\x1D" + pic,
        "42020260\x1D\x1D" + pic, pic + "\x1D", pic + " ", "421" + pic}) {
    CAPTURE(text);
    CHECK_FALSE(Impb::parse(text).has_value());
  }
}

TEST_CASE("The meter's form holds serial number, date and time") {
  using namespace std::chrono;
  const MeterSerial code{42, sys_days(year(2026) / 11 / 22) + 19h + 45min + 48s};
  const std::string text = code.to_string();
  CHECK(text.size() == 24);
  CHECK(text.starts_with("M0000004220261122194548"));
  CHECK(MeterSerial::parse(text).value() == code);
}

TEST_CASE("A meter's form with an impossible day, time or serial number is refused") {
  for (const std::string digits :
       {"0000004220261322194548", "0000004220260230194548", "0000004220261122244548",
        "0000004220261122196048", "0000004220261122194560", "0000000020261122194548",
        "0000004219691231235959", "0000004200000101000000"}) {
    CAPTURE(digits);
    CHECK_FALSE(MeterSerial::parse("M" + digits + gs1_check_digit(digits)).has_value());
  }
}

TEST_CASE("Canonical text and codes are inverses") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    const MailpieceCode code = random_code(random);
    const std::string text = canonical(code);
    const auto parsed = parse_canonical(text);
    REQUIRE(parsed.has_value());
    REQUIRE(canonical(*parsed) == text);
    if (!std::holds_alternative<Impb>(code)) REQUIRE(*parsed == code);
  }
  CHECK(canonical(S10::parse("RR473124829GB").value()) == "s10:RR473124829GB");
  for (const char* text : {"", "imb", "imb:", "s10", "S10:RR473124829GB", "x:1", "impb:42020260",
                           "imb:01234567094987654321 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_canonical(text).has_value());
  }
}

TEST_CASE("A symbol's content is identified as the code it is") {
  std::mt19937_64 random(8);
  for (int i = 0; i < 2'000; ++i) {
    const Imb imb = random_imb(random);
    CHECK(identify(Symbology::imb, as_bytes(imb.digits())) == MailpieceCode(imb));
    const S10 s10 = random_s10(random);
    CHECK(identify(Symbology::code128, as_bytes(s10.to_string())) == MailpieceCode(s10));
    const Impb impb = random_impb(random);
    CHECK(identify(Symbology::code128, as_bytes(impb.element_string())) == MailpieceCode(impb));
    const MeterSerial serial = random_meter_serial(random);
    CHECK(identify(Symbology::data_matrix, as_bytes(serial.to_string())) == MailpieceCode(serial));
  }
  CHECK_FALSE(identify(Symbology::qr_code, as_bytes("https://example.org")).has_value());
  CHECK_FALSE(identify(Symbology::qr_code, {}).has_value());
  CHECK_FALSE(identify(Symbology::code128, Bytes(4096, '9')).has_value());
}
