// The server and the client together, as they are meant to be used.
#include "base/http.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <latch>
#include <thread>

#include "base/limits.h"
#include "tests/unit/base/http_fixture.h"

using namespace backstamp;
using namespace backstamp::test;
using backstamp::http::Client;
using backstamp::http::Request;
using backstamp::http::Response;
using backstamp::http::Server;
using backstamp::http::ServerEvent;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a request reaches its handler whole and is answered over one connection") {
  Server server(server_options());
  Request seen;
  server.route("POST", "/v1/meters/*/codes/*", [&](const Request& request) {
    seen = request;
    Response response;
    response.status = 201;
    response.body = "{\"ok\": true}";
    response.headers["x-reference"] = "7";
    return response;
  });
  REQUIRE(server.start().has_value());
  auto options = client_options(server.port());
  options.authorization = "Bearer abc";
  Client client(options);

  const std::string body(100'000, 'b');
  const auto first = client.post("/v1/meters/m%201/codes/9?since=2026&name=a+b%26c", body);
  REQUIRE(first.has_value());
  CHECK(first->status == 201);
  CHECK(first->body == "{\"ok\": true}");
  CHECK(first->content_type == "application/json");
  CHECK(first->headers.at("x-reference") == "7");
  CHECK(first->headers.at("x-content-type-options") == "nosniff");
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/v1/meters/m 1/codes/9");
  CHECK(seen.parameters == std::vector<std::string>{"m 1", "9"});
  CHECK(seen.query.at("since") == "2026");
  CHECK(seen.query.at("name") == "a b&c");
  CHECK(seen.headers.at("authorization") == "Bearer abc");
  CHECK(seen.body == body);

  const std::string peer = seen.peer;
  CHECK_THAT(peer, ContainsSubstring("127.0.0.1:"));
  REQUIRE(client.post("/v1/meters/m/codes/9", "").has_value());
  CHECK(seen.peer == peer);
}

TEST_CASE("what has no route, no such method or a failing handler says so") {
  Server server(server_options());
  server.route("GET", "/a", [](const Request&) { return Response{}; });
  server.route("PUT", "/a", [](const Request&) { return Response{}; });
  server.route("GET", "/throws", [](const Request&) -> Response { throw std::bad_alloc(); });
  server.route("GET", "/splits", [](const Request&) {
    Response response;
    response.headers["x"] = "1\r\nset-cookie: y";
    return response;
  });
  server.route("GET", "/nothing", [](const Request&) {
    Response response;
    response.status = 204;
    return response;
  });
  REQUIRE(server.start().has_value());
  Client client(client_options(server.port()));
  CHECK(outcome(client.get("/a")) == "200");
  CHECK(outcome(client.get("/a/")) == "404");
  CHECK(outcome(client.get("/b")) == "404");
  CHECK(outcome(client.get("/throws")) == "500");
  CHECK(outcome(client.get("/splits")) == "500");
  CHECK(outcome(client.get("/nothing")) == "204");
  const auto refused = client.post("/a", "{}");
  REQUIRE(refused.has_value());
  CHECK(refused->status == 405);
  CHECK(refused->headers.at("allow") == "GET, PUT");
  CHECK(outcome(client.get("/%zz")) == "400");
  CHECK(outcome(client.get("/a?x=1&x=2")) == "400");
  CHECK(outcome(client.get("no-slash")) == "invalid");
  CHECK(outcome(client.get("/a b")) == "invalid");
  CHECK(outcome(client.get("/a\r\nx: y")) == "invalid");
}

TEST_CASE("the client trusts its own authority and the server's name, and nobody else") {
  Server server(server_options());
  server.route("GET", "/", [](const Request&) { return Response{}; });
  REQUIRE(server.start().has_value());

  auto by_name = client_options(server.port());
  by_name.base_url = "https://localhost:" + std::to_string(server.port());
  CHECK(outcome(Client(by_name).get("/")) == "200");

  const TemporaryFolder other;
  REQUIRE(make_server_certificate(other.path(), {"elsewhere.example", "::1"}, 30).has_value());
  auto stranger = client_options(server.port());
  stranger.authority = other.path() / "authority.pem";
  const auto untrusted = Client(stranger).get("/");
  CHECK(outcome(untrusted) == "refused");
  CHECK_THAT(untrusted.error().message, ContainsSubstring("127.0.0.1"));

  auto elsewhere = server_options();
  elsewhere.certificate = other.path() / "server.pem";
  elsewhere.private_key = other.path() / "server.key";
  Server wrong_name(elsewhere);
  REQUIRE(wrong_name.start().has_value());
  auto options = client_options(wrong_name.port());
  options.authority = other.path() / "authority.pem";
  CHECK(outcome(Client(options).get("/")) == "refused");
  options.base_url = "https://localhost:" + std::to_string(wrong_name.port());
  CHECK(outcome(Client(options).get("/")) == "refused");
}

