#include "meter/data_center.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "base/file.h"
#include "tests/unit/base/http_fixture.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using nlohmann::json;
using test::request_for_tests;
using test::VaultFolder;

namespace {

/// The data center's side of registering, in memory; idempotent by code.
struct FakeCenter {
  std::set<std::string> codes;
  std::vector<std::size_t> batches;
  http::Response answer(const std::string& target, const std::string& body) {
    CHECK(target == "/v1/meters/7/codes");
    const json request = json::parse(body);
    batches.push_back(request["codes"].size());
    std::size_t fresh = 0;
    for (const json& code : request["codes"]) {
      fresh += codes.insert(code["code"].get<std::string>()).second ? 1 : 0;
    }
    const json said{{"registered", fresh}, {"known", request["codes"].size() - fresh}};
    http::Response response;
    response.body = said.dump();
    return response;
  }
  Post post() {
    return [this](const std::string& target, const std::string& body) -> Result<http::Response> {
      return answer(target, body);
    };
  }
};

Post answering(int status, std::string body) {
  return [=](const std::string&, const std::string&) -> Result<http::Response> {
    http::Response response;
    response.status = status;
    response.body = body;
    return response;
  };
}

http::ServerEvent event_of(std::string id, const std::string& data) {
  return {std::move(id), "read", data};
}

constexpr const char* kNotice =
    R"({"notice":12,"code":"imb:0","state":"read","reason":"none","station":"S1",)"
    R"("at":"2026-11-22T20:00:00.5Z"})";

}  // namespace

TEST_CASE("Pending pieces are sent as the data center wants them, at most 1000 at a time") {
  const VaultFolder folder;
  auto vault = folder.open();
  REQUIRE(vault.print(std::vector(2500, request_for_tests())));
  FakeCenter center;
  std::string first_body;
  const Post post = [&](const std::string& target,
                        const std::string& body) -> Result<http::Response> {
    if (first_body.empty()) first_body = body;
    return center.answer(target, body);
  };
  const auto report = register_pending(vault, post);
  REQUIRE(report);
  CHECK(report->registered == 2500);
  CHECK(report->known == 0);
  CHECK(center.batches == std::vector<std::size_t>{1000, 1000, 500});
  CHECK(vault.pending().empty());
  CHECK(json::parse(first_body)["codes"][1] ==
        json::parse(R"({"code":"imb:0027012345600000000212345678901","issuer":1,"meter":7,
                        "counter":2,"postage":"0.406","mailed":"2026-11-22","service":270})"));
  CHECK(register_pending(vault, post)->registered == 0);
  CHECK(center.batches.size() == 3);
}

TEST_CASE("Whatever requests and answers are lost, every piece is registered exactly once") {
  const VaultFolder folder;
  FakeCenter center;
  std::mt19937 random(7);
  const Post post = [&](const std::string& target,
                        const std::string& body) -> Result<http::Response> {
    switch (random() % 5) {
      case 0:
        return fail(ErrorKind::unavailable, "no connection");
      case 1:
        center.answer(target, body);
        return fail(ErrorKind::timeout, "the answer was lost");
      case 2: {
        http::Response busy;
        busy.status = 503;
        return busy;
      }
      default:
        return center.answer(target, body);
    }
  };
  std::uint64_t counted = 0;
  for (int round = 0; round < 30; ++round) {
    auto vault = folder.open();  // as a command of its own
    REQUIRE(vault.print(std::vector(1 + random() % 700, request_for_tests())));
    if (const auto report = register_pending(vault, post)) counted += report->registered;
  }
  auto vault = folder.open();
  while (!vault.pending().empty()) (void)register_pending(vault, post);
  CHECK(center.codes.size() == vault.registers().counter);
  CHECK(vault.registers().registered_through == vault.registers().counter);
  CHECK(counted <= center.codes.size());
}

TEST_CASE("Failures that may pass are tried again, others are not") {
  const VaultFolder folder;
  auto vault = folder.open();
  REQUIRE(vault.print(std::vector(3, request_for_tests())));
  unsigned waits = 0;
  const Patience patience{4, [&](unsigned) { ++waits; }};
  const auto kind_after = [&](const Post& post) {
    waits = 0;
    const auto report = register_pending(vault, post, patience);
    REQUIRE_FALSE(report);
    CHECK(vault.pending().size() == 3);
    return report.error().kind;
  };
  CHECK(kind_after(answering(503, "")) == ErrorKind::unavailable);
  CHECK(waits == 3);
  CHECK(kind_after(answering(401, "{}")) == ErrorKind::refused);
  CHECK(waits == 0);
  CHECK(kind_after(answering(422, "{\"error\":\"bad code\"}")) == ErrorKind::invalid);
  CHECK(waits == 0);
}

