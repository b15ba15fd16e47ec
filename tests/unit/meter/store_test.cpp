#include "meter/storage/store.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

#include "tests/support/temporary_folder.h"

using namespace backstamp;
using namespace backstamp::meter;
using test::TemporaryFolder;

namespace {

constexpr std::uint64_t kFileLimit = 64u << 20;

VaultState new_state(std::int64_t mills = 1'000'000) {
  VaultState state;
  state.identity = {1, 7, "123456"};
  state.registers.descending.mills = mills;
  state.registers.funded.mills = mills;
  return state;
}

PrintedRecord printed(const Registers& registers, std::size_t count, std::int64_t mills = 406) {
  PrintedRecord record;
  for (std::size_t i = 1; i <= count; ++i) {
    record.pieces.push_back({registers.counter + i, "imb:0027012345600000000112345",
                             postal::Money{mills}, Date(std::chrono::year(2026) / 11 / 22), 270});
  }
  return record;
}

/// The files of a vault's state as bytes, so that a crash can be staged.
struct Files {
  Bytes journal;
  Bytes slots;
};
Files read_files(const std::filesystem::path& folder) {
  return {*read_file(folder / "journal.1", kFileLimit), *read_file(folder / "registers", 16384)};
}
void write_plain(const std::filesystem::path& path, ByteView bytes) {
  // Not durable: these tests do not cut the power.
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  CHECK(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  CHECK(std::fclose(file) == 0);
}
void write_files(const std::filesystem::path& folder, const Files& files) {
  write_plain(folder / "journal.1", files.journal);
  write_plain(folder / "registers", files.slots);
}

bool in_balance(const Registers& registers) {
  return registers.ascending.mills + registers.descending.mills == registers.funded.mills;
}

Bytes prefix(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A device's mark, without a device.
struct FloorInMemory : Floor {
  FloorMark mark;
  bool gone = false;
  bool raised_after_all = false;
  Result<FloorMark> read() override {
    if (gone) return fail(ErrorKind::unavailable, "gone");
    return mark;
  }
  Result<void> raise(const FloorMark& to) override {
    if (!gone || raised_after_all) mark = to;
    if (gone) return fail(ErrorKind::unavailable, "gone");
    return {};
  }
};

/// Before and after one commit of three pieces.
struct OneCommit {
  TemporaryFolder folder;
  Files before;
  Files after;
  Registers registers_before;
  Registers registers_after;
  OneCommit() {
    REQUIRE(Store::create(folder.path(), new_state()));
    auto store = Store::open(folder.path());
    REQUIRE(store);
    REQUIRE(store->commit(printed(store->state().registers, 2)));
    registers_before = store->state().registers;
    before = read_files(folder.path());
    REQUIRE(store->commit(printed(store->state().registers, 3)));
    registers_after = store->state().registers;
    after = read_files(folder.path());
  }
};

}  // namespace

TEST_CASE("What was committed is there after opening anew") {
  const TemporaryFolder folder;
  REQUIRE(Store::create(folder.path(), new_state()));
  VaultState last;
  {
    auto store = Store::open(folder.path());
    REQUIRE(store);
    CHECK(store->state() == new_state());
    REQUIRE(store->commit(printed(store->state().registers, 5)));
    REQUIRE(store->commit(FundedRecord{postal::Money{5000}}));
    REQUIRE(store->commit(RegisteredRecord{3}));
    last = store->state();
  }
  CHECK(last.registers.counter == 5);
  CHECK(last.registers.ascending.mills == 5 * 406);
  CHECK(last.registers.funded.mills == 1'005'000);
  CHECK(last.pending.size() == 2);
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  CHECK(store->state() == last);
}

TEST_CASE("A crash at any byte of a commit leaves all of it or none, and the counter never falls") {
  const OneCommit commit;
  const auto& [folder, before, after, registers_before, registers_after] = commit;
  const auto open_both_times = [&] {
    const auto store = Store::open(folder.path());
    REQUIRE(store);
    const Registers registers = store->state().registers;
    CHECK(in_balance(registers));
    const auto again = Store::open(folder.path());
    REQUIRE(again);
    CHECK(again->state().registers == registers);
    return registers;
  };
  // The record is being written: its indicia have not left.
  for (std::size_t size = before.journal.size(); size < after.journal.size(); ++size) {
    write_files(folder.path(), {prefix(after.journal, size), before.slots});
    CHECK(open_both_times() == registers_before);
  }
  // A power cut may leave the full length with blocks that were never written.
  Files hollow{after.journal, before.slots};
  std::fill(hollow.journal.begin() + static_cast<std::ptrdiff_t>(before.journal.size()) + 20,
            hollow.journal.end(), std::uint8_t{0});
  write_files(folder.path(), hollow);
  CHECK(open_both_times() == registers_before);
  // The slot is being written: the record counts.
  for (std::size_t size = 0; size <= before.slots.size(); size += size < kSlotBytes + 4 ? 3 : 997) {
    Files torn{after.journal, before.slots};
    std::copy(after.slots.begin(), after.slots.begin() + static_cast<std::ptrdiff_t>(size),
              torn.slots.begin());
    write_files(folder.path(), torn);
    CHECK(open_both_times() == registers_after);
  }
}

TEST_CASE("A damaged byte anywhere is healed or refused; no counter is ever given out twice") {
  const OneCommit commit;
  const auto& [folder, before, after, registers_before, registers_after] = commit;
  std::size_t refused = 0;
  const auto check = [&] {
    const auto store = Store::open(folder.path());
    if (store) {
      CHECK(store->state().registers == registers_after);
    } else {
      CHECK(store.error().kind == ErrorKind::invalid);
      ++refused;
    }
  };
  for (std::size_t at = 0; at < after.journal.size(); ++at) {
    Files damaged = after;
    damaged.journal[at] ^= 0x10;
    write_files(folder.path(), damaged);
    check();
  }
  CHECK(refused == after.journal.size());
  for (std::size_t size = 0; size < after.journal.size(); ++size) {
    write_files(folder.path(), {prefix(after.journal, size), after.slots});
    check();
  }
  CHECK(refused == 2 * after.journal.size());
  for (const std::size_t slot : {std::size_t{0}, kSlotStride}) {
    for (std::size_t at = slot; at < slot + kSlotBytes; at += 5) {
      Files damaged = after;
      damaged.slots[at] ^= 0x01;
      write_files(folder.path(), damaged);
      check();
    }
  }
  CHECK(refused == 2 * after.journal.size());  // a single slot is always healed
}

TEST_CASE("A damaged slot and a damaged end of the journal together are refused") {
  const OneCommit commit;
  const auto& [folder, before, after, registers_before, registers_after] = commit;
  for (const std::size_t slot : {std::size_t{0}, kSlotStride}) {
    Files damaged = after;
    damaged.slots[slot + 10] ^= 0x01;
    damaged.journal.pop_back();
    write_files(folder.path(), damaged);
    const auto store = Store::open(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().kind == ErrorKind::invalid);
  }
  Files both = after;
  both.slots[10] ^= 1;
  both.slots[kSlotStride + 10] ^= 1;
  write_files(folder.path(), both);
  CHECK_FALSE(Store::open(folder.path()));
}

TEST_CASE("With a floor, a crash at any byte of a print leaves what may have left the meter") {
  const OneCommit commit;
  const auto& [folder, before, after, registers_before, registers_after] = commit;
  const auto open = [&](const Files& files, const FloorMark& mark) {
    write_files(folder.path(), files);
    auto floor = std::make_shared<FloorInMemory>();
    floor->mark = mark;
    const auto store = Store::open(folder.path(), floor);
    REQUIRE(store);
    const auto again = Store::open(folder.path(), floor);
    REQUIRE(again);
    CHECK(again->state() == store->state());
    return store->state().registers;
  };
  const FloorMark first{2, registers_before.counter, registers_before.ascending};
  const FloorMark second{3, registers_after.counter, registers_after.ascending};
  // Before the floor is raised nothing has left: the whole record does not count either.
  for (std::size_t size = before.journal.size(); size <= after.journal.size(); ++size) {
    CHECK(open({prefix(after.journal, size), before.slots}, first) == registers_before);
  }
  // Afterwards the record counts, wherever the writing of the slot was cut.
  for (std::size_t size = 0; size <= before.slots.size(); size += size < kSlotBytes + 4 ? 3 : 997) {
    Files torn{after.journal, before.slots};
    std::copy(after.slots.begin(), after.slots.begin() + static_cast<std::ptrdiff_t>(size),
              torn.slots.begin());
    CHECK(open(torn, second) == registers_after);
  }
}

TEST_CASE("Files below the floor are refused, damaged or whole; nothing below it is ever opened") {
  const OneCommit commit;
  const auto& [folder, before, after, registers_before, registers_after] = commit;
  auto floor = std::make_shared<FloorInMemory>();
  floor->mark = {3, registers_after.counter, registers_after.ascending};
  write_files(folder.path(), before);
  CHECK(Store::open(folder.path(), floor).error().kind == ErrorKind::refused);
  const auto check = [&](const Files& files) {
    write_files(folder.path(), files);
    const auto store = Store::open(folder.path(), floor);
    if (store) CHECK(store->state().registers == registers_after);
  };
  for (std::size_t size = 0; size <= after.journal.size(); ++size) {
    for (const auto* slots : {&before.slots, &after.slots}) {
      check({prefix(after.journal, size), *slots});
    }
  }
  for (const std::size_t slot : {std::size_t{0}, kSlotStride}) {
    for (std::size_t at = slot; at < slot + kSlotBytes; at += 3) {
      Files damaged = after;
      damaged.slots[at] ^= 0x01;
      check(damaged);
    }
  }
  // Registers that were made less are below it too, at whatever sequence.
  floor->mark = {1, registers_after.counter, postal::Money{registers_after.ascending.mills + 1}};
  write_files(folder.path(), after);
  CHECK(Store::open(folder.path(), floor).error().kind == ErrorKind::refused);
}

TEST_CASE("A floor that cannot be raised stops the print, and opening anew tells what it came to") {
  for (const bool raised_after_all : {false, true}) {
    const TemporaryFolder folder;
    REQUIRE(Store::create(folder.path(), new_state()));
    auto floor = std::make_shared<FloorInMemory>();
    auto store = Store::open(folder.path(), floor);
    REQUIRE(store);
    REQUIRE(store->commit(printed(store->state().registers, 2)));
    CHECK(floor->mark == FloorMark{2, 2, postal::Money{812}});
    REQUIRE(store->commit(RegisteredRecord{1}));
    CHECK(floor->mark.sequence == 2);  // only what leaves the meter raises it
    floor->gone = true;
    floor->raised_after_all = raised_after_all;
    const auto failed = store->commit(printed(store->state().registers, 3));
    CHECK(failed.error().kind == ErrorKind::unavailable);
    CHECK(store->floor_failed());
    CHECK(store->state().registers.counter == 2);
    CHECK_FALSE(store->commit(RegisteredRecord{2}));
    CHECK_FALSE(Store::open(folder.path(), floor));
    floor->gone = false;
    const auto again = Store::open(folder.path(), floor);
    REQUIRE(again);
    CHECK(again->state().registers.counter == (raised_after_all ? 5 : 2));
    CHECK(in_balance(again->state().registers));
  }
}

TEST_CASE("A long journal is begun anew without losing what is pending") {
  const TemporaryFolder folder;
  REQUIRE(Store::create(folder.path(), new_state(1'000'000'000)));
  VaultState last;
  {
    auto store = Store::open(folder.path());
    REQUIRE(store);
    for (int round = 0; round < 12; ++round) {
      REQUIRE(store->commit(printed(store->state().registers, 10'000, 10)));
      REQUIRE(store->commit(RegisteredRecord{store->state().registers.counter - 3}));
    }
    last = store->state();
    CHECK(last.pending.size() == 3);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "journal.1"));
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    bytes += entry.file_size();
  }
  CHECK(bytes < 2 * kCompactBytes);
  const auto store = Store::open(folder.path());
  REQUIRE(store);
  CHECK(store->state() == last);
}

TEST_CASE("A crash between the slots of a new journal keeps either journal, and both agree") {
  const TemporaryFolder folder;
  REQUIRE(Store::create(folder.path(), new_state()));
  const Bytes old_journal = *read_file(folder.path() / "journal.1", kFileLimit);
  const Bytes new_journal = encode_record(2, SnapshotRecord{new_state()});
  const auto slots_with = [&](bool third, bool fourth) {
    Bytes slots(2 * kSlotStride);
    const auto put = [&](const Slot& slot) {
      const Bytes bytes = encode_slot(slot);
      std::copy(bytes.begin(), bytes.end(),
                slots.begin() + static_cast<std::ptrdiff_t>(slot.commit % 2 * kSlotStride));
    };
    const Registers registers = new_state().registers;
    const Slot old_slot{1, 1, old_journal.size(), 1, registers};
    const Slot new_slot{3, 2, new_journal.size(), 2, registers};
    put(old_slot);
    put({2, 1, old_journal.size(), 1, registers});
    if (third) put(new_slot);
    if (fourth) put({4, 2, new_journal.size(), 2, registers});
    return slots;
  };
  for (const auto& [third, fourth] : {std::pair{false, false}, {true, false}, {true, true}}) {
    write_plain(folder.path() / "journal.1", old_journal);
    write_plain(folder.path() / "journal.2", new_journal);
    write_plain(folder.path() / "registers", slots_with(third, fourth));
    auto store = Store::open(folder.path());
    REQUIRE(store);
    CHECK(store->state() == new_state());
    REQUIRE(store->commit(printed(store->state().registers, 1)));
    const auto again = Store::open(folder.path());
    REQUIRE(again);
    CHECK(again->state().registers.counter == 1);
    std::filesystem::remove(folder.path() / "journal.1");
    std::filesystem::remove(folder.path() / "journal.2");
  }
}

TEST_CASE("A journal that contradicts itself is damage, whatever its CRCs say") {
  const auto journal_of = [](const std::vector<Record>& records) {
    Bytes bytes;
    std::uint64_t sequence = 1;
    for (const Record& record : records) {
      const Bytes encoded = encode_record(sequence++, record);
      bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    }
    return bytes;
  };
  const SnapshotRecord start{new_state(1000)};
  Registers two_ahead;
  two_ahead.counter = 1;
  CHECK(replay_journal(journal_of({start, printed({}, 2)})));
  CHECK_FALSE(replay_journal(journal_of({start, printed(two_ahead, 1)})));
  CHECK_FALSE(replay_journal(journal_of({start, printed({}, 3)})));  // 1.218 of 1.000
  CHECK_FALSE(replay_journal(journal_of({start, RegisteredRecord{1}})));
  CHECK_FALSE(replay_journal(journal_of({start, FundedRecord{postal::Money{0}}})));
  CHECK_FALSE(replay_journal(journal_of({start, FundedRecord{postal::Money{INT64_MAX}}})));
  CHECK_FALSE(replay_journal(journal_of({start, start})));
  CHECK_FALSE(replay_journal(journal_of({FundedRecord{postal::Money{5}}})));
  CHECK_FALSE(replay_journal({}));
  SnapshotRecord unbalanced = start;
  unbalanced.state.registers.ascending.mills = 1;
  CHECK_FALSE(replay_journal(journal_of({unbalanced})));
  SnapshotRecord gap = start;
  gap.state.registers.counter = 2;
  CHECK_FALSE(replay_journal(journal_of({gap})));
}

TEST_CASE("A slot comes back from its bytes, and no other bytes are a slot") {
  const Slot slot{41, 3, 12345, 99, Registers{{406}, {594}, {1000}, 1, 0}};
  const Bytes bytes = encode_slot(slot);
  const auto decoded = decode_slot(bytes);
  REQUIRE(decoded);
  CHECK(decoded->commit == 41);
  CHECK(decoded->length == 12345);
  CHECK(decoded->registers == slot.registers);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes damaged = bytes;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK_FALSE(decode_slot(damaged));
  }
}
