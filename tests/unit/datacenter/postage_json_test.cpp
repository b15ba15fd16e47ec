// Asking for postage: strict in.
#include "datacenter/functions/postage_json.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

namespace backstamp::datacenter {

using Json = nlohmann::ordered_json;

namespace {

Json piece() {
  return {{"to", {"Ada Byron", "12 High Street"}},
          {"routing", "12345678901"},
          {"service", 270},
          {"postage", "0.406"},
          {"mailed", "2026-11-26"},
          {"code", "imb"}};
}

Json body() {
  return {{"request", "r-1"}, {"pieces", Json::array({piece()})}};
}

Error refused(const Json& json) {
  const auto parsed = parse_postage(json.dump());
  REQUIRE(!parsed);
  return parsed.error();
}

}  // namespace

TEST_CASE("A request for postage is understood, its address cleansed") {
  const auto parsed = parse_postage(body().dump());
  REQUIRE(parsed);
  CHECK(parsed->request == "r-1");
  REQUIRE(parsed->pieces.size() == 1);
  CHECK(parsed->pieces[0].address == "ADA BYRON\n12 HIGH ST\n12345678901");
  CHECK(parsed->pieces[0].postage.mills == 406);
  CHECK(!parsed->pieces[0].meter_code);
}

TEST_CASE("A piece without an address is bound to none, but its routing is checked") {
  Json json = body();
  json["pieces"][0]["to"] = Json::array();
  CHECK(parse_postage(json.dump())->pieces[0].address.empty());
  json["pieces"][0]["routing"] = "123";
  CHECK(refused(json).kind == ErrorKind::invalid);
}

TEST_CASE("What is missing, doubled, unknown or out of range is refused by name") {
  const Json whole = piece();
  for (const auto& [key, value] : whole.items()) {
    Json json = body();
    json["pieces"][0].erase(key);
    CHECK(refused(json).message.find(key) != std::string::npos);
    json["pieces"][0][key] = Json::object();
    CHECK(refused(json).message.find(key) != std::string::npos);
  }
  Json json = body();
  json["pieces"][0]["tip"] = 1;
  CHECK(refused(json).message.find("tip") != std::string::npos);
  json = body();
  json["request"] = "two words";
  CHECK(refused(json).message.find("request") != std::string::npos);
  json = body();
  json["pieces"] = Json::array();
  CHECK(refused(json).message.find("pieces") != std::string::npos);
  json["pieces"] = Json(meterbox::kPiecesPerDispense + 1, piece());
  CHECK(refused(json).message.find("pieces") != std::string::npos);
  CHECK(!parse_postage("{\"request\":\"a\",\"request\":\"a\",\"pieces\":[]}"));
  CHECK(!parse_postage("[]"));
  CHECK(!parse_postage(""));
}

TEST_CASE("A question about a binding names a token and an address") {
  const Json json{{"token", "d284"}, {"to", {"Ada"}}, {"routing", ""}};
  const auto question = parse_binding(json.dump());
  REQUIRE(question);
  CHECK(question->token == Bytes{0xd2, 0x84});
  CHECK(question->address == "ADA");
  CHECK(!parse_binding(Json{{"token", "d28"}, {"to", {"Ada"}}, {"routing", ""}}.dump()));
  CHECK(!parse_binding(Json{{"token", "d284"}, {"to", Json::array()}, {"routing", ""}}.dump()));
}

}  // namespace backstamp::datacenter
