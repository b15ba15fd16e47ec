// Royal Mail, Deutsche Post and the posts with 4-state addresses.
#include "tests/unit/postal/payload_checks.h"

using namespace backstamp;
using namespace backstamp::postal;

using Fields = std::map<std::string, std::string>;

namespace {

// Both are public examples of encoders (docs/formats/payloads.md).
constexpr std::string_view kMark = "JGB 012100123412345678AB19XY1A 0             www.xyz.com";
constexpr std::string_view kReturned =
    "JGB 011123456712345678CW14NJ1T 0EC2M2QS      REFERENCE1234567890QWERTYUIOPASDFGHJKLZXCVBNM";
constexpr std::string_view kDv =
    "4445411221"
    "01317b93ac00b93c9c00940262a201024c00aa48616c6c6f2057656c742100000000000000";

std::string with(std::string_view text, std::size_t at, std::string_view other) {
  return std::string(text).replace(at, other.size(), other);
}

}  // namespace

TEST_CASE("A Mailmark's fields stand with the barcode that they come from") {
  // Examples of Royal Mail's encoding instructions.
  CHECK(fields_by_name(parse_text_payload(Symbology::mailmark, "41038422416563762EF61AH8T ")) ==
        Fields{{"kind", "Mailmark"},
               {"status", "checked"},
               {"barcode", "L"},
               {"format", "4"},
               {"version", "1"},
               {"class", "0"},
               {"supply_chain", "384224"},
               {"item", "16563762"},
               {"destination", "EF61AH8T"}});
  auto abroad = fields_by_name(parse_text_payload(Symbology::mailmark, "1100000000000XY11     "));
  CHECK(abroad["barcode"] == "C");
  CHECK(abroad["destination"] == "XY11");
  CHECK(prints_back(Symbology::mailmark, as_bytes("21B2254800659JW5O9QA6Y")));
  CHECK(
      is_malformed(parse_text_payload(Symbology::mailmark, "51B2254800659JW5O9QA6Y"), "Mailmark"));
}

TEST_CASE("A 2D Mailmark's places are its fields") {
  CHECK(fields_by_name(parse_text_payload(Symbology::data_matrix, kMark)) ==
        Fields{{"kind", "2D Mailmark"},
               {"status", "unverified"},
               {"information_type", "0"},
               {"version", "1"},
               {"class", "2"},
               {"supply_chain", "1001234"},
               {"item", "12345678"},
               {"destination", "AB19XY1A"},
               {"return_service", "0"},
               {"customer_content", "www.xyz.com"}});
  auto returned = fields_by_name(parse_text_payload(Symbology::data_matrix, kReturned));
  CHECK(returned["return_postcode"] == "EC2M2QS");
  CHECK(returned["type"] == "9");  // only the largest has room for so much
  CHECK(returned["customer_content"].size() == 45);
  CHECK(prints_back(Symbology::data_matrix, as_bytes(kMark)));
  CHECK(prints_back(Symbology::data_matrix, as_bytes(kReturned)));
}

TEST_CASE("The destination of a 2D Mailmark may be whole, outward only, abroad or blank") {
  for (const char* destination : {"         ", "W1       ", "EC2M     ", "XY11     ", "W1A1AA1A ",
                                  "M11AA1A  ", "B338TH9Z ", "CR26XH1A ", "DN551PT1A"}) {
    CAPTURE(destination);
    const std::string text = with(kMark, 22, destination);
    CHECK(prints_back(Symbology::data_matrix, as_bytes(text)));
  }
  for (const char* destination :
       {"1        ", " W1      ", "W1A1AA   ", "W1A1AAA1 ", "AAA11AA1A"}) {
    CAPTURE(destination);
    CHECK(is_malformed(parse_text_payload(Symbology::data_matrix, with(kMark, 22, destination)),
                       "2D Mailmark"));
  }
}

TEST_CASE("A 2D Mailmark with a place that breaks its rule is malformed") {
  const struct {
    std::size_t at;
    const char* other;
  } breaks[] = {{4, " "},  {5, "2"},  {6, "-"},       {13, "A"},
                {21, " "}, {31, "7"}, {32, "EC2M2Q"}, {44, "x"}};
  for (const auto& [at, other] : breaks) {
    CAPTURE(at);
    CHECK(is_malformed(parse_text_payload(Symbology::data_matrix, with(kMark, at, other)),
                       "2D Mailmark"));
  }
  CHECK(is_malformed(parse_text_payload(Symbology::data_matrix, std::string(kReturned) + "X"),
                     "2D Mailmark"));
  CHECK(is_malformed(parse_text_payload(Symbology::data_matrix, std::string(kMark) + "\xE9"),
                     "2D Mailmark"));
}

TEST_CASE("Royal Mail's marks of unknown form are named so, and shorter words are not") {
  const auto franking = parse_text_payload(Symbology::data_matrix, "JGBA025999L9X9000000000000");
  REQUIRE(franking);
  CHECK(franking->kind == "JGB, unknown form");
  CHECK(franking->status == PayloadStatus::unverified);
  CHECK(fields_by_name(franking)["content"] == "JGBA025999L9X9000000000000");
  CHECK_FALSE(parse_text_payload(Symbology::data_matrix, "JGBONDS"));
  CHECK_FALSE(parse_text_payload(Symbology::data_matrix, "JGB. and what follows it"));
  CHECK_FALSE(parse_text_payload(Symbology::qr_code, kMark));
}

