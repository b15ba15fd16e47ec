// The vault while its process is killed and its disk is full.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

#include "meter/vault.h"
#include "tests/unit/meter/vault_fixture.h"

using namespace backstamp;
using namespace backstamp::meter;
using test::in_balance;
using test::request_for_tests;
using test::VaultFolder;

namespace {

/// In the child: prints, tells the counters of what it got, registers now and then; for ever.
[[noreturn]] void print_for_ever(const std::filesystem::path& path, int out, unsigned seed) {
  std::mt19937 random(seed);
  auto vault = Vault::open(path);
  if (!vault) ::_exit(2);
  for (;;) {
    const auto pieces = vault->print(std::vector(1 + random() % 5, request_for_tests()));
    if (!pieces) ::_exit(3);
    for (const PrintedPiece& piece : *pieces) {
      const std::uint64_t counter = piece.identity.counter;
      if (::write(out, &counter, sizeof counter) != sizeof counter) ::_exit(4);
    }
    if (random() % 3 == 0 && !vault->mark_registered(vault->registers().counter - random() % 2)) {
      if (!vault->pending().empty() && vault->pending().size() > 1) ::_exit(5);
    }
  }
}

/// The largest file this process may write, put back at the end: a disk that becomes full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limited{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limited) == 0);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("A meter killed again and again never gives a counter twice and accounts for all value") {
  const VaultFolder folder;
  std::set<std::uint64_t> seen;
  std::mt19937 random(20261122);
  for (unsigned round = 0; round < 40; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      print_for_ever(folder.path, ends[1], round);
    }
    ::close(ends[1]);
    const auto enough = seen.size() + 1 + random() % 20;
    std::uint64_t counter = 0;
    while (::read(ends[0], &counter, sizeof counter) == sizeof counter) {
      CHECK(seen.insert(counter).second);
      if (seen.size() == enough) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const auto vault = folder.open();
    const Registers& registers = vault.registers();
    CHECK(registers.counter >= *seen.rbegin());
    CHECK(in_balance(registers));
    CHECK(registers.ascending.mills == 406 * static_cast<std::int64_t>(registers.counter));
    CHECK(vault.pending().size() == registers.counter - registers.registered_through);
  }
}

TEST_CASE("A disk that is full at any byte stops the meter; nothing is lost or printed twice") {
  const VaultFolder folder;
  std::uint64_t printed = 0;
  for (int room = 0; room < 90; ++room) {
    CAPTURE(room);
    auto vault = folder.open();
    REQUIRE(vault.registers().counter == printed);
    const auto journal_bytes = std::filesystem::file_size(folder.path / "journal.1");
    Result<std::vector<PrintedPiece>> pieces;
    {
      const FullDisk full(journal_bytes + static_cast<unsigned>(room));
      pieces = vault.print(std::vector{request_for_tests()});
      if (!pieces) CHECK_FALSE(vault.print(std::vector{request_for_tests()}));
    }
    if (!pieces) {
      // Even with room again: only opening anew tells what the disk has.
      CHECK(vault.print(std::vector{request_for_tests()}).error().kind == ErrorKind::io);
    }
    {
      const auto dropped = std::move(vault);
    }
    const auto again = folder.open();
    CHECK(in_balance(again.registers()));
    const std::uint64_t counter = again.registers().counter;
    if (pieces) CHECK(counter == printed + 1);
    // Without its indicium a piece may be on record (its slot was not written), or not at all.
    CHECK((counter == printed || counter == printed + 1));
    printed = counter;
  }
}
