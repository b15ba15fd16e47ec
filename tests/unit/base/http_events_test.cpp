// Server-sent events: the grammar alone, and streams from a server to a client.
#include <catch2/catch_test_macros.hpp>
#include <latch>
#include <mutex>
#include <random>
#include <thread>

#include "base/http.h"
#include "base/http/sse.h"
#include "tests/unit/base/http_fixture.h"
#include "tests/unit/base/tls_peer.h"

using namespace backstamp;
using namespace backstamp::test;
using backstamp::http::Client;
using backstamp::http::EventParser;
using backstamp::http::EventSource;
using backstamp::http::Request;
using backstamp::http::Response;
using backstamp::http::Server;
using backstamp::http::ServerEvent;

namespace {

/// "id/event/data;" for each event, fed in pieces of `piece` bytes.
std::string parsed(std::string_view bytes, std::size_t piece = 1000) {
  EventParser parser;
  std::vector<ServerEvent> events;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto fed = parser.feed(bytes.substr(at, piece), events);
    if (!fed) return std::string(to_string(fed.error().kind));
  }
  std::string out;
  for (const auto& event : events) out += event.id + "/" + event.event + "/" + event.data + ";";
  return out;
}

/// Notices 1, 2, 3, … of which the stream gives those after the last id.
struct Notices {
  std::mutex mutex;
  int count = 0;

  std::variant<Response, EventSource> open(const Request& request) {
    if (request.headers.contains("authorization")) {
      Response response;
      response.status = 403;
      return response;
    }
    return EventSource([this](const std::string& last_id) {
      const std::lock_guard lock(mutex);
      std::vector<ServerEvent> events;
      for (int i = last_id.empty() ? 1 : std::stoi(last_id) + 1; i <= count; ++i) {
        events.push_back({std::to_string(i), "notice", "line 1\nline " + std::to_string(i)});
        if (events.size() == 10) break;
      }
      return events;
    });
  }
  void add(int more) {
    const std::lock_guard lock(mutex);
    count += more;
  }
};

}  // namespace

TEST_CASE("events are parsed as the standard has them, in pieces of any size") {
  const std::string stream =
      "\xef\xbb\xbf: a comment\n"
      "data: one\n\n"
      "id: 7\nevent: notice\ndata: two\ndata:three\n\n"
      "data\n\n"
      "id: 8\n\n"
      "retry: 10\nunknown: x\ndata:  blank kept\r\n\r\n"
      "id\rdata: four\r\r"
      "event: dropped\n\n"
      "data: never finished\n";
  const std::string wanted = "//one;7/notice/two\nthree;7//;8// blank kept;//four;";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece)
    CHECK(parsed(stream, piece) == wanted);
  CHECK(parsed(std::string_view("id: a\0b\ndata: x\n\n", 17)) == "//x;");
  CHECK(parsed("data: \xff\n\n") == "invalid");
}

