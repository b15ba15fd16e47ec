#include "uplink/wire.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "base/limits.h"
#include "tests/unit/uplink/events.h"
#include "uplink/envelope.h"

namespace backstamp::uplink {
namespace {

using test::same_content;
using test::sample_event;

/// As many bytes that begin like a picture.
Bytes picture(std::size_t size) {
  Bytes bytes{0xFF, 0xD8, 0xFF};
  bytes.resize(size, 7);
  return bytes;
}

TEST_CASE("an event comes back from its bytes as it was") {
  for (std::uint64_t piece = 1; piece <= 500; ++piece) {
    const auto event = sample_event(piece);
    const auto bytes = serialize_event(event);
    REQUIRE(bytes);
    const auto back = parse_event(*bytes);
    REQUIRE(back);
    CHECK(back->id == event.id);
    CHECK(same_content(*back, event));
  }
}

TEST_CASE("an event cut at any length is refused") {
  const auto bytes = serialize_event(sample_event(1));
  REQUIRE(bytes);
  for (std::size_t length = 0; length < bytes->size(); ++length)
    CHECK_FALSE(parse_event(ByteView(*bytes).first(length)).has_value());
}

TEST_CASE("an event with any bit flipped is refused or is another valid event") {
  const auto bytes = serialize_event(sample_event(6));
  REQUIRE(bytes);
  for (std::size_t bit = 0; bit < bytes->size() * 8; ++bit) {
    Bytes changed = *bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto event = parse_event(changed);
    if (event) CHECK(serialize_event(*event) == changed);
  }
}

TEST_CASE(
    "an event of a live line says so, and one of a replay is what it was before there were any") {
  CHECK(serialize_event(sample_event(3))->back() == kEventVersion);
  CHECK(serialize_event(sample_event(4))->back() == kReplayVersion);
  for (std::size_t length = 0; length < serialize_event(sample_event(3))->size(); ++length)
    CHECK_FALSE(parse_event(ByteView(*serialize_event(sample_event(3))).first(length)));
}

TEST_CASE("fields that are unknown, repeated or out of order are refused") {
  const auto bytes = serialize_event(sample_event(2));
  REQUIRE(bytes);
  const auto with = [&](std::initializer_list<std::uint8_t> more) {
    Bytes changed = *bytes;
    changed.insert(changed.end(), more);
    return parse_event(changed);
  };
  CHECK_FALSE(with({0xF8, 0x02, 0x01}).has_value());  // field 47
  CHECK_FALSE(with({0xF8, 0x01, 0x02}).has_value());  // the version again
  CHECK_FALSE(with({0x58, 0x08}).has_value());        // verdict 8
  CHECK_FALSE(with({0x00}).has_value());
}

TEST_CASE("events beyond the limits are refused before they are written") {
  auto event = sample_event(1);
  const auto refused = [&](auto change) {
    auto changed = event;
    change(changed);
    return !serialize_event(changed).has_value();
  };
  CHECK(refused([](auto& e) { e.id.station = "../x"; }));
  CHECK(refused([](auto& e) { e.id.sequence = 0; }));
  CHECK(refused([](auto& e) { e.id.epoch = 0; }));
  CHECK(refused([](auto& e) { e.sample = std::string(257, 'a'); }));
  CHECK(refused([](auto& e) { e.sample = "\xC3("; }));
  CHECK(refused([](auto& e) { e.induced_at = UtcTime(std::chrono::microseconds(-1)); }));
  CHECK(refused([](auto& e) { e.latency = std::chrono::microseconds(-1); }));
  CHECK(refused([](auto& e) { e.read_time = std::chrono::hours(25); }));
  CHECK(refused([](auto& e) { e.codes.resize(65); }));
  CHECK(refused([](auto& e) { e.codes.at(0).content.resize(4097); }));
  CHECK(refused([](auto& e) { e.pass = 0; }));
  CHECK(refused([](auto& e) { e.pass = 100; }));
  CHECK(refused([](auto& e) { e.place = "no place"; }));
  CHECK(refused([](auto& e) { e.rule = "Two inductions"; }));
  CHECK(refused([](auto& e) { e.rule = std::string(49, 'a'); }));
  CHECK(refused([](auto& e) { e.lane = "no lane"; }));
  CHECK(refused([](auto& e) { e.pictures = 256; }));
  CHECK(refused([](auto& e) { e.marks = 256; }));
  CHECK(refused([](auto& e) { e.shed = static_cast<postal::Shed>(4); }));
  CHECK(refused([](auto& e) { e.evidence = {1, 2, 3}; }));
  CHECK(refused([](auto& e) { e.evidence = picture(postal::kEvidenceBytes + 1); }));
  event.evidence = picture(postal::kEvidenceBytes);
  CHECK(serialize_event(event).has_value());
}

TEST_CASE("an event of version 1 is told from one that is damaged") {
  // Station "a", epoch and sequence 1, and 1 where version 1 had its version.
  const auto old = parse_event(Bytes{0x0A, 1, 'a', 0x10, 1, 0x18, 1, 0x80, 0x01, 0x01});
  REQUIRE_FALSE(old);
  CHECK(old.error().message.find("version 1, wanted 2") != std::string::npos);
}

TEST_CASE("evidence that does not fit beside the codes is left out, and the codes stay") {
  auto event = sample_event(1);
  event.codes.assign(4, event.codes.at(0));
  for (auto& seen : event.codes) seen.content.assign(4000, 7);
  event.evidence = picture(postal::kEvidenceBytes);
  const auto codes = event.codes.size();
  CHECK(fit_event(event));
  CHECK(event.evidence.empty());
  CHECK(event.codes.size() == codes);
  CHECK(event.codes.at(3).content.size() == 4000);
  CHECK(serialize_event(event).has_value());
  event.codes.resize(3);
  event.evidence = picture(postal::kEvidenceBytes);
  CHECK_FALSE(fit_event(event));
  CHECK(serialize_event(event).has_value());
  event.evidence = {1, 2, 3};
  CHECK(fit_event(event));
  CHECK(event.evidence.empty());
}

TEST_CASE("an event that is too large is made to fit and keeps its codes") {
  auto event = sample_event(3);
  event.codes.assign(70, event.codes.at(0));
  for (auto& seen : event.codes) seen.content.assign(4096, 7);
  event.codes[5].content.assign(5000, 7);
  CHECK(fit_event(event));
  CHECK(event.codes.size() == 64);
  CHECK(serialize_event(event).has_value());
  for (const auto& seen : event.codes) CHECK(seen.code.has_value());
  CHECK_FALSE(fit_event(event));
}

TEST_CASE("a file's name and a clock that are beyond the limits do not cost the event") {
  for (const std::string& name :
       {std::string("caf\xE9.png"), std::string("line\nbreak"), std::string(300, 'a'),
        std::string(255, '\xFF'), std::string("\x7F"), std::string(1, '\0')}) {
    auto event = sample_event(1);
    event.sample = name;
    CHECK_FALSE(serialize_event(event).has_value());
    CHECK(fit_event(event));
    CHECK(serialize_event(event).has_value());
    CHECK_FALSE(fit_event(event));
  }
  auto event = sample_event(1);
  event.sample = "caf\xC3\xA9.png";
  CHECK_FALSE(fit_event(event));
  event.latency = std::chrono::microseconds(-1);
  event.read_time = std::chrono::hours(25);
  CHECK(fit_event(event));
  CHECK(event.latency.count() == 0);
  CHECK(serialize_event(event).has_value());
}

TEST_CASE("a gap is told from a no-read") {
  const auto gap = make_gap({"leeds-7", 1, 5});
  CHECK(is_gap(gap));
  CHECK(is_gap(*parse_event(*serialize_event(gap))));
  postal::ScanEvent no_read;
  no_read.piece = 1;
  CHECK_FALSE(is_gap(no_read));
  for (std::uint64_t piece = 1; piece < 50; ++piece) CHECK_FALSE(is_gap(sample_event(piece)));
}

BatchMessage sample_batch() {
  BatchMessage batch{"leeds-7", 42, 1, {}};
  for (std::uint64_t piece = 1; piece <= 4; ++piece)
    batch.events.push_back(*serialize_event(sample_event(piece)));
  return batch;
}

TEST_CASE("messages come back from their bytes as they were") {
  const std::vector<Message> messages{sample_batch(), AckMessage{42, 0}, AckMessage{42, 17},
                                      RefusalMessage{RefusalMessage::Reason::malformed},
                                      RefusalMessage{RefusalMessage::Reason::oversized}};
  for (const Message& message : messages) {
    const auto bytes = serialize_message(message);
    REQUIRE(bytes);
    CHECK(*parse_message(*bytes) == message);
    for (std::size_t length = 0; length < bytes->size(); ++length) {
      const auto cut = parse_message(ByteView(*bytes).first(length));
      CHECK((!cut || *cut != message));
    }
    for (std::size_t bit = 0; bit < bytes->size() * 8; ++bit) {
      Bytes changed = *bytes;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      const auto other = parse_message(changed);
      if (other) CHECK(serialize_message(*other) == changed);
    }
  }
}

TEST_CASE("messages beyond the limits are refused") {
  auto batch = sample_batch();
  batch.events.clear();
  CHECK_FALSE(serialize_message(batch).has_value());
  batch.events.assign(513, Bytes{1});
  CHECK_FALSE(serialize_message(batch).has_value());
  batch.events.assign(17, Bytes(limits::kEventBytes));
  CHECK(serialize_message(batch).error().kind == ErrorKind::limit);
  batch.events.assign(1, Bytes(limits::kEventBytes + 1));
  CHECK(serialize_message(batch).error().kind == ErrorKind::limit);
  batch = sample_batch();
  batch.first_sequence = ~std::uint64_t{0};
  CHECK_FALSE(serialize_message(batch).has_value());
  CHECK_FALSE(parse_message(Bytes(limits::kUplinkMessageBytes + 1)).has_value());
  CHECK_FALSE(parse_message(Bytes{}).has_value());
}

}  // namespace
}  // namespace backstamp::uplink
