// The worked examples of docs/formats/uplink.md and spool.md are what the code writes.
#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "uplink/envelope.h"
#include "uplink/spool/record.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

postal::ScanEvent example_event() {
  const postal::S10 s10{"RR", "47312482", "GB"};
  postal::ScanEvent event;
  event.id = {"leeds-7", 42, 7};
  event.piece = 7;
  event.induced_at = UtcTime(std::chrono::microseconds(1'790'000'000'000'000));
  const ByteView content = as_bytes("RR473124829GB");
  event.codes.push_back({postal::Symbology::code128, {content.begin(), content.end()}, s10});
  event.code = s10;
  event.reason = postal::Reason::no_postage;
  event.cause = postal::NoReadCause::none;
  event.read_time = std::chrono::microseconds(2100);
  event.latency = std::chrono::microseconds(9000);
  event.place = "LEEDS";
  event.rule = "no-postage";
  event.effort = 2400;
  event.keys = 12;
  return event;
}

/// Hexadecimal as the documents show it: 32 bytes a line.
std::string shown(const Bytes& bytes) {
  const std::string hex = to_hex(bytes);
  std::string lines = "```\n";
  for (std::size_t at = 0; at < hex.size(); at += 64) lines += hex.substr(at, 64) + "\n";
  return lines + "```";
}

std::string document(const std::string& name) {
  const auto content = read_file(BACKSTAMP_SOURCE_DIR "/docs/formats/" + name, 1 << 20);
  REQUIRE(content);
  return std::string(as_text(*content));
}

void check_shown(const std::string& text, const Bytes& bytes) {
  INFO(shown(bytes));
  CHECK(text.find(shown(bytes)) != std::string::npos);
}

TEST_CASE("the messages in the uplink document are what the code writes") {
  const std::string text = document("uplink.md");
  const Bytes event = *serialize_event(example_event());
  check_shown(text, event);
  check_shown(text, *serialize_message(BatchMessage{"leeds-7", 42, 7, {event}}));
  check_shown(text, *serialize_message(AckMessage{42, 7}));
  const postal::KeyId root{0x47, 0x07, 0x7E, 0x9F, 0x0A, 0xFB, 0x4E, 0x01};
  check_shown(text, *serialize_message(KeysHeldMessage{root, 12}));
  check_shown(text, *serialize_message(KeysMessage{13, 184, 180, {1, 2, 3, 4}}));
  check_shown(text, *serialize_message(TimeMessage{{1, 2, 3, 4}}));
}

TEST_CASE("the segment in the spool document is what the code writes") {
  Bytes segment = spool::encode_segment_header({"leeds-7", 42, 7, {}});
  const Bytes event = *serialize_event(example_event());
  const Sha256 hash =
      spool::encode_record({spool::RecordType::event, 7, sha256(segment), event}, 42, segment);
  spool::encode_record({spool::RecordType::gap, 8, hash, {}}, 42, segment);
  check_shown(document("spool.md"), segment);
}

}  // namespace
}  // namespace backstamp::uplink
