// GS1, KIX, Australia and Japan; and what the grammar promises of any content.
#include "postal/keys.h"
#include "tests/unit/postal/key_fixtures.h"
#include "tests/unit/postal/payload_checks.h"
#include "tests/unit/postal/random_codes.h"

using namespace backstamp;
using namespace backstamp::postal;

using Fields = std::map<std::string, std::string>;

namespace {

std::string with_check(const std::string& digits) {
  return digits + gs1_check_digit(digits);
}

const std::string kSscc = with_check("34006730000000001");
const std::string kGtin = with_check("0952123456789");

}  // namespace

TEST_CASE("GS1 elements stand by their identifiers, each check digit verified") {
  const std::string text = "]C100" + kSscc + "02" + kGtin + "3712" + "\x1D" + "10ABC-1";
  const auto parsed = parse_text_payload(Symbology::code128, text);
  CHECK(fields_by_name(parsed) == Fields{{"kind", "GS1"},
                                         {"status", "checked"},
                                         {"00", kSscc},
                                         {"02", kGtin},
                                         {"37", "12"},
                                         {"10", "ABC-1"}});
  const auto printed = print_payload(parsed->payload);
  CHECK(as_text(*printed) == "\x1D" + text.substr(3));
}

TEST_CASE("The check digits of SSCC, GTIN and GLN must agree") {
  for (const std::string& sound :
       {"00" + kSscc, "01" + kGtin, "410" + with_check("952123456789"),
        "417" + with_check("952123456789"), "253" + with_check("952123456789") + "X7",
        "8003"
        "0" +
            with_check("952123456789") + "A1"}) {
    CAPTURE(sound);
    const auto parsed = parse_text_payload(Symbology::data_matrix, "]d2" + sound);
    REQUIRE(parsed);
    CHECK(parsed->status == PayloadStatus::checked);
    for (std::size_t at = 4; at < 15; ++at) {
      std::string broken = sound;
      broken[at] = broken[at] == '9' ? '8' : static_cast<char>(broken[at] + 1);
      CHECK(is_malformed(parse_text_payload(Symbology::data_matrix, "]d2" + broken), "GS1"));
    }
  }
}

TEST_CASE("GS1 elements without a check digit are unverified") {
  const auto parsed = parse_text_payload(Symbology::code128,
                                         "\x1D"
                                         "421276X9A");
  REQUIRE(parsed);
  CHECK(parsed->kind == "GS1");
  CHECK(parsed->status == PayloadStatus::unverified);
}

TEST_CASE("GS1 that breaks a rule of its identifier is malformed") {
  for (const std::string text : {"]C1",
                                 "]C1"
                                 "05123456",
                                 "]C1"
                                 "00123",
                                 "]C1"
                                 "17261301",
                                 "]C1"
                                 "17260230",
                                 "]C1"
                                 "10",
                                 "]C1"
                                 "10ABCDEFGHIJKLMNOPQRSTU",
                                 "]C1"
                                 "37"
                                 "12a",
                                 "]C1"
                                 "10A B",
                                 "]C1"
                                 "10A"
                                 "\x1D",
                                 "]C1"
                                 "10A"
                                 "\x1D"
                                 "10B",
                                 "]C1"
                                 "10A"
                                 "\x1D"
                                 "\x1D"
                                 "21B"}) {
    CAPTURE(text);
    CHECK(is_malformed(parse_text_payload(Symbology::code128, text), "GS1"));
  }
  // The month as a whole, and the same element again.
  CHECK(fields_by_name(parse_text_payload(Symbology::code128,
                                          "]C1"
                                          "17260200"))["17"] == "260200");
  CHECK(fields_by_name(parse_text_payload(Symbology::code128,
                                          "]C1"
                                          "10A\x1D"
                                          "10A"))["10"] == "A");
}

TEST_CASE("Content is taken for GS1 only where FNC1 says so") {
  CHECK_FALSE(parse_text_payload(Symbology::code128, "00" + kSscc));
  CHECK(parse_text_payload(Symbology::code128,
                           "10A\x1D"
                           "01" +
                               kGtin));
  CHECK_FALSE(parse_text_payload(Symbology::code128, "some\x1Dtext"));
}

TEST_CASE("An IMpb behind a mark of GS1 is an IMpb, and its element twice is GS1") {
  const std::string pic = with_check("926129999981234567890");
  for (const char* mark : {"", "]C1", "]d2", "\x1D"}) {
    CAPTURE(mark);
    CHECK(parse_text_payload(Symbology::data_matrix, mark + pic)->kind == "IMpb");
  }
  const std::string twice = "\x1D" + pic + "\x1D" + pic;
  const auto parsed = parse_text_payload(Symbology::data_matrix, twice);
  CHECK(fields_by_name(parsed)["92"] == pic.substr(2));
  CHECK(fields_of(parsed->payload).size() == 1);
  CHECK(prints_back(Symbology::data_matrix, as_bytes(twice)));
}

TEST_CASE("At most 64 GS1 elements are taken") {
  std::string text = "]C1";
  for (int i = 0; i < 64; ++i)
    text += (i == 0 ? "10A"
                    : "\x1D"
                      "10A");
  CHECK(parse_text_payload(Symbology::code128, text)->status == PayloadStatus::unverified);
  CHECK(is_malformed(parse_text_payload(Symbology::code128, text + "\x1D"
                                                                   "10A"),
                     "GS1"));
}

