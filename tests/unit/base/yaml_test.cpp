#include "base/yaml.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <random>

using backstamp::ErrorKind;
using backstamp::yaml::Document;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 3> kRoles{"induction", "transit", "delivery"};

Document parsed(std::string_view text) {
  auto document = Document::parse(text, "s.yaml", "/etc/backstamp");
  REQUIRE(document.has_value());
  return *document;
}

std::string faults(Document& document) {
  const auto end = document.finish();
  return end ? "" : end.error().message;
}

std::string parse_fault(std::string_view text) {
  auto document = Document::parse(text, "s.yaml");
  if (!document) return document.error().message;
  return faults(*document);
}

}  // namespace

TEST_CASE("a configuration that is right is read whole") {
  Document document = parsed(R"(
name: Lane 1
pass: 3
speed: 2.5
live: true
budget: 60ms
role: transit
spool: spool/events
keys: /var/keys
meters: [m1, "m2"]
uplink: {endpoint: "tcp://hub:7000"}
cameras:
  - {id: left}
  - {id: right}
)");
  auto root = document.root();
  CHECK(root.text("name") == "Lane 1");
  CHECK(root.integer("pass", 1, 8) == 3);
  CHECK(root.number("speed", 0.1, 10) == 2.5);
  CHECK(root.flag_or("live", false));
  CHECK(root.duration("budget", 1ms, 1s) == 60ms);
  CHECK(root.choice("role", kRoles) == 1);
  CHECK(root.path("spool") == "/etc/backstamp/spool/events");
  CHECK(root.path_if("keys") == "/var/keys");
  CHECK_FALSE(root.path_if("photos").has_value());
  CHECK(root.texts("meters") == std::vector<std::string>{"m1", "m2"});
  CHECK(root.section("uplink").text("endpoint") == "tcp://hub:7000");
  auto cameras = root.sections("cameras");
  REQUIRE(cameras.size() == 2);
  CHECK(cameras[0].text("id") == "left");
  CHECK(cameras[1].text("id") == "right");
  CHECK(document.finish().has_value());
}

TEST_CASE("absent keys take their defaults") {
  Document document = parsed("{}");
  auto root = document.root();
  CHECK(root.text_or("a", "x") == "x");
  CHECK(root.integer_or("b", 7, 0, 9) == 7);
  CHECK(root.number_or("c", 0.5, 0, 1) == 0.5);
  CHECK(root.flag_or("d", true));
  CHECK(root.duration_or("e", 3s, 1s, 9s) == 3s);
  CHECK(root.choice_or("f", 2, kRoles) == 2);
  CHECK(root.sections("g").empty());
  CHECK_FALSE(root.section_if("h").has_value());
  CHECK_FALSE(root.has("i"));
  CHECK(document.finish().has_value());
}

TEST_CASE("all faults are named in the order of the file") {
  Document document = parsed(R"(pass: 99
name: one
role: depot
name: two
uplink:
  window: 3
  surprise: 1
cameras:
  - id: ""
  - plain
)");
  auto root = document.root();
  for (auto& camera : root.sections("cameras")) camera.text("id");
  auto uplink = root.section("uplink");
  uplink.text("endpoint");
  uplink.duration("window", 1s, 1h);
  root.choice("role", kRoles);
  root.integer("pass", 1, 8);
  CHECK(root.text("name") == "one");
  CHECK(faults(document) ==
        "s.yaml:1: pass: wanted a whole number from 1 to 8, found \"99\"\n"
        "s.yaml:3: role: wanted one of induction, transit, delivery, found \"depot\"\n"
        "s.yaml:4: name: wanted this key once, found it again\n"
        "s.yaml:5: uplink.endpoint: wanted a text of 1 to 4096 bytes, found nothing\n"
        "s.yaml:6: uplink.window: wanted a duration from 1s to 1h (us, ms, s, min, h or d), "
        "found \"3\"\n"
        "s.yaml:7: uplink.surprise: wanted a known key (endpoint, window), found an unknown one\n"
        "s.yaml:9: cameras[0].id: wanted a text of 1 to 4096 bytes, found \"\" in quotes\n"
        "s.yaml:10: cameras[1]: wanted a mapping, found \"plain\"");
}

