// Bytes that no sound client or server sends, against ours.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <thread>

#include "base/http.h"
#include "base/limits.h"
#include "tests/unit/base/http_fixture.h"
#include "tests/unit/base/tls_peer.h"

using namespace backstamp;
using namespace backstamp::test;
using backstamp::http::Client;
using backstamp::http::Request;
using backstamp::http::Response;
using backstamp::http::Server;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// A server with one route, POST /, that answers with the body, and GET /.
struct Echo {
  explicit Echo(http::ServerOptions options = server_options()) : server(std::move(options)) {
    const auto echo = [](const Request& request) {
      Response response;
      response.body = request.body;
      return response;
    };
    server.route("POST", "/", echo);
    server.route("GET", "/", echo);
    REQUIRE(server.start().has_value());
  }
  /// The status line, or "closed", for these bytes over a connection of their own.
  std::string answer(std::string_view bytes) const {
    RawClient client(server.port());
    REQUIRE(client.connected());
    client.send(bytes);
    const std::string got = client.receive_until("\r\n");
    return got.empty() ? "closed" : got.substr(0, got.find("\r\n"));
  }
  bool alive() const { return outcome(Client(client_options(server.port())).get("/")) == "200"; }

  Server server;
};

}  // namespace

TEST_CASE("requests that break the grammar get 400 and the connection ends") {
  const Echo echo;
  for (const std::string_view bytes :
       {"GARBAGE\r\n\r\n", "GET  / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\n x: folded\x01\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nhost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"}) {
    INFO(bytes);
    CHECK_THAT(echo.answer(bytes), StartsWith("HTTP/1.1 400"));
  }
  CHECK(echo.alive());
}

TEST_CASE("headers and bodies over the limits are refused by name, and the answer arrives") {
  const Echo echo;
  const std::string large(limits::kHttpHeaderBytes, 'x');
  CHECK_THAT(echo.answer("GET / HTTP/1.1\r\nhost: a\r\nx: " + large + "\r\n\r\n"),
             StartsWith("HTTP/1.1 431"));
  CHECK_THAT(echo.answer("GET /" + large + " HTTP/1.1\r\nhost: a\r\n\r\n"),
             StartsWith("HTTP/1.1 431"));
  CHECK_THAT(echo.answer("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n"),
             StartsWith("HTTP/1.1 413"));
  std::string chunks = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
  for (std::size_t sent = 0; sent <= limits::kHttpBodyBytes; sent += 0x10000) {
    chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  }
  CHECK_THAT(echo.answer(chunks + "0\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  CHECK(echo.alive());
}

TEST_CASE("requests in one packet are answered in turn, HEAD without a body") {
  const Echo echo;
  RawClient client(echo.server.port());
  REQUIRE(client.send(
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\none"
      "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n"
      "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\ntwo"));
  const std::string all = client.receive_all();
  CHECK_THAT(all, ContainsSubstring("\r\n\r\noneHTTP/1.1 200 OK"));
  CHECK_THAT(all, ContainsSubstring("connection: close"));
  CHECK_THAT(all, ContainsSubstring("\r\n\r\ntwo"));
}

TEST_CASE("a client that waits for 100-continue is told to go on") {
  const Echo echo;
  RawClient client(echo.server.port());
  REQUIRE(
      client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n"
                  "content-length: 3\r\n\r\n"));
  CHECK_THAT(client.receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  REQUIRE(client.send("abc"));
  CHECK_THAT(client.receive_until("abc"), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("a request cut or changed anywhere never takes the server down") {
  const Echo echo;
  const std::string sound =
      "POST /?a=%20b HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
      "3;x=y\r\nabc\r\n0\r\nt: u\r\n\r\n";
  REQUIRE_THAT(echo.answer(sound), StartsWith("HTTP/1.1 200"));
  for (std::size_t length = 0; length < sound.size(); length += 3) {
    RawClient client(echo.server.port());
    client.send(sound.substr(0, length));
  }
  for (std::size_t at = 0; at < sound.size(); ++at) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 0x80 : 0x04));
    RawClient client(echo.server.port());
    client.send(bytes);
  }
  CHECK(echo.alive());
}

TEST_CASE("what is not TLS, or an old one, is turned away") {
  const Echo echo;
  for (const std::string_view bytes : {"GET / HTTP/1.1\r\nhost: a\r\n\r\n", "\x16\x03\x01", ""}) {
    const UniqueFd fd = connect_loopback(echo.server.port());
    REQUIRE(write_all(fd.get(), as_bytes(bytes)).has_value());
    ::shutdown(fd.get(), SHUT_WR);
    char buffer[256];
    while (::recv(fd.get(), buffer, sizeof buffer, 0) > 0) {
    }
  }
  CHECK_FALSE(RawClient(echo.server.port(), TLS1_1_VERSION).connected());
  CHECK(RawClient(echo.server.port(), TLS1_2_VERSION).connected());
  CHECK(echo.alive());
}

TEST_CASE("a client that stays silent or dawdles is disconnected") {
  auto options = server_options();
  options.idle_timeout = std::chrono::seconds(1);
  const Echo echo(options);
  RawClient silent(echo.server.port());
  RawClient half(echo.server.port());
  RawClient body(echo.server.port());
  const UniqueFd no_handshake = connect_loopback(echo.server.port());
  REQUIRE(half.send("GET / HTTP/1.1\r\nhost:"));
  REQUIRE(body.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\na"));
  CHECK(silent.receive().empty());
  CHECK(half.receive().empty());
  CHECK(body.receive().empty());
  char byte = 0;
  CHECK(::recv(no_handshake.get(), &byte, 1, 0) <= 0);
}

TEST_CASE("connections over the limit are closed at once and counted") {
  auto options = server_options();
  options.connections_limit = 2;
  const Echo echo(options);
  auto first = std::make_unique<RawClient>(echo.server.port());
  const RawClient second(echo.server.port());
  REQUIRE(first->connected());
  REQUIRE(second.connected());
  CHECK_FALSE(RawClient(echo.server.port()).connected());
  CHECK(echo.server.refused_connections() == 1);
  first.reset();
  while (!echo.alive()) std::this_thread::yield();  // until the server has noticed
}

TEST_CASE("answers that break the grammar or are cut are errors for the client") {
  const auto get = [](std::string answer) {
    const RawServer server(certificate_folder(), std::move(answer));
    return outcome(Client(client_options(server.port())).get("/"));
  };
  const std::string sound =
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello";
  CHECK(get(sound) == "200");
  for (std::size_t length = 0; length < sound.size(); length += 2) {
    CHECK(get(sound.substr(0, length)) == "unavailable");
  }
  CHECK(get("SSH-2.0-x\r\n\r\n") == "unavailable");
  CHECK(get("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\nhello") == "unavailable");
  CHECK(get("HTTP/1.1 200 OK\r\nx: " + std::string(20'000, 'x') + "\r\n\r\n") == "limit");
  CHECK(get("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n") ==
        "unavailable");
  CHECK(get("HTTP/1.1 200 OK\r\n\r\n" + std::string(limits::kHttpBodyBytes + 1, 'x')) == "limit");
}

TEST_CASE("an answer changed in any byte is a response or an error, never worse") {
  const std::string sound =
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t at = 0; at < sound.size(); ++at) {
    std::string answer = sound;
    answer[at] = static_cast<char>(answer[at] ^ (at % 2 == 0 ? 0x80 : 0x04));
    const RawServer server(certificate_folder(), answer);
    CHECK_FALSE(outcome(Client(client_options(server.port())).get("/")).empty());
  }
}
