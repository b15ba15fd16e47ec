// A virtual meter: what was paid for is never lost, and never paid for twice.
#include "meter/virtual_meter.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "postal/keys.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::meter {

using Json = nlohmann::ordered_json;
using test::TemporaryFolder;

namespace {

constexpr std::uint32_t kMeter = 8;

/// A data center that mints, remembers by the request's name, and fails when it is told to.
class Center {
 public:
  Post post() {
    return
        [this](const std::string& target, const std::string& body) { return answer(target, body); };
  }
  bool silent = false;      ///< the answer is lost: the postage is paid all the same
  int status = 200;         ///< of what is not 200 nothing is paid
  std::uint64_t paid = 0;   ///< pieces
  std::uint64_t asked = 0;  ///< requests that came

 private:
  Result<http::Response> answer(const std::string& target, const std::string& body) {
    ++asked;
    CHECK(target == "/v1/meters/8/postage");
    if (status != 200) return http::Response{status, "application/json", "{\"error\":\"no\"}", {}};
    const Json request = Json::parse(body);
    std::string& known = answers_[request.at("request")];
    if (known.empty()) known = mint(request);
    if (silent) return fail(ErrorKind::unavailable, "the line is cut");
    return http::Response{200, "application/json", known, {}};
  }
  std::string mint(const Json& request) {
    Json pieces = Json::array();
    for (const Json& piece : request.at("pieces")) {
      postal::Token token;
      token.identity = {1, kMeter, ++paid};
      token.postage = postal::Money::parse(piece.at("postage").get<std::string>()).value();
      token.mailed = parse_date(piece.at("mailed").get<std::string>()).value();
      token.service = piece.at("service").get<std::uint16_t>();
      token.code = postal::MeterSerial{
          kMeter,
          std::chrono::sys_seconds(std::chrono::seconds(1'795'000'000 + static_cast<int>(paid)))};
      pieces.push_back({{"code", postal::canonical(token.code)},
                        {"token", to_hex(postal::mint_token(token, key_).value())}});
    }
    return Json{{"request", request.at("request")}, {"pieces", std::move(pieces)}}.dump();
  }

  std::map<std::string, std::string> answers_;
  postal::SigningKey key_ = postal::SigningKey::generate(postal::SignatureAlgorithm::eddsa).value();
};

struct Desk {
  TemporaryFolder folder;
  Center center;
  Desk() { REQUIRE(VirtualMeter::create(folder / "desk", kMeter)); }
  VirtualMeter open() {
    auto meter = VirtualMeter::open(folder / "desk");
    if (!meter) FAIL(meter.error().message);
    return std::move(*meter);
  }
};

std::vector<PieceRequest> pieces(std::size_t count) {
  const PieceRequest piece{
      "12345", 270, postal::Money{406}, std::chrono::year(2026) / 11 / 26, {"Ada Byron"}, true};
  return std::vector(count, piece);
}

}  // namespace

TEST_CASE("A virtual meter prints what the data center minted") {
  Desk desk;
  VirtualMeter meter = desk.open();
  const auto paid = meter.pay(pieces(3), desk.center.post());
  REQUIRE(paid);
  REQUIRE(paid->pieces.size() == 3);
  CHECK(paid->pieces[2].identity == postal::TokenIdentity{1, kMeter, 3});
  CHECK(paid->pieces[2].record.postage.mills == 406);
  REQUIRE(meter.printed(paid->request));
  CHECK(meter.recover(desk.center.post())->empty());
}

TEST_CASE("Postage whose answer was lost is asked for again, and counts once") {
  Desk desk;
  desk.center.silent = true;
  {
    VirtualMeter meter = desk.open();
    const auto paid = meter.pay(pieces(2), desk.center.post());
    REQUIRE(!paid);
    CHECK(paid.error().kind == ErrorKind::unavailable);
  }
  VirtualMeter meter = desk.open();
  CHECK(!meter.recover(desk.center.post()));
  desk.center.silent = false;
  const auto recovered = meter.recover(desk.center.post());
  REQUIRE(recovered);
  REQUIRE(recovered->size() == 1);
  CHECK(recovered->front().pieces.size() == 2);
  CHECK(desk.center.paid == 2);
}

TEST_CASE("Paid pieces that were not printed are still there, without asking again") {
  Desk desk;
  {
    VirtualMeter meter = desk.open();
    REQUIRE(meter.pay(pieces(2), desk.center.post()));
  }
  VirtualMeter meter = desk.open();
  const auto asked = desk.center.asked;
  const auto recovered = meter.recover(desk.center.post());
  REQUIRE(recovered->size() == 1);
  CHECK(desk.center.asked == asked);
  REQUIRE(meter.printed(recovered->front().request));
  CHECK(meter.recover(desk.center.post())->empty());
}

TEST_CASE("What is refused for good leaves nothing behind") {
  Desk desk;
  VirtualMeter meter = desk.open();
  desk.center.status = 409;
  const auto refused = meter.pay(pieces(1), desk.center.post());
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  desk.center.status = 200;
  CHECK(meter.recover(desk.center.post())->empty());
  CHECK(desk.center.paid == 0);
}

TEST_CASE("An answer that is not for what was asked is refused") {
  Desk desk;
  VirtualMeter meter = desk.open();
  const auto wrong = [&](const std::string& body) {
    const Post post = [&](const std::string&, const std::string&) -> Result<http::Response> {
      return http::Response{200, "application/json", body, {}};
    };
    return !meter.pay(pieces(1), post);
  };
  CHECK(wrong(""));
  CHECK(wrong("[]"));
  CHECK(wrong(R"({"request":"another","pieces":[{}]})"));
  CHECK(wrong(R"({"pieces":[]})"));
}

TEST_CASE("Two programs cannot print for one virtual meter at a time") {
  Desk desk;
  const VirtualMeter meter = desk.open();
  const auto second = VirtualMeter::open(desk.folder / "desk");
  REQUIRE(!second);
  CHECK(second.error().kind == ErrorKind::refused);
}

TEST_CASE("A folder that holds something is not made a virtual meter") {
  const TemporaryFolder folder;
  REQUIRE(VirtualMeter::create(folder / "a", 1));
  CHECK(VirtualMeter::is_in(folder / "a"));
  CHECK(!VirtualMeter::create(folder / "a", 1));
  CHECK(!VirtualMeter::create(folder / "b", 0));
  CHECK(!VirtualMeter::is_in(folder / "b"));
}

}  // namespace backstamp::meter