TEST_CASE("An answer that does not account for every piece sent is not believed") {
  const VaultFolder folder;
  auto vault = folder.open();
  REQUIRE(vault.print(std::vector(3, request_for_tests())));
  for (const char* body :
       {"", "null", "[]", "{}", "{\"registered\":2,\"known\":0}", "{\"registered\":4,\"known\":0}",
        "{\"registered\":-1,\"known\":4}", "{\"registered\":\"3\",\"known\":0}",
        "{\"registered\":18446744073709551615,\"known\":4}", "{\"registered\":3"}) {
    CAPTURE(body);
    CHECK(register_pending(vault, answering(200, body)).error().kind == ErrorKind::invalid);
    CHECK(vault.pending().size() == 3);
  }
  CHECK(register_pending(vault, answering(200, "{\"registered\":1,\"known\":2}"))->known == 2);
}

TEST_CASE("A notice is read with all its fields or refused") {
  const auto notice = parse_notice(event_of("12", kNotice));
  REQUIRE(notice);
  CHECK(notice->number == 12);
  CHECK(notice->event == "read");
  CHECK(notice->station == "S1");
  CHECK(to_json(*notice) ==
        R"({"notice":12,"event":"read","code":"imb:0","state":"read","reason":"none",)"
        R"("station":"S1","at":"2026-11-22T20:00:00.500000Z"})");
  const std::string data = kNotice;
  for (std::size_t size = 0; size < data.size(); ++size) {
    CHECK_FALSE(parse_notice(event_of("12", data.substr(0, size))));
  }
  for (const char* id : {"", "13", "-12", "12x", "99999999999999999999999"}) {
    CHECK_FALSE(parse_notice(event_of(id, data)));
  }
}

TEST_CASE("The address of a data center is kept with the vault and read strictly") {
  const test::TemporaryFolder folder;
  CHECK_FALSE(load_address(folder.path())->has_value());
  REQUIRE(save_address(folder.path(), {"https://localhost:8443", "a \"b\".pem", "/keys/7"}));
  const auto address = load_address(folder.path());
  REQUIRE(address);
  REQUIRE(address->has_value());
  CHECK((*address)->url == "https://localhost:8443");
  CHECK((*address)->authority == std::filesystem::current_path() / "a \"b\".pem");
  CHECK((*address)->api_key_file == "/keys/7");
  CHECK_FALSE(save_address(folder.path(), {"http://localhost", "a", "b"}));
  const std::string unknown = "url: https://x\nauthority: a\napi_key_file: b\ncolour: red\n";
  REQUIRE(write_file_durably(folder.path() / "datacenter.yaml", as_bytes(unknown)));
  CHECK(load_address(folder.path()).error().kind == ErrorKind::invalid);
}

TEST_CASE("Over HTTPS pieces are registered, totals asked and notices resumed by number") {
  FakeCenter center;
  http::Server server(test::server_options());
  const auto allowed = [](const http::Request& request) {
    const auto header = request.headers.find("authorization");
    return header != request.headers.end() && header->second == "Bearer sesame";
  };
  server.route("POST", "/v1/meters/*/codes", [&](const http::Request& request) {
    if (!allowed(request)) return http::Response{401, "application/json", "{}", {}};
    return center.answer(request.path, request.body);
  });
  server.route("GET", "/v1/meters/*", [&](const http::Request&) {
    return http::Response{200, "application/json", "{ \"registered\": 3 }", {}};
  });
  server.stream("/v1/meters/*/notices", [](const http::Request&) {
    return http::EventSource([](const std::string& last_id) {
      std::vector<http::ServerEvent> events;
      for (int number = last_id.empty() ? 1 : std::stoi(last_id) + 1; number <= 5; ++number) {
        json data = json::parse(kNotice);
        data["notice"] = number;
        events.push_back(event_of(std::to_string(number), data.dump()));
      }
      return events;
    });
  });
  REQUIRE(server.start());
  const VaultFolder folder;
  auto vault = folder.open();
  REQUIRE(vault.print(std::vector(3, request_for_tests())));
  const auto key_file = folder.folder.path() / "api.key";
  REQUIRE(write_file_durably(key_file, as_bytes("sesame\n"), 0600));
  const DataCenterAddress address{"https://127.0.0.1:" + std::to_string(server.port()),
                                  test::certificate_folder() / "authority.pem", key_file};
  auto link = DataCenter::connect(address, 7);
  REQUIRE(link);
  CHECK(register_pending(vault, link->post())->registered == 3);
  CHECK(*link->totals() == "{\"registered\":3}");
  std::vector<std::uint64_t> numbers;
  const auto collect = [&](const Notice& notice) {
    numbers.push_back(notice.number);
    return notice.number < 5;
  };
  REQUIRE(link->follow(0, collect, {}));
  REQUIRE(link->follow(3, collect, {}));
  CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 4, 5});

  REQUIRE(vault.print(std::vector{request_for_tests()}));
  REQUIRE(write_file_durably(key_file, as_bytes("wrong\n"), 0600));
  auto stranger = DataCenter::connect(address, 7);
  REQUIRE(stranger);
  CHECK(register_pending(vault, stranger->post()).error().kind == ErrorKind::refused);
  server.stop();
  CHECK(register_pending(vault, link->post()).error().kind == ErrorKind::unavailable);
  CHECK(vault.pending().size() == 1);
  REQUIRE(write_file_durably(key_file, as_bytes("two words\n"), 0600));
  CHECK(DataCenter::connect(address, 7).error().kind == ErrorKind::invalid);
}