TEST_CASE("a client that cannot work says why at each request") {
  auto options = client_options(1);
  options.base_url = "http://127.0.0.1:1";
  CHECK(outcome(Client(options).get("/")) == "invalid");
  options = client_options(1);
  options.authority = "/nonexistent/authority.pem";
  const auto no_authority = Client(options).get("/");
  CHECK(outcome(no_authority) == "invalid");
  CHECK_THAT(no_authority.error().message, ContainsSubstring("/nonexistent/authority.pem"));
  options = client_options(1);
  options.authorization = "a\r\nb: c";
  CHECK(outcome(Client(options).get("/")) == "invalid");
  CHECK(outcome(Client(client_options(1)).get("/")) == "unavailable");
}

TEST_CASE("a server that cannot serve says why") {
  Server server(server_options());
  REQUIRE(server.start().has_value());
  auto same_port = server_options();
  same_port.port = server.port();
  const auto taken = Server(same_port).start();
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().kind == ErrorKind::io);
  CHECK_THAT(taken.error().message, ContainsSubstring(std::to_string(server.port())));

  const TemporaryFolder other;
  REQUIRE(make_server_certificate(other.path(), {"localhost"}, 30).has_value());
  auto mixed = server_options();
  mixed.private_key = other.path() / "server.key";
  const auto mismatch = Server(mixed).start();
  REQUIRE_FALSE(mismatch.has_value());
  CHECK(mismatch.error().kind == ErrorKind::invalid);
  auto missing = server_options();
  missing.certificate = "/nonexistent.pem";
  CHECK_FALSE(Server(missing).start().has_value());
  auto named = server_options();
  named.address = "not an address";
  CHECK_FALSE(Server(named).start().has_value());
}

TEST_CASE("the client finds the server again after it was restarted") {
  auto server = std::make_unique<Server>(server_options());
  server->route("GET", "/", [](const Request&) { return Response{}; });
  REQUIRE(server->start().has_value());
  const std::uint16_t port = server->port();
  Client client(client_options(port));
  REQUIRE(outcome(client.get("/")) == "200");
  server.reset();
  CHECK(outcome(client.get("/")) == "unavailable");
  auto options = server_options();
  options.port = port;
  Server second(options);
  second.route("GET", "/", [](const Request&) { return Response{}; });
  REQUIRE(second.start().has_value());
  CHECK(outcome(client.get("/")) == "200");
  CHECK(outcome(client.post("/", "")) == "405");
}

TEST_CASE("a request that takes too long is a timeout, and the client goes on") {
  std::latch release(1);
  Server server(server_options());
  server.route("GET", "/slow", [&](const Request&) {
    release.wait();
    return Response{};
  });
  server.route("GET", "/quick", [](const Request&) { return Response{}; });
  REQUIRE(server.start().has_value());
  auto options = client_options(server.port());
  options.timeout = std::chrono::milliseconds(300);
  CHECK(outcome(Client(options).get("/slow")) == "timeout");
  release.count_down();
  CHECK(outcome(Client(client_options(server.port())).get("/quick")) == "200");
}

TEST_CASE("stop lets a request at work have its answer") {
  std::latch entered(1);
  std::latch release(1);
  Server server(server_options());
  server.route("GET", "/slow", [&](const Request&) {
    entered.count_down();
    release.wait();
    return Response{};
  });
  REQUIRE(server.start().has_value());
  std::string result;
  std::thread client([&] { result = outcome(Client(client_options(server.port())).get("/slow")); });
  entered.wait();
  std::thread stopper([&] { server.stop(); });
  release.count_down();
  client.join();
  stopper.join();
  CHECK(result == "200");
}

TEST_CASE("an answer over the limit is refused by the client") {
  Server server(server_options());
  server.route("GET", "/at-limit", [](const Request&) {
    Response response;
    response.body.assign(limits::kHttpBodyBytes, 'x');
    return response;
  });
  server.route("GET", "/over", [](const Request&) {
    Response response;
    response.body.assign(limits::kHttpBodyBytes + 1, 'x');
    return response;
  });
  server.route("POST", "/", [](const Request&) { return Response{}; });
  REQUIRE(server.start().has_value());
  Client client(client_options(server.port()));
  CHECK(outcome(client.get("/at-limit")) == "200");
  CHECK(outcome(client.get("/over")) == "limit");
  CHECK(outcome(client.post("/", std::string(limits::kHttpBodyBytes, 'x'))) == "200");
  CHECK(outcome(client.post("/", std::string(limits::kHttpBodyBytes + 1, 'x'))) == "413");
}

TEST_CASE("many clients at once are all served") {
  std::atomic<int> served = 0;
  Server server(server_options());
  server.route("POST", "/echo", [&](const Request& request) {
    ++served;
    Response response;
    response.body = request.body;
    return response;
  });
  REQUIRE(server.start().has_value());
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      Client client(client_options(server.port()));
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t) + "/" + std::to_string(i);
        const auto response = client.post("/echo", body);
        if (response && response->body == body) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 300);
  CHECK(served == 300);
}
