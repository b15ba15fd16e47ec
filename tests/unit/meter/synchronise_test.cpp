#include "meter/synchronise.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using nlohmann::json;
using test::request_for_tests;

namespace {

http::Response answer(const json& said, int status = 200) {
  http::Response response;
  response.status = status;
  response.body = said.dump();
  return response;
}

/// The data center's side, in memory: pieces by counter, refused when they differ.
struct Center {
  std::map<std::uint64_t, json> pieces;
  bool silent = false;
  unsigned asked = 0;

  http::Response known() const {
    std::int64_t mills = 0;
    for (const auto& [counter, piece] : pieces) {
      mills += postal::Money::parse(piece["postage"].get<std::string>())->mills;
    }
    return answer({{"meter", 7},
                   {"time", "2026-11-26T10:00:00Z"},
                   {"pieces", pieces.size()},
                   {"counter", pieces.empty() ? 0 : pieces.rbegin()->first},
                   {"ascending", postal::Money{mills}.to_string()}});
  }
  http::Response take(const std::string& body) {
    std::size_t fresh = 0;
    const json request = json::parse(body);
    for (const json& piece : request["codes"]) {
      const auto [place, added] = pieces.emplace(piece["counter"].get<std::uint64_t>(), piece);
      if (place->second != piece) return answer({{"error", "registered otherwise"}}, 409);
      fresh += added ? 1 : 0;
    }
    return answer({{"registered", fresh}, {"known", request["codes"].size() - fresh}});
  }
  Result<SyncReport> meets(Vault& vault, unsigned attempts = 1) {
    const Get get = [this](const std::string& target) -> Result<http::Response> {
      ++asked;
      CHECK(target == "/v1/meters/7/sync");
      if (silent) return fail(ErrorKind::unavailable, "nobody there");
      return known();
    };
    const Post post = [this](const std::string&, const std::string& body) {
      return Result<http::Response>(take(body));
    };
    return synchronise(vault, get, post, {attempts, [](unsigned) {}});
  }
};

/// A vault of which older copies can be put back.
struct Meter {
  test::TemporaryFolder folder;
  std::filesystem::path path = folder / "vault";
  explicit Meter(OfflineTerms terms = {}) {
    NewMeter wanted;
    wanted.identity = test::identity_for_tests();
    wanted.funds = postal::Money{1'000'000};
    wanted.offline = terms;
    REQUIRE(Vault::create(path, wanted));
  }
  Vault open() const {
    auto vault = Vault::open(path);
    REQUIRE(vault);
    return std::move(*vault);
  }
  void save() const {
    std::filesystem::copy(path, folder / "old", std::filesystem::copy_options::recursive);
  }
  void put_back() const {
    std::filesystem::remove_all(path);
    std::filesystem::copy(folder / "old", path, std::filesystem::copy_options::recursive);
  }
};

void print(Vault& vault, std::size_t count, std::int64_t mills = 406) {
  REQUIRE(vault.print(std::vector(count, request_for_tests(mills))));
}

}  // namespace

TEST_CASE("What the data center lacks is sent, and it counts as heard") {
  const Meter meter({postal::Money{2000}, {}});
  auto vault = meter.open();
  Center center;
  for (int round = 1; round <= 3; ++round) {
    print(vault, 4);
    const auto report = center.meets(vault);
    REQUIRE(report);
    CHECK(report->registration.registered == 4);
    CHECK(vault.pending().empty());
    CHECK(vault.standing().spent.mills == 0);
    CHECK(format_utc(vault.standing().heard_at) == "2026-11-26T10:00:00.000000Z");
  }
  CHECK(center.pieces.size() == 12);
  CHECK(center.meets(vault)->registration.registered == 0);
}

