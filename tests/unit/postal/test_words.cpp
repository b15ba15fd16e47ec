// Money, verdicts, symbologies and names.
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "postal/event.h"
#include "postal/money.h"
#include "postal/symbology.h"
#include "postal/verdict.h"

using namespace backstamp;
using namespace backstamp::postal;

TEST_CASE("Money is written with three decimals and read back") {
  CHECK(Money{406}.to_string() == "0.406");
  CHECK(Money{12'000}.to_string() == "12.000");
  CHECK(Money{-50}.to_string() == "-0.050");
  CHECK(Money{std::numeric_limits<std::int64_t>::min()}.to_string() == "-9223372036854775.808");
  CHECK(Money::parse("0.406").value() == Money{406});
  CHECK(Money::parse("12").value() == Money{12'000});
  CHECK(Money::parse("12.5").value() == Money{12'500});
  CHECK(Money::parse("9223372036854775.807").value().mills ==
        std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("Text that is not an amount of money is refused") {
  for (const char* text : {"", ".", "1.", ".5", "-1", "+1", "1.2345", "1,5", " 1", "1 ", "0x1",
                           "1e3", "9223372036854775.808", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(Money::parse(text).has_value());
  }
}

TEST_CASE("A sum of money that overflows is an error") {
  const Money most{std::numeric_limits<std::int64_t>::max()};
  CHECK(Money{1}.plus({2}).value() == Money{3});
  CHECK(most.plus({1}).error().kind == ErrorKind::limit);
}

TEST_CASE("Verdicts, decisions, reasons and causes are named and parsed back") {
  for (int i = 0; i < 8; ++i) {
    const auto value = static_cast<Verdict>(i);
    CHECK(parse_verdict(to_string(value)).value() == value);
  }
  for (int i = 0; i < 2; ++i) {
    const auto value = static_cast<Decision>(i);
    CHECK(parse_decision(to_string(value)).value() == value);
  }
  for (int i = 0; i < 16; ++i) {
    const auto value = static_cast<Reason>(i);
    CHECK(parse_reason(to_string(value)).value() == value);
  }
  for (int i = 0; i < 10; ++i) {
    const auto value = static_cast<NoReadCause>(i);
    CHECK(parse_no_read_cause(to_string(value)).value() == value);
  }
  CHECK(to_string(Verdict::unsigned_) == "unsigned");
  CHECK(to_string(Verdict::unverified) == "unverified");
  CHECK(to_string(Reason::short_paid) == "short_paid");
  CHECK(to_string(NoReadCause::camera_lost) == "camera_lost");
  CHECK(to_string(static_cast<Verdict>(200)) == "unknown");
  CHECK_FALSE(parse_verdict("unknown").has_value());
  CHECK_FALSE(parse_reason("Forged").has_value());
}

TEST_CASE("Symbologies are named, and parsed whatever the case and hyphens") {
  for (int i = 0; i < 6; ++i) {
    const auto value = static_cast<Symbology>(i);
    CHECK(parse_symbology(to_string(value)).value() == value);
  }
  CHECK(parse_symbology("data-matrix").value() == Symbology::data_matrix);
  CHECK(parse_symbology("QR_CODE").value() == Symbology::qr_code);
  CHECK(parse_symbology("code-128").value() == Symbology::code128);
  CHECK(parse_symbology("ean13").error().message.find("DataMatrix") != std::string::npos);
}

TEST_CASE("A station's name is letters, digits, points, underscores and hyphens") {
  CHECK(valid_station_name("lane-1"));
  CHECK(valid_station_name("A"));
  CHECK(valid_station_name(std::string(64, 'x')));
  for (const char* name : {"", "-x", ".x", "a b", "a/b", "ä", "a\n"}) {
    CAPTURE(name);
    CHECK_FALSE(valid_station_name(name));
  }
  CHECK_FALSE(valid_station_name(std::string(65, 'x')));
}

TEST_CASE("The roles of stations are named and parsed back") {
  for (const auto role : {StationRole::induction, StationRole::pass, StationRole::delivery}) {
    CHECK(parse_station_role(to_string(role)).value() == role);
  }
  CHECK_FALSE(parse_station_role("Pass").has_value());
  CHECK(to_string(static_cast<StationRole>(3)) == "unknown");
}
