// A data center that is killed in the middle of its work has lost nothing that it acknowledged
// and has done nothing twice.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;

namespace {

constexpr std::uint64_t kPerBatch = 20;

/// Stores batches from `first` on for ever, telling each acknowledged position.
[[noreturn]] void ingest_until_killed(const std::filesystem::path& database, std::uint64_t first,
                                      int acknowledged) {
  auto store = Store::open(database, DatabaseMode::existing);
  if (!store) _exit(1);
  for (;; first += kPerBatch) {
    std::vector<postal::ScanEvent> events;
    std::vector<Registration> pieces;
    for (std::uint64_t i = 0; i < kPerBatch; ++i) {
      events.push_back(scan(first + i));
      pieces.push_back(registration(first + i));
    }
    const bool scan_first = (first / kPerBatch) % 2 == 0;
    if (!scan_first && !(*store)->register_pieces(kMeter, pieces, at(0))) _exit(2);
    const auto position = (*store)->store_batch(batch(events, first), at(1));
    if (!position) _exit(3);
    if (scan_first && !(*store)->register_pieces(kMeter, pieces, at(0))) _exit(4);
    if (write(acknowledged, &*position, sizeof *position) != sizeof *position) _exit(5);
  }
}

/// Starts a child, kills it after `batches` acknowledgements and a moment; the last position told.
std::uint64_t run_and_kill(const std::filesystem::path& database, std::uint64_t first,
                           unsigned batches, unsigned moment_us) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    ingest_until_killed(database, first, ends[1]);
  }
  close(ends[1]);
  std::uint64_t last = 0;
  for (unsigned i = 0; i < batches; ++i) REQUIRE(read(ends[0], &last, sizeof last) == sizeof last);
  usleep(moment_us);  // somewhere inside the next batches: where, is left to chance
  REQUIRE(kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  while (read(ends[0], &last, sizeof last) == sizeof last) {
  }
  close(ends[0]);
  return last;
}

}  // namespace

TEST_CASE("Killed at any moment, the store keeps what it acknowledged and repeats nothing") {
  Fixture f;
  f.store.reset();
  const unsigned kills = std::getenv("BACKSTAMP_LONG") != nullptr ? 100 : 5;
  std::mt19937 random(4);
  std::uint64_t acknowledged = 0;
  for (unsigned round = 0; round < kills; ++round) {
    CAPTURE(round);
    const std::uint64_t told = run_and_kill(f.folder / "store.db", acknowledged + 1,
                                            1 + static_cast<unsigned>(random() % 4),
                                            static_cast<unsigned>(random() % 8000));
    REQUIRE(told >= acknowledged);
    acknowledged = told;

    auto store = Store::open(f.folder / "store.db", DatabaseMode::existing);
    REQUIRE(store);
    const auto totals = (*store)->report_totals();
    REQUIRE(totals);
    REQUIRE(totals->positions.size() == 1);
    CHECK(totals->positions[0].contiguous >= acknowledged);
    CHECK(totals->positions[0].contiguous == static_cast<std::uint64_t>(totals->events));
    CHECK(totals->suspects.empty());
    std::uint64_t read = 0;
    REQUIRE((*store)->each_piece([&](const PieceRecord& piece) {
      if (piece.state == PieceState::read) ++read;
    }));
    CHECK(read >= acknowledged);
    const auto notices = (*store)->notices(kMeter, 0, 1'000'000);
    REQUIRE(notices);
    std::map<std::string, int> reads;
    std::int64_t number = 0;
    for (const NoticeRecord& notice : *notices) {
      REQUIRE(notice.number == ++number);
      if (notice.kind == NoticeKind::read) REQUIRE(++reads[notice.code] == 1);
    }
    CHECK(reads.size() == read);
  }
}

namespace {

/// Stores batches until the file system refuses a write, then checks that nothing more is taken.
[[noreturn]] void ingest_until_refused(const std::filesystem::path& database) {
  signal(SIGXFSZ, SIG_IGN);
  auto store = Store::open(database, DatabaseMode::existing);
  if (!store) _exit(1);
  const rlimit limit{1u << 20, 1u << 20};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
  for (std::uint64_t first = 1;; first += kPerBatch) {
    std::vector<postal::ScanEvent> events;
    for (std::uint64_t i = 0; i < kPerBatch; ++i) events.push_back(scan(first + i));
    const auto position = (*store)->store_batch(batch(events, first), at(1));
    if (position) continue;
    if (!(*store)->failure() || position.error().kind != ErrorKind::io) _exit(3);
    if ((*store)->store_batch(batch(events, first), at(1))) _exit(4);
    if ((*store)->register_pieces(kMeter, std::vector{registration(1)}, at(1))) _exit(5);
    _exit(0);
  }
}

}  // namespace

TEST_CASE("After a write that failed nothing more is taken until a new start, which is whole") {
  Fixture f;
  f.store.reset();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) ingest_until_refused(f.folder / "store.db");
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  f.store = std::move(*Store::open(f.folder / "store.db", DatabaseMode::existing));
  const auto totals = f.store->report_totals();
  REQUIRE(totals);
  REQUIRE(totals->positions.size() == 1);
  const std::uint64_t position = totals->positions[0].contiguous;
  CHECK(position == static_cast<std::uint64_t>(totals->events));
  CHECK(position % kPerBatch == 0);
  CHECK(f.take(batch({scan(position + 1)}, position + 1)) == position + 1);
}

}  // namespace backstamp::datacenter
