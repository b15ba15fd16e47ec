// The server without a certificate.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "base/http.h"
#include "tests/support/plain_http.h"
#include "tests/unit/base/http_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::test;
using http::Request;
using http::Response;
using http::Server;
using http::ServerOptions;

Response hello(const Request& request) {
  Response response;
  response.content_type = "text/plain";
  response.body = "hello " + request.path + request.body;
  return response;
}

}  // namespace

TEST_CASE("without a certificate plain HTTP is served on loopback") {
  Server server(ServerOptions{});
  server.route("GET", "/a", hello);
  server.route("POST", "/a", hello);
  REQUIRE(server.start());
  const PlainAnswer got = plain_get(server.port(), "/a");
  CHECK(got.status == 200);
  CHECK(got.head.find("content-type: text/plain\r\n") != std::string::npos);
  CHECK(got.body == "hello /a");
  CHECK(plain_get(server.port(), "/b").status == 404);
  const PlainAnswer two =
      plain_exchange(server.port(),
                     "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc"
                     "GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  CHECK(two.body.starts_with("hello /aabcHTTP/1.1 200"));
  CHECK(plain_exchange(server.port(), "nonsense\r\n\r\n").status == 400);
  CHECK(plain_exchange(server.port(),
                       "GET /a HTTP/1.1\r\nx: " + std::string(100'000, 'x') + "\r\n\r\n")
            .status == 431);
}

TEST_CASE("a server counts its answers by the kind of their status") {
  Server server(ServerOptions{});
  server.route("GET", "/a", hello);
  REQUIRE(server.start());
  CHECK(plain_get(server.port(), "/a").status == 200);
  CHECK(plain_get(server.port(), "/b").status == 404);
  CHECK(plain_get(server.port(), "/b").status == 404);
  const http::ServerCounters counters = server.counters();
  CHECK(counters.answers[2] == 1);
  CHECK(counters.answers[4] == 2);
  CHECK(counters.answers[5] == 0);
  CHECK(counters.connections == 3);
  CHECK(counters.refused == 0);
}

TEST_CASE("what others reach is not served without a certificate, unless that is meant") {
  ServerOptions options;
  options.address = "0.0.0.0";
  Server refused(options);
  const auto started = refused.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::refused);
  CHECK(started.error().message.find("certificate") != std::string::npos);
  options.plain_anywhere = true;
  Server meant(options);
  meant.route("GET", "/a", hello);
  REQUIRE(meant.start());
  CHECK(plain_get(meant.port(), "/a").status == 200);
}

TEST_CASE("half of a certificate is not none") {
  ServerOptions options;
  options.private_key = certificate_folder() / "server.key";
  Server server(options);
  const auto started = server.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::invalid);
}

TEST_CASE("plain requests to a server with a certificate are not answered") {
  Server server(server_options());
  server.route("GET", "/a", hello);
  REQUIRE(server.start());
  CHECK(plain_get(server.port(), "/a").status == 0);
}

TEST_CASE("a plain server stops while clients hold their connections") {
  Server server(ServerOptions{});
  server.route("GET", "/a", hello);
  server.stream("/events", [](const Request&) {
    return http::EventSource([](const std::string&) { return std::vector<http::ServerEvent>(); });
  });
  REQUIRE(server.start());
  std::string stream;
  std::jthread client([&] {
    stream = plain_exchange(server.port(), "GET /events HTTP/1.1\r\nhost: x\r\n\r\n").head;
  });
  ::usleep(100'000);
  server.stop();
  client.join();
  CHECK(stream.find("text/event-stream") != std::string::npos);
}
