#include "tests/unit/postal/payload_checks.h"

using namespace backstamp;
using namespace backstamp::postal;

using Fields = std::map<std::string, std::string>;

namespace {

// The open half of an indicium that is public (docs/formats/payloads.md); the signature is not.
constexpr std::string_view kIbiPayload =
    "0501ffff00003036325"
    "33b477000f2ed100000141e005652330159330100000000000000040002000"
    "05cda000038303334";

std::string ibi_hex(std::size_t vendor_bytes) {
  std::string hex(kIbiPayload);
  for (std::size_t i = 0; i < 40 + vendor_bytes; ++i) hex += "a5";
  return hex;
}

constexpr std::string_view kIbiLite =
    "ff4713270011f50fce960100000"
    "09aca2921e3f1";

}  // namespace

TEST_CASE("An IMb's fields stand with the class and the services of its identifier") {
  // A piece made by the encoder of USPS.
  const auto parsed = parse_text_payload(Symbology::imb, "2327059283148203124096713024817");
  CHECK(fields_by_name(parsed) == Fields{{"kind", "IMb"},
                                         {"status", "checked"},
                                         {"barcode_identifier", "23"},
                                         {"service_type", "270"},
                                         {"service", "First-Class Mail, Full-Service, IV-MTR"},
                                         {"mailer_id", "592831"},
                                         {"serial_number", "482031240"},
                                         {"routing", "96713024817"}});
}

TEST_CASE("Service types are told by class, service, tracking and address correction") {
  const auto service = [](const std::string& identifier) {
    return fields_by_name(
        parse_text_payload(Symbology::imb, "00" + identifier + "900000101000001"))["service"];
  };
  CHECK(service("243") == "USPS Marketing Mail, Full-Service, IV-MTR, Full-Service ACS");
  CHECK(service("300") == "First-Class Mail, basic");
  CHECK(service("784") == "Periodicals, basic, OneCode ACS");
  CHECK(service("715") == "First-Class Mail, Ballot Mail, basic, IV-MTR");
  CHECK(service("072") == "Business Reply Mail, basic");
}

TEST_CASE("A service type that the table does not hold is unknown and stays an IMb") {
  auto fields = fields_by_name(parse_text_payload(Symbology::imb, "01234567094987654321"));
  CHECK(fields["status"] == "checked");
  CHECK(fields["service_type"] == "234");
  CHECK(fields["service"] == "unknown");
  CHECK_FALSE(fields.contains("routing"));
}

TEST_CASE("IMb content that is none is malformed") {
  for (const char* text : {"0123456709498765432", "05234567094987654321", "0123456709498765432a"}) {
    CAPTURE(text);
    CHECK(is_malformed(parse_text_payload(Symbology::imb, text), "IMb"));
  }
}

TEST_CASE("An IBI is split as the public samples are, and never more than unverified") {
  const auto parsed = parse_hex_payload(Symbology::pdf417, ibi_hex(9));
  REQUIRE(parsed);
  const auto& ibi = std::get<Ibi>(parsed->payload);
  CHECK(parsed->kind == "IBI");
  CHECK(parsed->status == PayloadStatus::unverified);
  CHECK(ibi.device_model == "062S");
  CHECK(ibi.device_serial == 7358267);
  CHECK(ibi.ascending == 1109490);
  CHECK(ibi.postage == Money{7700});
  CHECK(ibi.mailed == std::chrono::year(2014) / 6 / 30);
  CHECK(ibi.licence_zip == 78681);
  CHECK(ibi.destination == 0);
  CHECK(ibi.descending == 55900);
  CHECK(ibi.vendor_content.size() == 9);
  CHECK(fields_by_name(parsed)["postage"] == "7.700");
  CHECK(prints_back(Symbology::pdf417, from_hex(ibi_hex(9)).value()));
}