TEST_CASE("events over the limit are refused, comments never add up") {
  CHECK(parsed("data: " + std::string(http::kServerEventBytes, 'x')) == "limit");
  std::string lines;
  while (lines.size() <= http::kServerEventBytes + 10'000) lines += "data: xxxxxxxxxxxxxxxxxxxx\n";
  CHECK(parsed(lines) == "limit");
  std::string comments;
  while (comments.size() <= http::kServerEventBytes + 10'000) comments += ": still here\n\n";
  CHECK(parsed(comments + "data: x\n\n") == "//x;");
}

TEST_CASE("what is written is parsed back") {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    ServerEvent event;
    event.id = std::to_string(random());
    event.event = random() % 2 == 0 ? "" : "notice";
    for (auto i = random() % 40; i > 0; --i) event.data += "ab: \n"[random() % 5];
    const auto written = http::write_event(event);
    REQUIRE(written.has_value());
    CHECK(parsed(*written, 1 + random() % 20) ==
          event.id + "/" + event.event + "/" + event.data + ";");
  }
  CHECK(parsed(*http::write_event({"1", "", "a\r\nb\rc"})) == "1//a\nb\nc;");
  CHECK_FALSE(http::write_event({"1\n2", "", ""}).has_value());
  CHECK_FALSE(http::write_event({"1", "a\rb", ""}).has_value());
  CHECK_FALSE(http::write_event({"1", "", std::string(http::kServerEventBytes, 'x')}).has_value());
}

TEST_CASE("a stream goes on after the last event that the client saw") {
  Notices notices;
  notices.add(25);
  Server server(server_options());
  server.stream("/v1/notices", [&](const Request& request) { return notices.open(request); });
  REQUIRE(server.start().has_value());
  Client client(client_options(server.port()));
  std::vector<int> seen;
  std::string last_id;
  for (const int until : {7, 8, 25}) {
    const auto followed = client.follow("/v1/notices", last_id,
                                        [&](const ServerEvent& event) {
                                          CHECK(event.event == "notice");
                                          CHECK(event.data == "line 1\nline " + event.id);
                                          seen.push_back(std::stoi(event.id));
                                          last_id = event.id;
                                          return seen.back() < until;
                                        },
                                        {});
    REQUIRE(followed.has_value());
  }
  REQUIRE(seen.size() == 25);
  for (int i = 0; i < 25; ++i) CHECK(seen[static_cast<std::size_t>(i)] == i + 1);
}

TEST_CASE("a stream carries what comes later, and ends when the follower is asked to stop") {
  Notices notices;
  Server server(server_options());
  server.stream("/v1/notices", [&](const Request& request) { return notices.open(request); });
  server.route("GET", "/", [](const Request&) { return Response{}; });
  REQUIRE(server.start().has_value());
  std::stop_source stop;
  std::latch some(5);
  Result<void> followed;
  std::thread follower([&] {
    Client client(client_options(server.port()));
    followed = client.follow(
        "/v1/notices", "",
        [&](const ServerEvent&) {
          some.count_down();
          return outcome(client.get("/")) == "200";  // the client serves meanwhile
        },
        stop.get_token());
  });
  for (int i = 0; i < 5; ++i) {
    notices.add(1);
    server.wake();
  }
  some.wait();
  stop.request_stop();
  follower.join();
  CHECK(followed.has_value());
}

TEST_CASE("a stream ends with its server") {
  Notices notices;
  notices.add(1);
  Server server(server_options());
  server.stream("/v1/notices", [&](const Request& request) { return notices.open(request); });
  REQUIRE(server.start().has_value());
  std::latch first(1);
  Result<void> followed;
  std::thread follower([&] {
    followed = Client(client_options(server.port()))
                   .follow("/v1/notices", "",
                           [&](const ServerEvent&) {
                             first.count_down();
                             return true;
                           },
                           {});
  });
  first.wait();
  server.stop();
  follower.join();
  CHECK(followed.has_value());
}

TEST_CASE("what is not a stream of events is not followed") {
  Notices notices;
  Server server(server_options());
  server.stream("/v1/notices", [&](const Request& request) { return notices.open(request); });
  server.stream("/throws",
                [](const Request&) -> std::variant<Response, EventSource> { throw 1.0; });
  server.route("GET", "/json", [](const Request&) { return Response{}; });
  REQUIRE(server.start().has_value());
  const auto follow = [&](http::ClientOptions options, const std::string& target,
                          std::stop_token stop = {}) -> std::string {
    const auto end = Client(options).follow(
        target, "", [](const ServerEvent&) { return true; }, std::move(stop));
    return end ? "ended" : std::string(to_string(end.error().kind));
  };
  auto options = client_options(server.port());
  CHECK(follow(options, "/json") == "refused");
  CHECK(follow(options, "/nowhere") == "refused");
  CHECK(follow(options, "/throws") == "unavailable");
  std::stop_source stopped;
  stopped.request_stop();
  CHECK(follow(options, "/v1/notices", stopped.get_token()) == "ended");
  options.authorization = "x";
  CHECK(follow(options, "/v1/notices") == "refused");
}

TEST_CASE("hostile streams end the following, with an error where they break the grammar") {
  const auto follow = [&](std::string answer, int* count = nullptr) -> std::string {
    const RawServer server(certificate_folder(), std::move(answer));
    const auto end = Client(client_options(server.port()))
                         .follow("/", "",
                                 [&](const ServerEvent&) {
                                   if (count != nullptr) ++*count;
                                   return true;
                                 },
                                 {});
    return end ? "ended" : std::string(to_string(end.error().kind));
  };
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
  int count = 0;
  CHECK(follow(head + "\r\ndata: a\n\ndata: b\n\ndata: cut", &count) == "ended");
  CHECK(count == 2);
  count = 0;
  CHECK(follow(head + "transfer-encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n0\r\n\r\n", &count) ==
        "ended");
  CHECK(count == 1);
  CHECK(follow(head + "transfer-encoding: chunked\r\n\r\nzz\r\n") == "ended");
  CHECK(follow(head + "content-length: 99999999999999\r\n\r\ndata: a\n\n") == "ended");
  CHECK(follow(head + "\r\ndata: \xff\xfe\n\n") == "invalid");
  CHECK(follow(head + "\r\ndata: " + std::string(2u << 20, 'x')) == "limit");
  CHECK(follow("HTTP/1.1 500 x\r\n\r\n") == "unavailable");
  CHECK(follow("") == "unavailable");
}
