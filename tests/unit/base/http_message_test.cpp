#include "base/http/message.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

using namespace backstamp;
using namespace backstamp::http;

TEST_CASE("targets are decoded segment by segment") {
  const auto target = parse_target("/v1/a%2Fb//%C3%A9?x=1&y&z=%26+%2B&&");
  REQUIRE(target.has_value());
  CHECK(target->path == "/v1/a/b//é");
  CHECK(target->segments == std::vector<std::string>{"v1", "a/b", "", "é"});
  CHECK(target->query == std::map<std::string, std::string>{{"x", "1"}, {"y", ""}, {"z", "& +"}});
  CHECK(parse_target("/")->segments == std::vector<std::string>{""});
}

TEST_CASE("unsound targets are refused") {
  for (const auto* raw : {"", "a", "*", "http://a/", "/%", "/%4", "/%zz", "/%00", "/%0d%0a", "/%ff",
                          "/\xff", "/?a=1&a=2", "/?%zz=1", "/?a=%f", "/\x7f"}) {
    INFO(raw);
    CHECK_FALSE(parse_target(raw).has_value());
  }
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string raw = "/";
    for (auto i = random() % 12; i > 0; --i) raw += "/%?&=+02fa\xc3\xa9"[random() % 12];
    const auto target = parse_target(raw);
    if (target) CHECK(target->path.starts_with('/'));
  }
}

TEST_CASE("a star matches exactly one segment that is not empty") {
  const auto pattern = split_pattern("/v1/*/codes/*");
  const auto match = [&](std::string_view raw) {
    return match_segments(pattern, parse_target(raw)->segments);
  };
  CHECK(match("/v1/a/codes/b") == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(match("/v1/a/codes").has_value());
  CHECK_FALSE(match("/v1/a/codes/").has_value());
  CHECK_FALSE(match("/v1/a/codes/b/c").has_value());
  CHECK_FALSE(match("/v1/a/b/codes/c").has_value());
  CHECK(match_segments(split_pattern("/"), {""}).has_value());
}

TEST_CASE("server URLs are taken apart strictly") {
  CHECK(parse_server_url("https://hub")->port == "443");
  CHECK(parse_server_url("https://hub:8443/")->port == "8443");
  CHECK(parse_server_url("https://[::1]:8443")->host == "::1");
  CHECK(parse_server_url("https://[::1]:8443")->authority == "[::1]:8443");
  CHECK(parse_server_url("https://[::1]")->port == "443");
  for (const auto* url :
       {"", "http://hub", "https://", "https://:1", "https://hub:0", "https://hub:65536",
        "https://hub:", "https://hub:1x", "https://hub/path", "https://a@b", "https://[::1",
        "https://[::1]x", "https://::1", "https://hub\r\n", "https://hub:1:2"}) {
    INFO(url);
    CHECK_FALSE(parse_server_url(url).has_value());
  }
}

TEST_CASE("responses are written with their length, and never with a split header") {
  Response response;
  response.body = "{}";
  const auto text = write_response(response, true, true);
  REQUIRE(text.has_value());
  CHECK(*text ==
        "HTTP/1.1 200 OK\r\ncache-control: no-store\r\nconnection: keep-alive\r\n"
        "content-length: 2\r\ncontent-type: application/json\r\n"
        "x-content-type-options: nosniff\r\n\r\n{}");
  response.headers["Cache-Control"] = "max-age=60";
  CHECK(write_response(response, true, true)->find("no-store") == std::string::npos);
  CHECK(write_response(response, true, false)->ends_with("\r\n\r\n"));
  response.headers = {{"a b", "c"}};
  CHECK_FALSE(write_response(response, true, true).has_value());
  response.headers = {{"a", "b\nc"}};
  CHECK_FALSE(write_response(response, true, true).has_value());
  response.headers.clear();
  response.status = 99;
  CHECK_FALSE(write_response(response, true, true).has_value());
  CHECK(error_response(400, "a \"b\"\n").body == "{\"error\": \"a \\\"b\\\" \"}\n");
}
