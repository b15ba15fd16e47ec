// Cleansing addresses: the same recipient is the same bytes.
#include "datacenter/functions/address.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

namespace backstamp::datacenter {

namespace {

using Lines = std::vector<std::string>;

std::string cleansed(const Lines& lines, const std::string& routing = "") {
  const auto address = cleanse_address(lines, routing);
  if (!address) FAIL(address.error().message);
  return *address;
}

Lines lines_of(const std::string& text) {
  Lines lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("The same recipient written down differently is cleansed to the same bytes") {
  const std::string expected = "ADA BYRON\n12 N HIGH ST APT 4\nSPRINGFIELD IL\n62704012301";
  CHECK(cleansed({"Ada Byron", "12 North High Street, Apartment 4", "Springfield IL 62704-0123"},
                 "62704012301") == expected);
  CHECK(cleansed({"  ADA   BYRON ", "12 N. High St., Apt. 4", "", "springfield, IL  62704"},
                 "62704012301") == expected);
}

TEST_CASE("Accents go, other scripts stay") {
  CHECK(cleansed({"Jürgen Straße", "Œuvre Łódź", "Ångström Ñandú"}) ==
        "JURGEN STRASSE\nOEUVRE LODZ\nANGSTROM NANDU");
  CHECK(cleansed({"東京都 千代田区"}) == "東京都 千代田区");
}

TEST_CASE("Marks within a word stay, marks around it go") {
  CHECK(cleansed({"O'Brien & Sons, Inc.", "12-14 Elm / #3 -"}) == "OBRIEN SONS INC\n12-14 ELM #3");
}

TEST_CASE("Only the ZIP that the routing repeats is left out of a line") {
  CHECK(cleansed({"Box 10010", "New York 10010"}, "10010") == "BOX\nNEW YORK\n10010");
  CHECK(cleansed({"New York 10011"}, "10010") == "NEW YORK 10011\n10010");
  CHECK(cleansed({"New York 10010"}) == "NEW YORK 10010");
}

TEST_CASE("Different recipients stay different") {
  CHECK(cleansed({"1 A St"}, "10010") != cleansed({"1 B St"}, "10010"));
  CHECK(cleansed({"1 A St"}, "10010") != cleansed({"1 A St"}, "10011"));
  CHECK(cleansed({"AB", "C"}) != cleansed({"A", "BC"}));
}

TEST_CASE("What is no address is refused with its line") {
  const auto refused = [](const Lines& lines, const std::string& routing = "") {
    const auto address = cleanse_address(lines, routing);
    REQUIRE(!address);
    return address.error();
  };
  CHECK(refused({}).kind == ErrorKind::invalid);
  CHECK(refused({" ", "&"}).message == "the address has no words");
  CHECK(refused({"A", "B\x01"}).message.starts_with("line 2"));
  CHECK(refused({"A\xFF"}).message.find("UTF-8") != std::string::npos);
  CHECK(refused({"A\xC2\x85"}).kind == ErrorKind::invalid);
  CHECK(refused({"A"}, "1234").kind == ErrorKind::invalid);
  CHECK(refused({"A"}, "1234x").kind == ErrorKind::invalid);
  CHECK(refused(Lines(kAddressLines + 1, "A")).kind == ErrorKind::limit);
  CHECK(refused({std::string(kAddressLineBytes + 1, 'A')}).kind == ErrorKind::limit);
}

TEST_CASE("Cleansing what is cleansed changes nothing, whatever the words are") {
  std::mt19937_64 random(7);
  const std::vector<std::string> words{"North", "Saint", "Ünter", "12-3", "Road", "#7",   "-",
                                       "10010", "ß",     "東",    "O'B",  "A.B.", "a/b/", "Ĳ"};
  for (int round = 0; round < 3000; ++round) {
    Lines lines{"X"};
    for (std::uint64_t i = random() % 4; i > 0; --i) {
      std::string line;
      for (std::uint64_t w = 1 + random() % 5; w > 0; --w)
        line += words[random() % words.size()] + " ";
      lines.push_back(line);
    }
    const std::string routing = random() % 2 ? "10010" : "10010123456";
    const std::string once = cleansed(lines, routing);
    REQUIRE(cleansed(lines_of(once), routing) == once);
  }
}

}  // namespace backstamp::datacenter