TEST_CASE("An IBI has 89 to 112 bytes and a possible device, date and ZIP") {
  CHECK(parse_hex_payload(Symbology::data_matrix, ibi_hex(0)));
  CHECK(parse_hex_payload(Symbology::data_matrix, ibi_hex(23)));
  CHECK_FALSE(parse_hex_payload(Symbology::data_matrix, ibi_hex(24)));
  CHECK_FALSE(parse_hex_payload(Symbology::data_matrix, ibi_hex(0).substr(2)));
  CHECK_FALSE(parse_hex_payload(Symbology::qr_code, ibi_hex(0)));
  for (const std::size_t byte : {7U, 24U, 29U}) {
    Bytes content = from_hex(ibi_hex(0)).value();
    content[byte] ^= 0x80;
    CAPTURE(byte);
    CHECK_FALSE(parse_payload(Symbology::pdf417, content));
  }
}

TEST_CASE("An IBI Lite of 20 bytes is split, and never more than unverified") {
  const auto parsed = parse_hex_payload(Symbology::data_matrix, kIbiLite);
  CHECK(fields_by_name(parsed) == Fields{{"kind", "IBI Lite"},
                                         {"status", "unverified"},
                                         {"version", "255"},
                                         {"piece", "2560839"},
                                         {"vendor_model", "17"},
                                         {"device_serial", "13504501"},
                                         {"postage", "0.406"},
                                         {"service", "0"},
                                         {"mac", "9aca2921e3f1"}});
  CHECK(prints_back(Symbology::data_matrix, from_hex(kIbiLite).value()));
}

TEST_CASE("Twenty bytes that are a text, or without postage or device, are no IBI Lite") {
  CHECK_FALSE(parse_text_payload(Symbology::data_matrix, "twenty bytes of text"));
  const auto with = [](std::size_t from, std::size_t size, std::uint8_t byte) {
    Bytes content = from_hex(kIbiLite).value();
    for (std::size_t i = from; i < from + size; ++i) content[i] = byte;
    return parse_payload(Symbology::data_matrix, content);
  };
  CHECK(with(1, 4, 0));
  CHECK_FALSE(with(9, 3, 0));
  CHECK_FALSE(with(11, 1, 2));  // more than $100
  CHECK_FALSE(with(6, 3, 0));
  CHECK_FALSE(with(0, 1, 0x40));
}

TEST_CASE("POSTNET is a ZIP of its three lengths, its check digit verified where it came along") {
  for (const char* text : {"12345", "123456789", "12345678901"}) {
    CAPTURE(text);
    CHECK(fields_by_name(parse_text_payload(Symbology::postnet, text))["routing"] == text);
    CHECK(prints_back(Symbology::postnet, as_bytes(text)));
  }
  CHECK(fields_by_name(parse_text_payload(Symbology::postnet, "123455"))["routing"] == "12345");
  CHECK(is_malformed(parse_text_payload(Symbology::postnet, "123456"), "POSTNET"));
  CHECK(is_malformed(parse_text_payload(Symbology::postnet, "1234567"), "POSTNET"));
  CHECK(is_malformed(parse_text_payload(Symbology::postnet, "1234a"), "POSTNET"));
}

TEST_CASE("PLANET has 11 or 13 digits, its check digit verified where it came along") {
  CHECK(fields_by_name(parse_text_payload(Symbology::planet, "12345678901")) ==
        Fields{{"kind", "PLANET"}, {"status", "checked"}, {"digits", "12345678901"}});
  CHECK(fields_by_name(parse_text_payload(Symbology::planet, "123456789014"))["digits"] ==
        "12345678901");
  CHECK(is_malformed(parse_text_payload(Symbology::planet, "123456789015"), "PLANET"));
  CHECK(is_malformed(parse_text_payload(Symbology::planet, "1234567890"), "PLANET"));
  CHECK(prints_back(Symbology::planet, as_bytes("1234567890123")));
}

TEST_CASE("An IMpb's parts stand as fields, its check digit verified") {
  const std::string pic =
      std::string("926129999981234567890") + gs1_check_digit("926129999981234567890");
  const std::string text =
      "420"
      "20260"
      "\x1D" +
      pic;
  CHECK(fields_by_name(parse_text_payload(Symbology::code128, text)) ==
        Fields{{"kind", "IMpb"},
               {"status", "checked"},
               {"zip", "20260"},
               {"channel", "92"},
               {"service_type", "612"},
               {"mailer_id", "999998123"},
               {"serial_number", "4567890"}});
  CHECK(prints_back(Symbology::code128, as_bytes(text)));
}
