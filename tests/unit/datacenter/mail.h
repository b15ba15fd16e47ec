// Mail for the tests of the data center: pieces, registrations, scans, a store in a folder.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "datacenter/store/store.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::datacenter::testing {

inline constexpr std::uint32_t kMeter = 7;

using backstamp::test::TemporaryFolder;

inline UtcTime at(std::int64_t seconds) {
  return UtcTime(std::chrono::seconds(1'795'000'000 + seconds));
}

/// The code of the piece with this number.
inline postal::Imb imb(std::uint64_t number) {
  std::string serial = std::to_string(number);
  serial.insert(0, 9 - serial.size(), '0');
  return {"00", "270", "123456", serial, "90210"};
}

inline std::string code(std::uint64_t number) {
  return postal::canonical(postal::MailpieceCode(imb(number)));
}

inline Registration registration(std::uint64_t number) {
  return {code(number), {1, kMeter, number}, postal::Money{406}, utc_date(at(0)), 270};
}

/// The scan of a genuine piece that is accepted.
inline postal::ScanEvent scan(std::uint64_t number, std::int64_t second = 10) {
  postal::ScanEvent event;
  event.induced_at = at(second);
  event.token = postal::TokenIdentity{1, kMeter, number};
  event.code = imb(number);
  event.verdict = postal::Verdict::genuine;
  event.decision = postal::Decision::accept;
  event.reason = postal::Reason::none;
  event.cause = postal::NoReadCause::none;
  return event;
}

/// A scan of the same piece that is diverted.
inline postal::ScanEvent diverted(std::uint64_t number, postal::Verdict verdict,
                                  postal::Reason reason, std::int64_t second = 10) {
  postal::ScanEvent event = scan(number, second);
  event.verdict = verdict;
  event.decision = postal::Decision::divert;
  event.reason = reason;
  return event;
}

inline postal::ScanEvent no_read(postal::NoReadCause cause, std::int64_t second = 10) {
  postal::ScanEvent event;
  event.induced_at = at(second);
  event.cause = cause;
  return event;
}

/// The events as one batch: identities are given from `first` on.
inline uplink::EventBatch batch(std::vector<postal::ScanEvent> events, std::uint64_t first = 1,
                                const std::string& station = "S1", std::uint64_t epoch = 77) {
  std::uint64_t sequence = first;
  for (postal::ScanEvent& event : events) {
    event.id = {station, epoch, sequence};
    event.piece = sequence++;
  }
  return {station, epoch, first, std::move(events)};
}

/// A store with one account and meter 7.
struct Fixture {
  Fixture() {
    auto opened = Store::open(folder / "store.db", DatabaseMode::create);
    REQUIRE(opened);
    store = std::move(*opened);
    REQUIRE(store->add_account("Acme"));
    const auto added = store->add_meter("Acme", kMeter, "lobby");
    REQUIRE(added);
    key = *added;
  }
  void enroll(std::vector<std::uint64_t> numbers, UtcTime now = at(0)) {
    std::vector<Registration> pieces;
    for (const std::uint64_t number : numbers) pieces.push_back(registration(number));
    const auto done = store->register_pieces(kMeter, pieces, now);
    if (!done) FAIL(done.error().message);
  }
  std::uint64_t take(const uplink::EventBatch& events) {
    const auto position = store->store_batch(events, at(100));
    if (!position) FAIL(position.error().message);
    return *position;
  }
  /// "read/none", "suspect/revoked", …
  std::string state(std::uint64_t number) {
    const auto piece = store->piece(kMeter, code(number));
    REQUIRE(piece);
    if (!*piece) return "absent";
    return std::string(to_string((*piece)->state)) + "/" +
           std::string(postal::to_string((*piece)->reason));
  }
  std::vector<std::string> notices(std::int64_t after = 0) {
    const auto list = store->notices(kMeter, after, 1000);
    REQUIRE(list);
    std::vector<std::string> names;
    for (const NoticeRecord& notice : *list) {
      names.push_back(std::to_string(notice.number) + " " + std::string(to_string(notice.kind)) +
                      " " + std::string(to_string(notice.state)));
    }
    return names;
  }
  std::vector<std::string> suspects() {
    std::vector<std::string> lines;
    REQUIRE(store->each_suspect([&](const SuspectRecord& suspect) {
      lines.push_back(std::string(postal::to_string(suspect.reason)) + " " +
                      suspect.event.id.station + ":" + std::to_string(suspect.event.id.sequence));
    }));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  /// The same with the rules: "duplicate two-inductions S2:1".
  std::vector<std::string> ruled() {
    std::vector<std::string> lines;
    REQUIRE(store->each_suspect([&](const SuspectRecord& suspect) {
      lines.push_back(std::string(postal::to_string(suspect.reason)) + " " + suspect.rule + " " +
                      suspect.event.id.station + ":" + std::to_string(suspect.event.id.sequence));
    }));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::map<std::string, std::int64_t> counters() {
    std::map<std::string, std::int64_t> named;
    const auto totals = store->report_totals();
    REQUIRE(totals);
    for (const NamedCount& counter : totals->counters) named[counter.name] = counter.count;
    return named;
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  std::string key;
};

}  // namespace backstamp::datacenter::testing
