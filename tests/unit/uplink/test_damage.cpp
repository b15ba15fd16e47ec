// Whatever happens to the bytes on disk: what was there comes back, or is reported as lost; never
// a wrong event, never a sequence for two events.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/file.h"
#include "tests/unit/uplink/events.h"
#include "uplink/event_log.h"
#include "uplink/spool/record.h"
#include "uplink/spool/scan.h"
#include "uplink/wire.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::Folder;
using test::same_content;
using test::sample_event;

constexpr std::uint64_t kEvents = 6;

/// A spool of one segment with events 1 to kEvents, which each case damages in a copy.
struct Original {
  Original() {
    auto log = EventLog::open(options(folder.path() / "original"));
    REQUIRE(log);
    for (std::uint64_t piece = 1; piece <= kEvents; ++piece)
      REQUIRE(log->append(sample_event(piece)).has_value());
    REQUIRE(log->wait_committed(kEvents, 10s));
    epoch = log->epoch();
    segment = *read_file(folder.path() / "original" / name, 1 << 20);
  }

  static EventLogOptions options(const std::filesystem::path& directory) {
    EventLogOptions made;
    made.directory = directory;
    made.station = "leeds-7";
    made.segment_bytes = 1 << 20;
    return made;
  }

  /// Opens a copy of the spool whose segment has these bytes.
  Result<EventLog> open_with(const Bytes& bytes) {
    const auto copy = folder.path() / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(folder.path() / "original", copy);
    std::ofstream(copy / name, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return EventLog::open(options(copy));
  }

  Folder folder;
  std::uint64_t epoch = 0;
  Bytes segment;
  const std::string name = "00000000000000000001.seg";
};

/// Every event of the log is the one that was written under its sequence, or a gap.
std::size_t gaps_and_nothing_wrong(const EventLog& log) {
  std::size_t gaps = 0;
  const auto events = log.read(1, 1000);
  REQUIRE(events);
  REQUIRE(events->size() == log.committed());
  for (std::size_t i = 0; i < events->size(); ++i) {
    const auto& event = (*events)[i];
    CHECK(event.id == postal::EventId{"leeds-7", log.epoch(), i + 1});
    if (is_gap(event)) {
      ++gaps;
    } else {
      CHECK(same_content(event, sample_event(i + 1)));
    }
  }
  return gaps;
}

void goes_on(EventLog& log) {
  const std::uint64_t next = log.committed() + 1;
  CHECK(log.append(sample_event(next)) == next);
  REQUIRE(log.wait_committed(next, 10s));
  CHECK(same_content(log.read(next, 1)->at(0), sample_event(next)));
}

std::size_t last_record_begin(const Original& original) {
  const auto scan = spool::scan_segment(original.segment, original.epoch, 1, std::nullopt);
  REQUIRE(scan.runs.size() == 1);
  const auto size = spool::kRecordHeaderBytes + serialize_event({[&] {
                                                  auto event = sample_event(kEvents);
                                                  event.id.epoch = original.epoch;
                                                  return event;
                                                }()})
                                                    ->size();
  return original.segment.size() - size;
}

TEST_CASE("a log cut at every byte of its last record loses that record at most") {
  Original original;
  for (std::size_t end = last_record_begin(original); end < original.segment.size(); ++end) {
    auto log = original.open_with({original.segment.begin(), original.segment.begin() + end});
    REQUIRE(log);
    CHECK(log->recovery().records == kEvents - 1);
    const bool whole = end == last_record_begin(original);
    CHECK(log->recovery().torn_bytes == end - last_record_begin(original));
    CHECK(log->recovery().quarantined.empty());
    CHECK(gaps_and_nothing_wrong(*log) == (whole ? 0 : 1));
    goes_on(*log);
  }
}

TEST_CASE("a log cut at any byte opens or says why, and has no wrong event") {
  Original original;
  for (std::size_t end = 0; end < original.segment.size(); end += 13) {
    auto log = original.open_with({original.segment.begin(), original.segment.begin() + end});
    REQUIRE(log);
    gaps_and_nothing_wrong(*log);
    goes_on(*log);
  }
}

TEST_CASE("any byte that changes on disk is noticed, and no event comes back wrong") {
  Original original;
  for (std::size_t at = 0; at < original.segment.size(); ++at) {
    Bytes changed = original.segment;
    changed[at] ^= static_cast<std::uint8_t>(1u << (at % 8));
    auto log = original.open_with(changed);
    REQUIRE(log);
    const auto& found = log->recovery();
    CHECK(found.quarantined.size() + (found.torn_bytes > 0 ? 1 : 0) > 0);
    const std::size_t gaps = gaps_and_nothing_wrong(*log);
    const bool in_header = at < spool::kSegmentHeaderBytes;
    CHECK(found.records == (in_header ? kEvents : kEvents - 1));
    CHECK(gaps >= (in_header ? 0 : 1));
    if (at % 16 == 0) goes_on(*log);
  }
}

TEST_CASE("damage in the middle is reported with its range and kept beside the log") {
  Original original;
  Bytes changed = original.segment;
  changed[last_record_begin(original) - 1] ^= 0x40;  // the last byte of the record before it
  const auto copy = original.folder.path() / "copy";
  {
    auto log = original.open_with(changed);
    REQUIRE(log);
    REQUIRE(log->recovery().quarantined.size() == 1);
    CHECK(log->recovery().quarantined[0].find("event 5 lost") != std::string::npos);
    CHECK(std::filesystem::exists(copy / "quarantine"));
    CHECK(gaps_and_nothing_wrong(*log) == 1);
    CHECK(is_gap(log->read(5, 1)->at(0)));
    goes_on(*log);
  }
  auto again = EventLog::open(Original::options(copy));
  REQUIRE(again);
  CHECK(again->recovery().quarantined.size() == 1);
  CHECK(gaps_and_nothing_wrong(*again) == 1);
}

TEST_CASE("stretches of zeros and of noise never make an event of their own") {
  Original original;
  std::mt19937_64 random(5);
  for (int round = 0; round < 150; ++round) {
    Bytes changed = original.segment;
    const std::size_t begin = random() % changed.size();
    const std::size_t length = 1 + random() % 700;
    for (std::size_t at = begin; at < std::min(changed.size(), begin + length); ++at)
      changed[at] = round % 2 == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(random());
    auto log = original.open_with(changed);
    REQUIRE(log);
    gaps_and_nothing_wrong(*log);
    goes_on(*log);
  }
}

TEST_CASE("a record inside a symbol is never taken for one of the log") {
  // Somebody prints a symbol whose content is a whole record of this sequence, and the record that
  // holds it is damaged. Only who knows the epoch, drawn by chance, could get it past the CRC.
  Original original;
  auto event = sample_event(2);
  Bytes fake;
  auto planted = sample_event(99);
  spool::encode_record({spool::RecordType::event, 2, {}, *serialize_event(planted)}, 4711, fake);
  event.codes.at(0).content = fake;
  event.id = {"leeds-7", original.epoch, 7};
  Bytes segment = original.segment;
  spool::encode_record({spool::RecordType::event, 7, {}, *serialize_event(event)}, original.epoch,
                       segment);
  segment[original.segment.size() + 60] ^= 1;
  auto log = original.open_with(segment);
  REQUIRE(log);
  CHECK(log->recovery().records == kEvents);
  gaps_and_nothing_wrong(*log);
}

TEST_CASE("a replaced record is noticed by the chain of hashes") {
  Original original;
  const std::size_t last = last_record_begin(original);
  Bytes segment(original.segment.begin(), original.segment.begin() + last);
  auto other = sample_event(77);
  other.id = {"leeds-7", original.epoch, kEvents};
  spool::encode_record({spool::RecordType::event, kEvents, {}, *serialize_event(other)},
                       original.epoch, segment);
  auto log = original.open_with(segment);
  REQUIRE(log);
  REQUIRE(log->recovery().quarantined.size() == 1);
  CHECK(log->recovery().quarantined[0].find("chain") != std::string::npos);
}

TEST_CASE("a removed segment leaves a gap, and a lost position is taken from the segments") {
  const Folder folder;
  auto options = Original::options(folder.path());
  options.segment_bytes = 4096;
  std::uint64_t epoch = 0;
  {
    auto log = EventLog::open(options);
    for (std::uint64_t piece = 1; piece <= 100; ++piece)
      REQUIRE(log->append(sample_event(piece)).has_value());
    epoch = log->epoch();
  }
  std::vector<std::filesystem::path> segments;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    if (entry.path().extension() == ".seg") segments.push_back(entry.path());
  std::sort(segments.begin(), segments.end());
  REQUIRE(segments.size() > 3);
  std::filesystem::remove(segments[1]);
  std::filesystem::remove(folder.path() / "position");
  auto log = EventLog::open(options);
  REQUIRE(log);
  CHECK(log->epoch() == epoch);
  CHECK(log->acknowledged() == 0);
  CHECK(log->recovery().quarantined.size() == 2);  // the gap, and the chain over it
  CHECK(log->committed() == 100);
  CHECK(gaps_and_nothing_wrong(*log) > 5);
}

TEST_CASE("a spool whose end was lost gives no acknowledged sequence away again") {
  Original original;
  {
    auto log = EventLog::open(Original::options(original.folder.path() / "original"));
    REQUIRE(log->acknowledge(kEvents));
  }
  const Bytes shorter(original.segment.begin(),
                      original.segment.begin() + last_record_begin(original));
  auto log = original.open_with(shorter);
  REQUIRE(log);
  CHECK(gaps_and_nothing_wrong(*log) == 1);
  CHECK(log->append(sample_event(7)) == kEvents + 1);
}

TEST_CASE("segments that are gone mean a new epoch") {
  Original original;
  const auto directory = original.folder.path() / "original";
  std::filesystem::remove(directory / original.name);
  auto log = EventLog::open(Original::options(directory));
  REQUIRE(log);
  CHECK(log->epoch() != original.epoch);
  CHECK(log->acknowledged() == 0);
  CHECK(log->recovery().quarantined.size() == 1);
}

}  // namespace
}  // namespace backstamp::uplink
