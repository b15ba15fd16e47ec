#include "station/duplicate_index.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "base/file.h"
#include "station/seen/part.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;
using namespace std::chrono_literals;
using postal::TokenIdentity;
using station::DuplicateIndex;
using station::DuplicateIndexOptions;

const UtcTime kNoon{std::chrono::microseconds(1'790'000'000'000'000)};

/// A genuine reading as the journal holds it.
postal::ScanEvent reading(std::uint64_t sequence, const TokenIdentity& token, UtcTime at = kNoon) {
  postal::ScanEvent event;
  event.id = {"lane-1", 7, sequence};
  event.piece = sequence;
  event.token = token;
  event.induced_at = at;
  event.verdict = postal::Verdict::genuine;
  event.decision = postal::Decision::accept;
  event.reason = postal::Reason::none;
  return event;
}

TokenIdentity token(std::uint64_t counter, std::uint32_t meter = 42) {
  return {1, meter, counter};
}

/// Journals kept by the test, and an index that is opened on them again and again.
struct Station {
  test::TemporaryFolder folder;
  std::vector<postal::ScanEvent> journal;
  std::vector<std::string> said;

  DuplicateIndex start(std::size_t day_entries = 100) {
    DuplicateIndexOptions options;
    options.directory = folder.path();
    options.day_entries = day_entries;
    options.log = [this](const std::string& line) { said.push_back(line); };
    auto index = DuplicateIndex::open(std::move(options));
    REQUIRE(index);
    for (const auto& event : journal) index->restore(event);
    return std::move(*index);
  }
  void note(DuplicateIndex& index, const TokenIdentity& of, UtcTime at = kNoon) {
    journal.push_back(reading(journal.size() + 1, of, at));
    index.note(journal.back());
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
};

}  // namespace

TEST_CASE("every token that was noted is found, and no other, across parts and a restart") {
  Station lane;
  std::mt19937_64 random(4);
  std::vector<TokenIdentity> noted;
  {
    auto index = lane.start();
    for (int i = 0; i < 1050; ++i) {
      noted.push_back({static_cast<std::uint32_t>(random() % 3),
                       static_cast<std::uint32_t>(random() % 5), random() % 100'000 * 2});
      lane.note(index, noted.back(), kNoon + i * 1s);
    }
    index.settle();
    CHECK(index.parts() >= 10);
    for (const auto& one : noted) CHECK(index.find(one).has_value());
  }
  auto index = lane.start();
  CHECK(index.restored() >= 1000);
  for (const auto& one : noted) {
    CHECK(index.find(one).has_value());
    CHECK_FALSE(index.find({one.issuer, one.meter, one.counter + 1}).has_value());
  }
}

TEST_CASE("a token keeps its last reading and what held of any, wherever they lie") {
  Station lane;
  auto index = lane.start(4);
  auto first = reading(1, token(1));
  first.decision = postal::Decision::divert;
  first.reason = postal::Reason::stale_date;
  index.note(first);
  CHECK(index.find(token(1))->rejected);
  CHECK(index.find(token(1))->inducted);
  for (std::uint64_t i = 2; i < 12; ++i) index.note(reading(i, token(i)));
  auto again = reading(12, token(1), kNoon + 90min);
  again.role = postal::StationRole::pass;
  index.note(again);
  index.settle();
  const auto found = index.find(token(1));
  CHECK(found->at == kNoon + 90min);
  CHECK_FALSE(found->rejected);
  CHECK(found->inducted);
}

TEST_CASE("what does not stand for a piece is not noted") {
  Station lane;
  auto index = lane.start();
  auto forged = reading(1, token(1));
  forged.verdict = postal::Verdict::forged;
  index.note(forged);
  auto copy = reading(2, token(2));
  copy.reason = postal::Reason::duplicate;
  index.note(copy);
  CHECK_FALSE(index.find(token(1)));
  CHECK_FALSE(index.find(token(2)));
  CHECK(index.entries() == 0);
}

TEST_CASE("a file that is damaged in any byte or cut anywhere is rebuilt from the journal") {
  Station lane;
  {
    auto index = lane.start(20);
    for (std::uint64_t i = 1; i <= 50; ++i) lane.note(index, token(i));
    index.settle();
  }
  const auto files = lane.files();
  REQUIRE(files.size() == 2);
  const Bytes whole = read_file(files[0], 1 << 20).value();
  std::mt19937_64 random(9);
  for (int round = 0; round < 60; ++round) {
    Bytes bytes = whole;
    if (round % 3 == 0) {
      bytes.resize(random() % bytes.size());
    } else {
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    }
    std::ofstream(files[0], std::ios::binary)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    lane.said.clear();
    auto index = lane.start(20);
    CHECK(lane.said.size() == 1);
    for (std::uint64_t i = 1; i <= 50; ++i) CHECK(index.find(token(i)).has_value());
    CHECK_FALSE(index.find(token(51)).has_value());
    index.settle();
    for (const auto& file : lane.files()) {
      if (file != files[0] && file != files[1]) std::filesystem::remove(file);
    }
  }
}

TEST_CASE("a file that lacks what the journal has is made up for from it") {
  Station lane;
  {
    auto index = lane.start(20);
    for (std::uint64_t i = 1; i <= 40; ++i) lane.note(index, token(i));
    index.settle();
  }
  // The journal is another one now: the file's sequences stand for other tokens.
  for (auto& event : lane.journal) event.token->counter += 1000;
  auto index = lane.start(20);
  for (std::uint64_t i = 1; i <= 40; ++i) {
    CHECK(index.find(token(i + 1000)).has_value());
    CHECK((i > 20 || index.find(token(i)).has_value()));  // this station read it all the same
  }
}

TEST_CASE("no file says more than the journal has on stable storage") {
  Station lane;
  std::uint64_t committed = 0;
  DuplicateIndexOptions options;
  options.directory = lane.folder.path();
  options.day_entries = 10;
  options.committed = [&] { return committed; };
  {
    auto index = DuplicateIndex::open(options);
    for (std::uint64_t i = 1; i <= 15; ++i) index->note(reading(i, token(i)));
    while (index->parts() == 0) std::this_thread::yield();
    CHECK(index->find(token(3)).has_value());
  }  // stopped before the journal had it
  CHECK(lane.files().empty());
}

TEST_CASE(
    "days go when enough newer ones with mail are there, and a clock that jumps forgets none") {
  Station lane;
  DuplicateIndexOptions options;
  options.directory = lane.folder.path();
  options.days = 3;
  auto opened = DuplicateIndex::open(options);
  REQUIRE(opened);
  auto& index = *opened;
  std::uint64_t sequence = 0;
  for (int day = 0; day < 10; ++day) {
    index.note(reading(++sequence, token(100 + static_cast<unsigned>(day)), kNoon + day * 24h));
    index.settle();
  }
  for (unsigned day = 0; day < 10; ++day) {
    INFO("day " << day);
    CHECK(index.find(token(100 + day)).has_value() == (day >= 5));
  }
  CHECK(lane.files().size() == 4);
  // A year ahead, and back.
  index.note(reading(++sequence, token(1), kNoon + 365 * 24h));
  index.note(reading(++sequence, token(2), kNoon + 10 * 24h));
  index.note(reading(++sequence, token(3), kNoon + 365 * 24h));
  index.settle();
  for (unsigned day = 8; day < 10; ++day) CHECK(index.find(token(100 + day)).has_value());
  for (std::uint64_t i = 1; i <= 3; ++i) CHECK(index.find(token(i)).has_value());
}

TEST_CASE("a packed part holds exactly what its table held") {
  using namespace station::seen;
  std::mt19937_64 random(3);
  for (const std::size_t size : {1U, 2U, 7U, 100U, 5000U}) {
    Table table(size, random(), kNoon);
    std::vector<TokenIdentity> tokens;
    for (std::size_t i = 0; i < size; ++i) {
      tokens.push_back({static_cast<std::uint32_t>(i % 3), 9, i + 1});
      station::SeenToken seen;
      seen.at = kNoon + i * 1s;
      seen.rejected = i % 2 == 0;
      seen.inducted = i % 3 == 0;
      seen.face = static_cast<std::uint8_t>(i);
      seen.claims = static_cast<std::uint32_t>(i) & ((1u << station::kClaimsBits) - 1);
      REQUIRE(table.put(tokens.back(), seen));
    }
    CHECK_FALSE(table.put({8, 8, 8}, {kNoon, false, false, 0, 0}));  // full
    const auto part = Part::pack(table, 1);
    CHECK(part->size() == size);
    for (std::size_t i = 0; i < size; ++i) {
      const Entry* entry = part->find(tokens[i]);
      REQUIRE(entry != nullptr);
      const auto seen = unpack(*entry, part->base());
      CHECK(seen.at == kNoon + i * 1s);
      CHECK(seen.rejected == (i % 2 == 0));
      CHECK(seen.inducted == (i % 3 == 0));
      CHECK(seen.face == static_cast<std::uint8_t>(i));
      CHECK(seen.claims == i);
    }
    CHECK(part->find({0, 9, size + 1}) == nullptr);
  }
}