TEST_CASE("a missing section is one fault, not one for each of its keys") {
  Document document = parsed("a: 1\n");
  auto root = document.root();
  root.integer("a", 0, 1);
  auto uplink = root.section("uplink");
  uplink.text("endpoint");
  uplink.section("keys").integer("age", 3, 4);
  uplink.refuse("endpoint", "something else");
  CHECK(faults(document) == "s.yaml:1: uplink: wanted a mapping, found nothing");
}

TEST_CASE("a caller's own refusal names what was found, once") {
  Document document = parsed("endpoint: tcp:/hub\nport: x\n");
  auto root = document.root();
  CHECK(root.text("endpoint") == "tcp:/hub");
  root.refuse("endpoint", "tcp://HOST:PORT");
  root.integer("port", 1, 9);
  root.refuse("port", "another");
  root.refuse("absent", "a thing");
  CHECK(faults(document) ==
        "s.yaml:1: absent: wanted a thing, found nothing\n"
        "s.yaml:1: endpoint: wanted tcp://HOST:PORT, found \"tcp:/hub\"\n"
        "s.yaml:2: port: wanted a whole number from 1 to 9, found \"x\"");
}

TEST_CASE("values of a wrong type are refused, never guessed") {
  const auto refuses = [](std::string_view value, auto read) {
    Document document = parsed("key: " + std::string(value) + "\n");
    auto root = document.root();
    read(root);
    INFO(value);
    CHECK_THAT(faults(document), StartsWith("s.yaml:"));
  };
  for (const auto* value : {"1.5", "0x10", "010", "+1", "1e3", "'1'", "[1]", "{a: 1}", "", "~",
                            "99999999999999999999", "1_000", "true"}) {
    refuses(value, [](auto& root) { root.integer("key", -1'000'000, 1'000'000); });
  }
  for (const auto* value :
       {"inf", ".inf", "nan", ".nan", "0x1p3", "'1.0'", "1e999", "1,5", "--1"}) {
    refuses(value, [](auto& root) { root.number("key", -1e308, 1e308); });
  }
  for (const auto* value : {"yes", "on", "True", "1", "'true'", ""}) {
    refuses(value, [](auto& root) { root.flag_or("key", false); });
  }
  for (const auto* value : {"5", "ms", "-1s", "1.5s", "1 s", "1m", "99999999999999999d", "1S"}) {
    refuses(value, [](auto& root) { root.duration("key", 0us, 8766000h); });
  }
  for (const auto* value : {"''", "~", "[a]", "{a: b}", R"("a\0b")", R"("a\eb")", "abcdefghi"}) {
    refuses(value, [](auto& root) { root.text("key", 8); });
  }
  for (const auto* value : {"a", "{a: b}", "[a, [b]]", "[a, ~]", "[a, b, c]"}) {
    refuses(value, [](auto& root) { root.texts("key", 2); });
  }
  for (const auto* value : {"a", "{a: b}", "[a]", "[{}, {}, {}]"}) {
    refuses(value, [](auto& root) { root.sections("key", 2); });
  }
  for (const auto* value : {"a", "[a]", "~"}) {
    refuses(value, [](auto& root) { root.section_if("key"); });
  }
}

TEST_CASE("durations are read in every unit") {
  const auto read = [](std::string_view value) {
    Document document = parsed("key: " + std::string(value));
    const auto duration = document.root().duration("key", 0us, 8766000h);
    CHECK(document.finish().has_value());
    return duration;
  };
  CHECK(read("250us") == 250us);
  CHECK(read("60ms") == 60ms);
  CHECK(read("3s") == 3s);
  CHECK(read("10min") == 10min);
  CHECK(read("72h") == 72h);
  CHECK(read("45d") == 45 * 24h);
}