TEST_CASE("S10 is checked, and malformed where only its check digit is wrong") {
  CHECK(fields_by_name(parse_text_payload(Symbology::code128, "RR473124829GB")) ==
        Fields{{"kind", "S10"},
               {"status", "checked"},
               {"service", "RR"},
               {"serial_number", "47312482"},
               {"country", "GB"}});
  CHECK(is_malformed(parse_text_payload(Symbology::code128, "RR473124820GB"), "S10"));
  CHECK_FALSE(parse_text_payload(Symbology::code128, "RR47312482XGB"));
}

TEST_CASE("A KIX is an address in the Netherlands, and never more than unverified") {
  CHECK(fields_by_name(parse_text_payload(Symbology::kix, "1231FZ13XHS")) ==
        Fields{{"kind", "KIX"},
               {"status", "unverified"},
               {"postcode", "1231FZ"},
               {"house_number", "13"},
               {"addition", "HS"}});
  for (const char* text : {"2500GG30250", "1231GF156X2", "2130VA80430", "8876HH2384XF"}) {
    CAPTURE(text);
    CHECK(prints_back(Symbology::kix, as_bytes(text)));
  }
  for (const char* text : {"1231FZ", "0231FZ13", "1231FZ13X", "1231FZ123456", "1231FZ13Y1",
                           "1231F13", "1231FZ13XABCDEFG"}) {
    CAPTURE(text);
    CHECK(is_malformed(parse_text_payload(Symbology::kix, text), "KIX"));
  }
}

TEST_CASE("Australia Post is format, delivery point and what the customer adds") {
  CHECK(fields_by_name(parse_text_payload(Symbology::australia_post, "5956439111ABA 9")) ==
        Fields{{"kind", "Australia Post"},
               {"status", "checked"},
               {"format_control_code", "59"},
               {"format", "customer 2"},
               {"delivery_point", "56439111"},
               {"customer_content", "ABA 9"}});
  CHECK(prints_back(Symbology::australia_post, as_bytes("1196184209")));
  for (const char* text : {"119618420", "1296184209", "11961842O9", "6296184209ABCDEFGHIJK",
                           "62961842091234567890123456", "5996184209A-B"}) {
    CAPTURE(text);
    CHECK(is_malformed(parse_text_payload(Symbology::australia_post, text), "Australia Post"));
  }
}

TEST_CASE("Japan Post is a postcode and an address of 13 code characters") {
  CHECK(fields_by_name(parse_text_payload(Symbology::japan_post, "15400233-16-4-205")) ==
        Fields{{"kind", "Japan Post"},
               {"status", "checked"},
               {"postcode", "1540023"},
               {"address", "3-16-4-205"}});
  CHECK(prints_back(Symbology::japan_post, as_bytes("1540023ABCDEF1")));
  CHECK(prints_back(Symbology::japan_post, as_bytes("1540023")));
  for (const char* text : {"154002", "1540023ABCDEFG", "154002312345678901234", "1540023a"}) {
    CAPTURE(text);
    CHECK(is_malformed(parse_text_payload(Symbology::japan_post, text), "Japan Post"));
  }
}

TEST_CASE("A token's claims are fields whose signature is verified elsewhere") {
  const Bytes minted = mint_token(example_token(), seeded_key(1)).value();
  const auto parsed = parse_payload(Symbology::data_matrix, minted);
  CHECK(fields_by_name(parsed) == Fields{{"kind", "token"},
                                         {"status", "unverified"},
                                         {"issuer", "7"},
                                         {"meter", "42"},
                                         {"counter", "1001"},
                                         {"postage", "0.730"},
                                         {"mailed", "2026-11-22"},
                                         {"service", "270"},
                                         {"code", "imb:0027090000000000100101234567891"}});
  CHECK_FALSE(print_payload(parsed->payload));
  const ByteView torn = ByteView(minted).first(minted.size() - 1);
  CHECK(is_malformed(parse_payload(Symbology::data_matrix, torn), "token"));
}

TEST_CASE("What the codes of mailpieces say is what their payloads say") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 300; ++i) {
    const MailpieceCode code = random_code(random);
    const Payload payload = std::visit([](const auto& c) { return Payload(c); }, code);
    const Bytes content = print_payload(payload).value();
    const std::string text = canonical(code);
    const Symbology symbology = text.starts_with("imb:")        ? Symbology::imb
                                : text.starts_with("mailmark:") ? Symbology::mailmark
                                                                : Symbology::code128;
    const auto parsed = parse_payload(symbology, content);
    REQUIRE(parsed);
    CHECK(parsed->status == PayloadStatus::checked);
    CHECK(parsed->payload == payload);
    CHECK(identify(symbology, content) == code);
  }
}

TEST_CASE("Random bytes are no payload of a post") {
  std::mt19937_64 random(12);
  int lite = 0;
  for (int i = 0; i < 50'000; ++i) {
    Bytes content(1 + random() % 130);
    for (std::uint8_t& byte : content) byte = static_cast<std::uint8_t>(random());
    for (const Symbology symbology : {Symbology::data_matrix, Symbology::pdf417}) {
      const auto parsed = parse_payload(symbology, content);
      if (!parsed) continue;
      // A GS1 mark or a token's first bytes come about; what follows them is malformed.
      if (parsed->kind == "IBI Lite") {
        ++lite;
      } else {
        CHECK(parsed->status == PayloadStatus::malformed);
      }
    }
  }
  CHECK(lite <= 3);  // a size of 20 comes 385 times, four in 10,000 of which pass
}
