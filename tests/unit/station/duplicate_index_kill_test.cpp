// A station that is killed at any moment: what its journal holds, its index knows, and no more.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <random>

#include "station/duplicate_index.h"
#include "tests/support/temporary_folder.h"
#include "uplink/event_log.h"

namespace {

using namespace backstamp;

Result<uplink::EventLog> open_journal(const std::filesystem::path& folder) {
  uplink::EventLogOptions options;
  options.directory = folder;
  options.station = "lane-1";
  options.segment_bytes = 1 << 20;
  return uplink::EventLog::open(std::move(options));
}

Result<station::DuplicateIndex> open_index(const std::filesystem::path& folder,
                                           const uplink::EventLog& journal) {
  station::DuplicateIndexOptions options;
  options.directory = folder / "duplicates";
  options.day_entries = 40;  // a file every 40 pieces
  options.committed = [&journal] { return journal.committed(); };
  auto index = station::DuplicateIndex::open(std::move(options));
  if (!index) return index;
  const auto read =
      journal.for_each([&](const postal::ScanEvent& event) { index->restore(event); });
  if (!read) return std::unexpected(read.error());
  return index;
}

postal::ScanEvent reading(std::uint64_t counter) {
  postal::ScanEvent event;
  event.piece = counter;
  event.token = postal::TokenIdentity{1, 42, counter};
  event.induced_at = UtcTime(std::chrono::microseconds(1'790'000'000'000'000)) +
                     std::chrono::milliseconds(60 * counter);
  event.verdict = postal::Verdict::genuine;
  event.decision = postal::Decision::accept;
  event.reason = postal::Reason::none;
  event.cause = postal::NoReadCause::none;
  return event;
}

/// Journals and notes pieces for ever.
[[noreturn]] void work_until_killed(const std::filesystem::path& folder) {
  auto journal = open_journal(folder);
  if (!journal) _exit(1);
  auto index = open_index(folder, *journal);
  if (!index) _exit(2);
  for (std::uint64_t counter = journal->committed() + 1;; ++counter) {
    postal::ScanEvent event = reading(counter);
    const auto sequence = journal->append(event);
    if (!sequence) _exit(3);
    event.id = {journal->station(), journal->epoch(), *sequence};
    index->note(event);
    if (counter % 25 == 0) {
      if (!journal->wait_committed(*sequence, std::chrono::seconds(20))) _exit(4);
    }
  }
}

}  // namespace

TEST_CASE("killed at any moment, a station knows every token of its journal, and no other") {
  const test::TemporaryFolder folder;
  const int kills = std::getenv("BACKSTAMP_LONG") != nullptr ? 100 : 8;
  std::mt19937 random(6);
  std::uint64_t before = 0;
  std::uint64_t from_files = 0;
  for (int round = 0; round < kills; ++round) {
    CAPTURE(round);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) work_until_killed(folder.path());
    usleep(static_cast<unsigned>(20'000 + random() % 150'000));
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    auto journal = open_journal(folder.path());
    REQUIRE(journal);
    auto index = open_index(folder.path(), *journal);
    REQUIRE(index);
    const std::uint64_t last = journal->committed();
    CHECK(last >= before);
    before = last;
    from_files = index->restored();
    std::uint64_t missing = 0;
    for (std::uint64_t counter = 1; counter <= last; ++counter) {
      if (!index->find({1, 42, counter})) ++missing;
    }
    CHECK(missing == 0);
    for (std::uint64_t counter = last + 1; counter <= last + 200; ++counter) {
      CHECK_FALSE(index->find({1, 42, counter}));
    }
  }
  CHECK(before > 100);     // it did work
  CHECK(from_files > 40);  // and files did help
}