TEST_CASE("what YAML allows and a configuration does not need is refused") {
  CHECK_THAT(parse_fault("a: &x 1\nb: *x\n"), ContainsSubstring("s.yaml:1: a: wanted no anchor"));
  CHECK_THAT(parse_fault("a: &x 1\nb: *x\n"),
             ContainsSubstring("s.yaml:2: b: wanted the value itself, found an alias"));
  CHECK_THAT(parse_fault("a: !!str 1\n"), ContainsSubstring("wanted no tag"));
  CHECK_THAT(parse_fault("a: 1\n---\nb: 2\n"), ContainsSubstring("wanted one document"));
  CHECK_THAT(parse_fault("[a]: 1\n"), ContainsSubstring("wanted a text as the key"));
  CHECK_THAT(parse_fault("{a: 1}: 1\n"), ContainsSubstring("wanted a text as the key"));
  CHECK_THAT(parse_fault("~: 1\n"), ContainsSubstring("wanted a text as the key"));
  CHECK_THAT(parse_fault("? \n: 1\n"), ContainsSubstring("wanted a text as the key"));
  CHECK_THAT(parse_fault("- a\n"), ContainsSubstring("s.yaml:1: wanted a mapping, found a list"));
  CHECK_THAT(parse_fault(""), ContainsSubstring("wanted a mapping, found nothing"));
  CHECK_THAT(parse_fault("# only words\n"), ContainsSubstring("wanted a mapping"));
  CHECK_THAT(parse_fault("a: 'b\n"), ContainsSubstring("wanted YAML"));
  CHECK_THAT(parse_fault("a: \"b\nc: 1\n\n"), ContainsSubstring("wanted YAML"));
  CHECK(parse_fault("a: 'b'\n\n").find("YAML") == std::string::npos);
  CHECK_THAT(parse_fault("a: b: c\n"), StartsWith("s.yaml:1: wanted YAML"));
  CHECK_THAT(parse_fault("a: \x01\n"), ContainsSubstring("s.yaml:1: wanted text"));
  CHECK_THAT(parse_fault("a: \xff\n"), ContainsSubstring("wanted UTF-8"));
}

TEST_CASE("depth, number and size have limits") {
  std::string deep = "a: ";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  CHECK_THAT(parse_fault(deep), ContainsSubstring("wanted at most 32 levels"));
  CHECK_THAT(parse_fault(std::string(1 << 20, '[')), StartsWith("s.yaml:"));
  CHECK_THAT(parse_fault(std::string(1 << 20, '{')), StartsWith("s.yaml:"));
  std::string many = "a:\n";
  for (int i = 0; i < 70'000; ++i) many += "- 1\n";
  CHECK_THAT(parse_fault(many), ContainsSubstring("wanted at most 65536 values"));
  const auto large = Document::parse(std::string((1 << 20) + 1, ' '), "s.yaml");
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().kind == ErrorKind::limit);
}

TEST_CASE("a great many faults are counted, not listed") {
  std::string text;
  for (int i = 0; i < 250; ++i) text += "k" + std::to_string(i) + ": 1\n";
  Document document = parsed(text);
  CHECK_THAT(faults(document), ContainsSubstring("and 150 more"));
}

TEST_CASE("load names a file that is not there") {
  const auto document = Document::load("/nonexistent/station.yaml");
  REQUIRE_FALSE(document.has_value());
  CHECK(document.error().kind == ErrorKind::not_found);
  CHECK_THAT(document.error().message, ContainsSubstring("/nonexistent/station.yaml"));
}

TEST_CASE("hostile configurations are refused or read, never worse") {
  const std::string sound =
      "name: \"Lane \\u00e9\"\ncameras:\n  - {id: left, size: [1, 2]}\n  - id: |\n      text\n"
      "? long key\n: &x !t 'v'\nlast: *x\n";
  const auto walk = [](const std::string& text) {
    auto document = Document::parse(text, "s.yaml");
    if (!document) {
      CHECK_FALSE(document.error().message.empty());
      return;
    }
    auto root = document->root();
    root.text("name");
    for (auto& camera : root.sections("cameras")) {
      camera.text("id");
      camera.texts("size");
    }
    root.section("last").integer("x", 0, 1);
    (void)document->finish();
  };
  for (std::size_t length = 0; length <= sound.size(); ++length) walk(sound.substr(0, length));
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (const char byte : std::string_view("\0\n :[]{}&*!|>'\"#%@`-?,\x80\xff\t", 25)) {
      std::string text = sound;
      text[at] = byte;
      walk(text);
    }
  }
  std::mt19937 random(7);
  constexpr std::string_view kLetters = "ab:-[]{}?&*!|>'\"#%, \n\n\t~<.";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += kLetters[random() % kLetters.size()];
    walk(text);
  }
}
