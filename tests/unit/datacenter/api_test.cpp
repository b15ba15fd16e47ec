// The API over real HTTPS: who may ask, what is answered, what hostile bodies do.
#include "datacenter/communication/api.h"

#include <nlohmann/json.hpp>
#include <thread>

#include "base/certificate.h"
#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;
using nlohmann::json;

namespace {

/// A store behind a server, and clients of it.
struct Web : Fixture {
  Web() {
    REQUIRE(store->add_account("Other"));
    other_key = store->add_meter("Other", 8, "other").value();
    std::filesystem::create_directory(folder / "tls");
    REQUIRE(make_server_certificate(folder / "tls", {"localhost", "127.0.0.1"}, 2));
    http::ServerOptions options;
    options.certificate = folder / "tls/server.pem";
    options.private_key = folder / "tls/server.key";
    server = std::make_unique<http::Server>(options);
    add_api_routes(*server, *store);
    store->on_notices([this] { server->wake(); });
    const auto started = server->start();
    if (!started) FAIL(started.error().message);
  }
  ~Web() { server.reset(); }

  http::Client client(const std::string& authorization) {
    http::ClientOptions options;
    options.base_url = "https://127.0.0.1:" + std::to_string(server->port());
    options.authority = folder / "tls/authority.pem";
    options.authorization = authorization;
    return http::Client(options);
  }
  http::Client mine() { return client("Bearer " + key); }

  std::string other_key;
  std::unique_ptr<http::Server> server;
};

std::string body_of(std::vector<Registration> pieces) {
  json codes = json::array();
  for (const Registration& piece : pieces) {
    codes.push_back({{"code", piece.code},
                     {"issuer", piece.token.issuer},
                     {"meter", piece.token.meter},
                     {"counter", piece.token.counter},
                     {"postage", piece.postage.to_string()},
                     {"mailed", format_date(piece.mailed)},
                     {"service", piece.service}});
  }
  return json{{"codes", codes}}.dump();
}

int status(const Result<http::Response>& response) {
  if (!response) FAIL(response.error().message);
  return response->status;
}

json answer(const Result<http::Response>& response) {
  if (!response) FAIL(response.error().message);
  return json::parse(response->body);
}

/// Follows the notices after `last` until `count` came.
std::vector<http::ServerEvent> follow(Web& web, const std::string& last, std::size_t count) {
  std::vector<http::ServerEvent> events;
  std::stop_source stop;
  const auto followed = web.mine().follow(
      "/v1/meters/7/notices", last,
      [&](const http::ServerEvent& event) {
        events.push_back(event);
        return events.size() < count;
      },
      stop.get_token());
  if (!followed) FAIL(followed.error().message);
  return events;
}

}  // namespace

TEST_CASE("A meter registers pieces and asks what became of them") {
  Web web;
  http::Client client = web.mine();
  const std::string body = body_of({registration(1), registration(2)});
  CHECK(answer(client.post("/v1/meters/7/codes", body)) == json({{"registered", 2}, {"known", 0}}));
  CHECK(answer(client.post("/v1/meters/7/codes", body)) == json({{"registered", 0}, {"known", 2}}));
  web.take(batch({scan(1), diverted(2, postal::Verdict::forged, postal::Reason::forged)}));

  CHECK(answer(client.get("/v1/meters/7"))["pieces"] ==
        json({{"registered", 1}, {"read", 1}, {"suspect", 0}, {"not_read", 0}}));
  const json first = answer(client.get("/v1/meters/7/pieces?limit=1"));
  REQUIRE(first["pieces"].size() == 1);
  CHECK(first["pieces"][0]["state"] == "read");
  CHECK(first["pieces"][0]["station"] == "S1");
  const std::string next = std::to_string(first["next"].get<int>());
  const json rest = answer(client.get("/v1/meters/7/pieces?after=" + next));
  REQUIRE(rest["pieces"].size() == 1);
  CHECK(rest["pieces"][0]["code"] == code(2));
  CHECK(rest["next"].is_null());
  const json piece = answer(client.get("/v1/meters/7/pieces/" + code(2)));
  CHECK(piece["state"] == "registered");
  CHECK(piece["history"].size() == 1);
  REQUIRE(piece["suspects"].size() == 1);
  CHECK(piece["suspects"][0]["reason"] == "forged");
  CHECK(answer(client.get("/v1/health"))["status"] == "ok");
}

TEST_CASE("A meter asks what is known of its registers, whatever became of the pieces") {
  Web web;
  http::Client client = web.mine();
  const json nothing = answer(client.get("/v1/meters/7/sync"));
  CHECK(nothing["meter"] == 7);
  CHECK(nothing["pieces"] == 0);
  CHECK(nothing["counter"] == 0);
  CHECK(nothing["ascending"] == "0.000");
  const auto now = parse_utc(nothing["time"].get<std::string>());
  REQUIRE(now);
  CHECK(*now <= utc_now());
  CHECK(utc_now() - *now < std::chrono::minutes(5));
  const std::string body = body_of({registration(3), registration(1), registration(2)});
  for (int twice = 0; twice < 2; ++twice) {
    REQUIRE(status(client.post("/v1/meters/7/codes", body)) == 200);
    web.take(batch({scan(1), diverted(2, postal::Verdict::forged, postal::Reason::forged)}));
    const json known = answer(client.get("/v1/meters/7/sync"));
    CHECK(known["pieces"] == 3);
    CHECK(known["counter"] == 3);
    CHECK(known["ascending"] == "1.218");
  }
  // What is refused whole is not counted.
  Registration other = registration(4);
  other.code = code(1);
  CHECK(status(client.post("/v1/meters/7/codes", body_of({registration(5), other}))) == 409);
  CHECK(answer(client.get("/v1/meters/7/sync"))["counter"] == 3);
  Registration vast = registration(6);
  vast.postage.mills = INT64_MAX;
  CHECK(status(client.post("/v1/meters/7/codes", body_of({vast}))) == 409);
  CHECK(answer(client.get("/v1/meters/7/sync"))["pieces"] == 3);
  CHECK(status(client.get("/v1/meters/8/sync")) == 403);
  CHECK(status(web.client("").get("/v1/meters/7/sync")) == 401);
}