TEST_CASE("A lost answer leaves nothing in doubt") {
  const Meter meter;
  auto vault = meter.open();
  Center center;
  print(vault, 3);
  meter.save();  // and the answer to what follows is lost with the power
  REQUIRE(center.meets(vault));
  { const auto closed = std::move(vault); }
  meter.put_back();
  auto again = meter.open();
  print(again, 1);
  const auto report = center.meets(again);
  REQUIRE(report);
  CHECK(report->registration.known == 3);
  CHECK(report->registration.registered == 1);
}

TEST_CASE("An old copy of a vault is told by what the data center knows, and prints no more") {
  const Meter meter;
  Center center;
  {
    auto vault = meter.open();
    print(vault, 2);
    meter.save();
    print(vault, 3);
    REQUIRE(center.meets(vault));
  }
  meter.put_back();
  {
    auto old = meter.open();
    const auto refused = center.meets(old);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::refused);
    CHECK(refused.error().message.find("AN OLD COPY") != std::string::npos);
    CHECK(old.pending().size() == 2);
  }
  auto old = meter.open();
  const auto refused = old.print(std::vector{request_for_tests()});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("up to number 5") != std::string::npos);
}

TEST_CASE("An old copy that printed as many pieces, or more, is told by their postage") {
  for (const std::size_t count : {std::size_t{3}, std::size_t{5}}) {
    const Meter meter;
    Center center;
    {
      auto vault = meter.open();
      print(vault, 2);
      meter.save();
      print(vault, 3);
      REQUIRE(center.meets(vault));
    }
    meter.put_back();
    auto old = meter.open();
    print(old, count, 1000);
    CHECK(center.meets(old).error().kind == ErrorKind::refused);
    CHECK_FALSE(old.print(std::vector{request_for_tests()}));
    CHECK(center.pieces.size() == 5);
  }
}

TEST_CASE("A data center that lost what it acknowledged is told so, and renews nothing") {
  const Meter meter({postal::Money{2000}, {}});
  auto vault = meter.open();
  Center center;
  print(vault, 3);
  REQUIRE(center.meets(vault));
  print(vault, 2);
  const auto whole = center.pieces;
  center.pieces.erase(3);
  CHECK(center.meets(vault).error().kind == ErrorKind::invalid);
  center.pieces = whole;
  center.pieces.erase(2);
  CHECK(center.meets(vault).error().kind == ErrorKind::invalid);
  CHECK(vault.standing().spent.mills == 812);
  CHECK(vault.pending().size() == 2);
  center.pieces = whole;
  REQUIRE(center.meets(vault));  // nothing is held against the meter
  print(vault, 1);
}

TEST_CASE("Without the data center nothing is renewed and nothing lost; it is asked again") {
  const Meter meter({postal::Money{2000}, {}});
  auto vault = meter.open();
  Center center;
  center.silent = true;
  print(vault, 3);
  CHECK(center.meets(vault, 3).error().kind == ErrorKind::unavailable);
  CHECK(center.asked == 3);
  CHECK(vault.standing().spent.mills == 1218);
  CHECK(vault.pending().size() == 3);
  center.silent = false;
  CHECK(center.meets(vault));
}

TEST_CASE("Only an answer that says all is believed") {
  const json good = json::parse(Center().known().body);
  REQUIRE(parse_known_meter(good.dump()));
  for (const char* key : {"time", "pieces", "counter", "ascending"}) {
    json bad = good;
    bad.erase(key);
    CHECK_FALSE(parse_known_meter(bad.dump()));
    for (const json& value : {json(-1), json(1.5), json("x"), json(), json::array()}) {
      bad[key] = value;
      CAPTURE(bad.dump());
      CHECK_FALSE(parse_known_meter(bad.dump()));
    }
  }
  for (const char* time : {"1969-12-31T00:00:00Z", "9999-01-01T00:00:00Z", "now"}) {
    json bad = good;
    bad["time"] = time;
    CHECK_FALSE(parse_known_meter(bad.dump()));
  }
  for (const char* text : {"", "[]", "7", "{"}) CHECK_FALSE(parse_known_meter(text));
}