TEST_CASE("RM4SCC is a postcode with or without a delivery point suffix") {
  // From a face: postcode L58 0SE, suffix 1P.
  CHECK(fields_by_name(parse_text_payload(Symbology::rm4scc, "L580SE1P")) ==
        Fields{{"kind", "RM4SCC"},
               {"status", "checked"},
               {"postcode", "L580SE"},
               {"delivery_point_suffix", "1P"}});
  CHECK(fields_by_name(parse_text_payload(Symbology::rm4scc, "EC2M2QS"))["postcode"] == "EC2M2QS");
  CHECK(is_malformed(parse_text_payload(Symbology::rm4scc, "123456"), "RM4SCC"));
  CHECK(is_malformed(parse_text_payload(Symbology::rm4scc, "L580SE1"), "RM4SCC"));
  CHECK(is_malformed(parse_text_payload(Symbology::rm4scc, "1P"), "RM4SCC"));
}

TEST_CASE("DV-Freimachung is split to its last byte") {
  CHECK(fields_by_name(parse_hex_payload(Symbology::data_matrix, kDv)) ==
        Fields{{"kind", "Matrixcode"},
               {"status", "unverified"},
               {"franking_kind", "12"},
               {"franking", "DV-Freimachung"},
               {"price_version", "33"},
               {"customer", "5125149612"},
               {"value", "1.85"},
               {"posted", "2016-06-03"},
               {"product", "148"},
               {"piece", "156322"},
               {"participation", "1"},
               {"billing", "588"},
               {"content_kind", "0"},
               {"customer_content", "aa48616c6c6f2057656c742100000000000000"}});
  CHECK(prints_back(Symbology::data_matrix, from_hex(kDv).value()));
  const Bytes shorter = from_hex(kDv.substr(0, 56)).value();
  CHECK(prints_back(Symbology::data_matrix, shorter));
}

TEST_CASE("The date of DV-Freimachung is a day of the year and a year, strictly") {
  const auto posted = [](unsigned dddyy) {
    Bytes content = from_hex(kDv).value();
    content[12] = static_cast<std::uint8_t>(dddyy >> 8);
    content[13] = static_cast<std::uint8_t>(dddyy);
    return parse_payload(Symbology::data_matrix, content);
  };
  CHECK(fields_by_name(posted(23919))["posted"] == "2019-08-27");
  CHECK(fields_by_name(posted(100))["posted"] == "2000-01-01");
  CHECK(fields_by_name(posted(36620))["posted"] == "2020-12-31");
  CHECK(fields_by_name(posted(36599))["posted"] == "2099-12-31");
  CHECK(is_malformed(posted(36619), "Matrixcode"));
  CHECK(is_malformed(posted(36720), "Matrixcode"));
  CHECK(is_malformed(posted(19), "Matrixcode"));
  CHECK(is_malformed(posted(65535), "Matrixcode"));
}

TEST_CASE("DV-Freimachung of another length is malformed") {
  for (const std::size_t digits : {10U, 54U, 58U, 82U}) {
    CHECK(is_malformed(parse_hex_payload(Symbology::data_matrix, kDv.substr(0, digits)),
                       "Matrixcode"));
  }
}

TEST_CASE("The other kinds of Matrixcode are named and their bytes kept") {
  const std::pair<const char*, const char*> kinds[] = {
      {"03", "Frankit"}, {"35", "Briefmarke"}, {"85", "Internetmarke"}, {"fe", "unknown"}};
  for (const auto& [kind, name] : kinds) {
    CAPTURE(kind);
    const std::string hex = std::string("444541") + kind + "0001a692fea4010000";
    const auto parsed = parse_hex_payload(Symbology::data_matrix, hex);
    CHECK(fields_by_name(parsed) == Fields{{"kind", "Matrixcode"},
                                           {"status", "unverified"},
                                           {"franking_kind", kind},
                                           {"franking", name},
                                           {"content", "0001a692fea4010000"}});
    CHECK(prints_back(Symbology::data_matrix, from_hex(hex).value()));
  }
  CHECK_FALSE(parse_text_payload(Symbology::data_matrix, "DEAR CUSTOMER"));
  CHECK_FALSE(parse_text_payload(Symbology::data_matrix, "DEA"));
}

TEST_CASE("Leitcode and Identcode hold their check digit of weights 4 and 9") {
  CHECK(fields_by_name(parse_text_payload(Symbology::itf, "21348075016401")) ==
        Fields{{"kind", "Leitcode"},
               {"status", "checked"},
               {"postcode", "21348"},
               {"street", "075"},
               {"house", "016"},
               {"product", "40"}});
  CHECK(fields_by_name(parse_text_payload(Symbology::itf, "563102430313")) ==
        Fields{{"kind", "Identcode"},
               {"status", "checked"},
               {"centre", "56"},
               {"customer", "310"},
               {"item", "243031"}});
  CHECK(prints_back(Symbology::itf, as_bytes("21348075016401")));
  CHECK(prints_back(Symbology::itf, as_bytes("563102430313")));
  CHECK(is_malformed(parse_text_payload(Symbology::itf, "21348075016402"), "Leitcode"));
  CHECK(is_malformed(parse_text_payload(Symbology::itf, "563102430314"), "Identcode"));
  CHECK_FALSE(parse_text_payload(Symbology::itf, "2134807501640"));
}

TEST_CASE("A trade item number in Interleaved 2 of 5 is no broken Leitcode") {
  std::string gtin = "1001234567890";
  gtin += gs1_check_digit(gtin);
  CHECK_FALSE(parse_text_payload(Symbology::itf, gtin));
}