TEST_CASE("Without the meter's own key nothing is told and nothing is taken") {
  Web web;
  web.enroll({1});
  const std::string body = body_of({registration(2)});
  for (const std::string target :
       {"/v1/meters/7", "/v1/meters/7/pieces", "/v1/meters/7/pieces/x", "/v1/meters/7/notices"}) {
    CAPTURE(target);
    CHECK(status(web.client("").get(target)) == 401);
    CHECK(status(web.client("Bearer wrong").get(target)) == 401);
    CHECK(status(web.client("Basic " + web.key).get(target)) == 401);
    CHECK(status(web.client("Bearer " + std::string(5000, 'a')).get(target)) == 401);
    CHECK(status(web.client("Bearer " + web.other_key).get(target)) == 403);
  }
  CHECK(status(web.client("").post("/v1/meters/7/codes", body)) == 401);
  CHECK(status(web.client("Bearer " + web.other_key).post("/v1/meters/7/codes", body)) == 403);
  CHECK(status(web.mine().get("/v1/meters/8")) == 403);
  CHECK(status(web.mine().get("/v1/meters/99")) == 403);
  CHECK(status(web.mine().get("/v1/meters/7x")) == 403);
  CHECK(status(web.mine().get("/v1/meters/18446744073709551623")) == 403);
  CHECK(web.state(2) == "absent");
}

TEST_CASE("One meter's codes are hidden from another, and cannot be taken by it") {
  Web web;
  web.enroll({1});
  http::Client other = web.client("Bearer " + web.other_key);
  CHECK(status(other.get("/v1/meters/8/pieces/" + code(1))) == 404);
  CHECK(answer(other.get("/v1/meters/8/pieces"))["pieces"].empty());
  Registration theft = registration(1);
  theft.token = {1, 8, 1};
  CHECK(status(other.post("/v1/meters/8/codes", body_of({theft}))) == 409);
  CHECK(status(other.post("/v1/meters/8/codes", body_of({registration(3)}))) == 422);
}

TEST_CASE("Hostile bodies and questions are refused with a reason in JSON") {
  Web web;
  http::Client client = web.mine();
  web.enroll({1});
  Registration changed = registration(1);
  changed.service = 1;
  std::string many = "{\"codes\":[0";
  for (std::size_t i = 0; i < 1000; ++i) many += ",0";
  const auto post = [&](const std::string& body) {
    const auto response = client.post("/v1/meters/7/codes", body);
    const int code_of = status(response);
    if (code_of != 200) CHECK(answer(response)["error"].is_string());
    return code_of;
  };
  CHECK(post("") == 422);
  CHECK(post("{") == 422);
  CHECK(post(std::string(100'000, '[')) == 422);
  CHECK(post("{\"codes\":[{}]}") == 422);
  CHECK(post("\xff\xfe") == 422);
  CHECK(post(many + "]}") == 413);
  CHECK(post(body_of({changed})) == 409);
  for (const auto* target :
       {"/v1/meters/7/pieces?limit=0", "/v1/meters/7/pieces?limit=1001",
        "/v1/meters/7/pieces?after=-1", "/v1/meters/7/pieces?after=x", "/v1/meters/7/pieces?more=1",
        "/v1/meters/7/pieces/imb:12", "/v1/meters/7/pieces/%27%20OR%201=1"}) {
    CAPTURE(target);
    CHECK(status(client.get(target)) == 422);
  }
  CHECK(status(client.get("/v1/meters/7/pieces/" + code(9))) == 404);
  CHECK(status(client.get("/v1/nothing")) == 404);
}

TEST_CASE("Notices are streamed in order and resumed after the last one seen") {
  Web web;
  web.enroll({1, 2});
  web.take(batch({scan(1)}));
  const auto first = follow(web, "", 2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].id == "1");
  CHECK(first[0].event == "received");
  CHECK(first[1].id == "2");
  const auto rest = follow(web, first[1].id, 1);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].id == "3");
  CHECK(rest[0].event == "read");
  CHECK(json::parse(rest[0].data)["code"] == code(1));

  std::jthread late([&web] { REQUIRE(web.store->store_batch(batch({scan(2)}, 2), at(5))); });
  const auto live = follow(web, "3", 1);
  REQUIRE(live.size() == 1);
  CHECK(live[0].id == "4");
  CHECK(json::parse(live[0].data)["state"] == "read");
}

}  // namespace backstamp::datacenter
