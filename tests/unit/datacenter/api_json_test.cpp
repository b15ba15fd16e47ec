#include "datacenter/communication/api_json.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;

namespace {

const std::string kGood =
    R"({"codes":[{"code":"imb:0027012345600000000190210","issuer":1,"meter":7,"counter":12,)"
    R"("postage":"0.406","mailed":"2026-11-22","service":270}]})";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A registration is read field by field") {
  const auto codes = parse_codes(kGood, 7);
  if (!codes) FAIL(codes.error().message);
  REQUIRE(codes->size() == 1);
  const Registration& piece = codes->front();
  CHECK(piece.code == "imb:0027012345600000000190210");
  CHECK(piece.token == postal::TokenIdentity{1, 7, 12});
  CHECK(piece.postage.mills == 406);
  CHECK(format_date(piece.mailed) == "2026-11-22");
  CHECK(piece.service == 270);
}

TEST_CASE("What is not exactly a registration is refused with the entry named") {
  for (const std::string& text : {with(":12,", ":0,"),
                                  with(":12,", ":-1,"),
                                  with(":12,", ":1.5,"),
                                  with(":12,", ":\"12\","),
                                  with(":12,", ":9223372036854775808,"),
                                  with(":12,", ":true,"),
                                  with(":12,", ":null,"),
                                  with("\"meter\":7", "\"meter\":8"),
                                  with("\"meter\":7,", ""),
                                  with("\"issuer\":1", "\"issuer\":4294967296"),
                                  with("\"0.406\"", "0.406"),
                                  with("\"0.406\"", "\"-0.406\""),
                                  with("\"0.406\"", "\"0.4061\""),
                                  with("2026-11-22", "2026-13-22"),
                                  with("2026-11-22", "2026-11-31"),
                                  with(":270", ":1000"),
                                  with("imb:", "imb"),
                                  with("0027012345", "0927012345"),
                                  with("90210\"", "9021\""),
                                  with("\"service\"", "\"extra\":1,\"service\""),
                                  with("\"issuer\":1", "\"issuer\":1,\"issuer\":2"),
                                  with("\"codes\"", "\"code\""),
                                  with("]}", "],\"more\":1}"),
                                  with("]}", "]} x"),
                                  with("]}", "],}"),
                                  with("0.406", "\\ud800"),
                                  with("0.406", "\xff"),
                                  std::string("{\"codes\":[]}"),
                                  std::string("{\"codes\":{}}"),
                                  std::string("[]"),
                                  std::string("null"),
                                  std::string(),
                                  std::string("{\"codes\":[[[[[[1]]]]]]}"),
                                  std::string("{\"codes\":[7]}")}) {
    CAPTURE(text);
    const auto codes = parse_codes(text, 7);
    REQUIRE_FALSE(codes);
    CHECK(codes.error().kind == ErrorKind::invalid);
    CHECK_FALSE(codes.error().message.empty());
  }
}

TEST_CASE("A body cut anywhere or with any byte changed never stops the parser") {
  for (std::size_t length = 0; length < kGood.size(); ++length) {
    CHECK_FALSE(parse_codes(std::string_view(kGood).substr(0, length), 7));
  }
  for (std::size_t at = 0; at < kGood.size(); ++at) {
    for (const int mask : {0x01, 0x20, 0x80, 0xFF}) {
      std::string text = kGood;
      text[at] = static_cast<char>(text[at] ^ mask);
      const auto codes = parse_codes(text, 7);
      if (codes) {
        CHECK(postal::parse_canonical(codes->front().code));
      } else {
        CHECK_FALSE(error_json(codes.error().message).empty());
      }
    }
  }
}

TEST_CASE("Too many codes and deep nesting are refused, not endured") {
  std::string many = "{\"codes\":[";
  for (std::size_t i = 0; i <= kCodesPerRequest; ++i) many += i == 0 ? "1" : ",1";
  many += "]}";
  CHECK(parse_codes(many, 7).error().kind == ErrorKind::limit);
  CHECK_FALSE(parse_codes(std::string(200'000, '['), 7));
  CHECK_FALSE(parse_codes(std::string(200'000, '[') + std::string(200'000, ']'), 7));
  std::string objects;
  for (int i = 0; i < 50'000; ++i) objects += "{\"a\":";
  CHECK_FALSE(parse_codes(objects, 7));
}

TEST_CASE("A notice has the documented fields") {
  const NoticeRecord notice{
      12, NoticeKind::read, code(1), PieceState::read, postal::Reason::none, at(0), "S1"};
  CHECK(notice_json(notice) == "{\"notice\":12,\"code\":\"" + code(1) +
                                   "\",\"state\":\"read\",\"reason\":\"none\",\"station\":\"S1\","
                                   "\"at\":\"" +
                                   format_utc(at(0)) + "\"}");
}

}  // namespace backstamp::datacenter
