#include "station/sorter/telegram.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::station::telegram;

telegram::Decision decision() {
  telegram::Decision decision;
  decision.sequence = 1042;
  decision.piece = 70'001;
  decision.machine_piece = 501;
  decision.encoder = 4'000'000'000u;
  decision.age_us = 350;
  decision.since_trigger_us = 41'350;
  decision.lane = 1;
  decision.outlet = 2;
  decision.decision = postal::Decision::divert;
  decision.reason = postal::Reason::duplicate;
  decision.late = true;
  return decision;
}

Welcome welcome() {
  Welcome welcome;
  welcome.session = 0x0123456789ABCDEF;
  welcome.first = 1042;
  welcome.missed = 0;
  welcome.numbering = Numbering::resumed;
  welcome.lanes = 4;
  welcome.heartbeat_ms = 500;
  welcome.silence_ms = 2000;
  return welcome;
}

/// One of each, as the document's examples have them.
std::vector<std::pair<std::string, Telegram>> examples() {
  return {{"hello", {1, Hello{0x0123456789ABCDEF, 1041, 7, Role::control}}},
          {"heartbeat", {2, MachineHeartbeat{}}},
          {"trigger", {3, TriggerTelegram{501, 4'000'000'000u, 1}}},
          {"machine", {4, MachineTelegram{1, MachineState::running}}},
          {"welcome", {1, welcome()}},
          {"station heartbeat", {3, StationHeartbeat{1041}}},
          {"decision", {4, decision()}},
          {"state", {2, State{VisionState::continuous_execution, 1}}},
          {"farewell", {5, FarewellTelegram{Farewell::replaced}}}};
}

/// The lines "NAME: HEX HEX …" of the document's example.
std::map<std::string, Bytes> documented() {
  std::ifstream file(BACKSTAMP_SOURCE_DIR "/docs/formats/sorter-telegram.md");
  std::map<std::string, Bytes> found;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```hex") inside = true;
    if (line == "```") inside = false;
    const std::size_t colon = line.find(':');
    if (!inside || colon == std::string::npos) continue;
    std::string hex;
    for (const char c : line.substr(colon + 1)) {
      if (c != ' ') hex += c;
    }
    found[line.substr(0, colon)] = from_hex(hex).value();
  }
  return found;
}

}  // namespace

TEST_CASE("the document's example is what is sent, byte for byte") {
  const auto document = documented();
  REQUIRE(document.size() == examples().size());
  for (const auto& [name, telegram] : examples()) {
    INFO(name);
    const Encoded encoded = encode(telegram);
    REQUIRE(document.contains(name));
    CHECK(to_hex(encoded.view()) == to_hex(document.at(name)));
    CHECK(front_length(encoded.view()).value() == encoded.size);
    const auto back = decode(document.at(name));
    REQUIRE(back.has_value());
    CHECK(back->number == telegram.number);
    CHECK(back->message.index() == telegram.message.index());
    CHECK(to_hex(encode(*back).view()) == to_hex(encoded.view()));
  }
}

TEST_CASE("a telegram that is cut short or too long is none") {
  for (const auto& [name, telegram] : examples()) {
    INFO(name);
    const Encoded encoded = encode(telegram);
    for (std::size_t size = 0; size < encoded.size; ++size) {
      CHECK_FALSE(decode(encoded.view().first(size)).has_value());
    }
    Bytes longer(encoded.view().begin(), encoded.view().end());
    longer.push_back(0);
    CHECK_FALSE(decode(longer).has_value());
    longer[1] = static_cast<std::uint8_t>(longer.size());
    CHECK_FALSE(decode(longer).has_value());
  }
}

TEST_CASE("a length that no telegram has is refused as soon as it is seen") {
  for (const int length : {0, 7, 65, 0xFFFF}) {
    const Bytes front{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    CHECK_FALSE(front_length(front).has_value());
  }
  CHECK(front_length(Bytes{}).value() == std::nullopt);
  CHECK(front_length(Bytes{0}).value() == std::nullopt);
}

TEST_CASE("another version is told from other nonsense") {
  Encoded encoded = encode({1, MachineHeartbeat{}});
  encoded.bytes[2] = 2;
  CHECK_FALSE(decode(encoded.view()).has_value());
  CHECK(wrong_version(encoded.view()));
  CHECK_FALSE(wrong_version(encode({1, MachineHeartbeat{}}).view()));
}

TEST_CASE("what decodes encodes to the same bytes, whatever bit was turned") {
  for (const auto& [name, telegram] : examples()) {
    INFO(name);
    const Encoded encoded = encode(telegram);
    for (std::size_t bit = 0; bit < 8 * encoded.size; ++bit) {
      Encoded turned = encoded;
      turned.bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      const auto back = decode(turned.view());
      if (!back) continue;
      CHECK(to_hex(encode(*back).view()) == to_hex(turned.view()));
    }
  }
}

TEST_CASE("a hello of no session cannot know a sequence") {
  CHECK_FALSE(decode(encode({1, Hello{0, 5, 7, Role::control}}).view()).has_value());
  CHECK(decode(encode({1, Hello{0, kFromNow, 7, Role::listener}}).view()).has_value());
  CHECK_FALSE(decode(encode({1, Hello{0, 0, 0, Role::control}}).view()).has_value());
}
