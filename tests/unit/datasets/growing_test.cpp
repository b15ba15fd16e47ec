// Datasets that grow: read while they are written, after a kill, and with their beginning gone.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "base/file.h"
#include "datasets/dataset.h"
#include "datasets/inspect.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/open_shard.h"
#include "tests/unit/datasets/sample_dataset.h"
#include "tests/unit/datasets/temporary_folder.h"

namespace backstamp::datasets {
namespace {

Result<DatasetWriter> append_to(const std::filesystem::path& folder,
                                std::uint64_t shard_bytes = 5000) {
  return DatasetWriter::append({folder, shard_bytes, R"({"by": "a test"})", 0640});
}

std::vector<Sample> read_all(const std::filesystem::path& folder, std::size_t lost = 0) {
  std::vector<Sample> samples;
  auto reader = DatasetReader::open(folder);
  if (!reader) FAIL(reader.error().message);
  while (true) {
    auto sample = reader->next();
    if (!sample) FAIL(sample.error().message);
    if (!*sample) break;
    samples.push_back(std::move(**sample));
  }
  CHECK(samples.size() + lost == reader->sample_count());
  return samples;
}

void check_samples(const std::vector<Sample>& read, std::size_t from, std::size_t to) {
  const auto wanted = test_samples(to);
  REQUIRE(read.size() == to - from);
  for (std::size_t i = from; i < to; ++i) {
    CHECK(read[i - from].key == wanted[i].key);
    CHECK(read[i - from].parts == wanted[i].parts);
  }
}

TEST_CASE("a growing dataset is read while it is written, up to its last sample") {
  const TemporaryFolder folder;
  auto writer = append_to(folder / "set");
  REQUIRE(writer);
  CHECK(read_all(folder / "set").empty());
  const auto samples = test_samples(20);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    REQUIRE(writer->add(samples[i]));
    check_samples(read_all(folder / "set"), 0, i + 1);
    CHECK(summarise_dataset(folder / "set")->samples == i + 1);
  }
  CHECK(writer->shards() > 3);
  const auto seen = verify_dataset(folder / "set", {});
  REQUIRE(seen);
  CHECK(seen->faults.empty());
  CHECK(seen->samples == 20);
  CHECK(seen->members == 40);
}

TEST_CASE("the shard that is being written is a whole tar for everybody else") {
  const TemporaryFolder folder;
  auto writer = append_to(folder / "set", 1 << 20);
  REQUIRE(writer);
  for (const Sample& sample : test_samples(3)) REQUIRE(writer->add(sample));
  auto tar = DatasetReader::open(folder / "set/shard-000000.tar");
  REQUIRE(tar);
  for (int i = 0; i < 3; ++i) REQUIRE(tar->next()->has_value());
  auto end = tar->next();
  REQUIRE(end);
  CHECK_FALSE(*end);
}

TEST_CASE("a growing dataset goes on where it ended, in a new shard") {
  const TemporaryFolder folder;
  const auto samples = test_samples(12);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    auto writer = append_to(folder / "set", 1 << 20);
    REQUIRE(writer);
    REQUIRE(writer->add(samples[i]));
    if (i % 2 == 0) REQUIRE(writer->rotate());
  }
  check_samples(read_all(folder / "set"), 0, 12);
  CHECK(append_to(folder / "set")->shards() == 12);
}

TEST_CASE("a finished dataset is not appended to, and what is no dataset neither") {
  const TemporaryFolder folder;
  write_samples(folder / "set", test_samples(3));
  auto writer = append_to(folder / "set");
  REQUIRE_FALSE(writer);
  CHECK(writer.error().kind == ErrorKind::refused);
  std::filesystem::create_directories(folder / "other");
  REQUIRE(write_file_durably(folder / "other/manifest.json", as_bytes("{}")));
  CHECK_FALSE(append_to(folder / "other"));
}

TEST_CASE("the oldest shards are dropped, and what is left is read, counted and gone on with") {
  const TemporaryFolder folder;
  const auto samples = test_samples(12);
  std::optional<DatasetWriter> writer(std::move(*append_to(folder / "set", 100)));
  for (std::size_t i = 0; i < 10; ++i) REQUIRE(writer->add(samples[i]));
  CHECK(writer->shards() == 10);
  auto before = DatasetReader::open(folder / "set");  // it knows shards that will be gone
  for (int i = 0; i < 4; ++i) CHECK(writer->drop_oldest()->samples == 1);
  check_samples(read_all(folder / "set"), 4, 10);
  CHECK(verify_dataset(folder / "set", {})->faults.empty());
  auto first = before->next();
  REQUIRE(first);
  CHECK((*first)->key == samples[4].key);

  writer.reset();
  writer.emplace(std::move(*append_to(folder / "set", 100)));
  REQUIRE(writer->add(samples[10]));
  check_samples(read_all(folder / "set"), 4, 11);
  for (int i = 0; i < 7; ++i) CHECK(writer->drop_oldest()->samples == 1);
  CHECK(writer->drop_oldest()->samples == 0);
  CHECK(writer->bytes() == 0);
  CHECK(read_all(folder / "set").empty());
  REQUIRE(writer->add(samples[11]));
  check_samples(read_all(folder / "set"), 11, 12);
}

TEST_CASE("shards that were removed behind the writer's back are forgotten") {
  const TemporaryFolder folder;
  const auto samples = test_samples(6);
  {
    auto writer = append_to(folder / "set", 100);
    for (const Sample& sample : samples) REQUIRE(writer->add(sample));
  }
  std::filesystem::remove(folder / "set/shard-000002.tar");
  CHECK(read_all(folder / "set", 1).size() == 5);  // before anybody has put it in order
  REQUIRE(append_to(folder / "set"));
  const auto left = read_all(folder / "set");
  REQUIRE(left.size() == 5);
  CHECK(left[1].key == samples[1].key);
  CHECK(left[2].key == samples[3].key);
  CHECK_FALSE(std::filesystem::exists(folder / "set/shard-000002.index"));
  CHECK(verify_dataset(folder / "set", {})->faults.empty());
}

TEST_CASE("the manifest of a growing dataset lists shards in order, below the open one") {
  const std::string digest(64, 'a');
  Manifest manifest{7, {{shard_file(3), 4096, 3, digest}, {shard_file(7), 2048, 4, digest}}, "{}"};
  manifest.open_shard = 8;
  const auto text = print_manifest(manifest);
  REQUIRE(parse_manifest(*text));
  CHECK(*parse_manifest(*text) == manifest);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = *text;
    changed.replace(changed.find(from), from.size(), to);
    return parse_manifest(changed).has_value();
  };
  CHECK(with("\"open_shard\": 8", "\"open_shard\": 9"));
  CHECK_FALSE(with("\"open_shard\": 8", "\"open_shard\": 7"));
  CHECK_FALSE(with("\"open_shard\": 8", "\"open_shard\": -8"));
  CHECK_FALSE(with("\"open_shard\": 8", "\"open_shard\": 88888888888"));
  CHECK_FALSE(with("\"open_shard\": 8", "\"opened\": 8"));  // then they count from 0
  CHECK_FALSE(with("shard-000007", "shard-000003"));
  CHECK_FALSE(with("shard-000007", "shard-000002"));
  CHECK_FALSE(with("shard-000007", "shard-7"));
  CHECK_FALSE(with("shard-000007", "../rd-000007"));
}

TEST_CASE("a writer notices that its shard was removed or moved away") {
  const TemporaryFolder folder;
  const auto samples = test_samples(4);
  auto writer = append_to(folder / "set", 1 << 20);
  REQUIRE(writer->add(samples[0]));
  std::filesystem::rename(folder / "set", folder / "aside");
  const auto added = writer->add(samples[1]);
  REQUIRE_FALSE(added);
  CHECK(added.error().kind == ErrorKind::not_found);
  check_samples(read_all(folder / "aside"), 0, 1);
}

TEST_CASE("cut off at any byte, the open shard keeps every sample that was whole") {
  const TemporaryFolder folder;
  {
    auto writer = append_to(folder / "set", 1 << 20);
    for (const Sample& sample : test_samples(4)) REQUIRE(writer->add(sample));
  }
  const auto tar = folder / "set/shard-000000.tar";
  const Bytes whole = *read_file(tar, 1 << 20);
  const auto ends = scan_open_shard(tar)->index;
  std::vector<std::uint64_t> borders;  // where each sample ends
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& last = ends.members[ends.range(i).second - 1];
    borders.push_back(last.offset_bytes + (last.size_bytes + 511) / 512 * 512);
  }
  for (std::size_t cut = 0; cut <= whole.size();
       cut += cut % 512 < 2 || cut % 512 > 509 ? 1 : 101) {
    const auto torn = folder / "torn";
    std::filesystem::create_directories(torn);
    std::filesystem::copy_file(folder / "set/manifest.json", torn / "manifest.json");
    REQUIRE(write_file_durably(torn / "shard-000000.tar", ByteView(whole).first(cut)));
    // A sample counts when a block stands behind it that shows its end: the next one's header, or
    // the end of archive.
    std::size_t kept = 0;
    while (kept < 4 && cut >= borders[kept] + 512) ++kept;
    check_samples(read_all(torn), 0, kept);
    auto writer = append_to(torn);
    REQUIRE(writer);
    check_samples(read_all(torn), 0, kept);
    CHECK(verify_dataset(torn, {})->faults.empty());
    REQUIRE(writer->add(test_samples(5)[4]));
    CHECK(read_all(torn).size() == kept + 1);
    std::filesystem::remove_all(torn);
  }
}

/// Adds samples until it is killed; says after each how many there are.
[[noreturn]] void write_until_killed(const std::filesystem::path& folder, std::size_t from,
                                     int told) {
  auto writer = append_to(folder, 2'000'000);
  if (!writer) ::_exit(1);
  for (std::size_t i = from;; ++i) {
    Sample sample{"piece_" + std::to_string(i), {}};
    sample.parts["pgm"] = test_bytes(150'000, static_cast<std::uint32_t>(i));
    sample.parts["event.json"] = test_bytes(300, static_cast<std::uint32_t>(i + 1));
    if (!writer->add(sample)) ::_exit(2);
    if (::write(told, &i, sizeof i) != sizeof i) ::_exit(3);
  }
}

TEST_CASE("killed fifty times at any moment, a growing dataset keeps all that add() returned for") {
  const TemporaryFolder folder;
  REQUIRE(append_to(folder / "set"));
  std::mt19937 random(7);
  std::size_t added = 0;
  for (int round = 0; round < 50; ++round) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(folder / "set", added, pipe[1]);
    ::close(pipe[1]);
    // Now and then it is killed while it puts in order what the last one left.
    std::size_t number = 0;
    for (auto told = random() % 6; told > 0; --told) {
      REQUIRE(::read(pipe[0], &number, sizeof number) == sizeof number);
      added = number + 1;
    }
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(pipe[0], &number, sizeof number) == sizeof number) added = number + 1;
    ::close(pipe[0]);
    std::size_t there = 0;
    for (const Sample& sample : read_all(folder / "set")) {
      const bool last = there + 1 >= added;
      REQUIRE(sample.key == "piece_" + std::to_string(there));
      REQUIRE(sample.parts.size() == 2);
      if (last)
        REQUIRE(sample.parts.at("pgm") == test_bytes(150'000, static_cast<std::uint32_t>(there)));
      ++there;
    }
    REQUIRE(there >= added);  // one more may be whole that nobody was told of
    REQUIRE(there <= added + 1);
    added = there;
  }
  CHECK(added > 50);
  REQUIRE(append_to(folder / "set"));
  const auto seen = verify_dataset(folder / "set", {});
  CHECK(seen->faults.empty());
  CHECK(seen->samples == added);
}

TEST_CASE("a disk that takes no more costs the sample, and the next append() mends the rest") {
  const TemporaryFolder folder;
  {
    auto writer = append_to(folder / "set", 1 << 20);
    REQUIRE(writer->add(test_samples(1)[0]));
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small { 20'000, before.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    Sample large{"large", {}};
    large.parts["pgm"] = test_bytes(30'000, 1);
    large.parts["event.json"] = test_bytes(300, 1);
    const auto added = writer->add(large);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    ::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(added);
    CHECK(added.error().message.find("shard-000000.tar") != std::string::npos);
    check_samples(read_all(folder / "set"), 0, 1);
  }
  auto writer = append_to(folder / "set");
  REQUIRE(writer);
  CHECK(verify_dataset(folder / "set", {})->samples == 1);
  REQUIRE(writer->add(test_samples(2)[1]));
  check_samples(read_all(folder / "set"), 0, 2);
}

}  // namespace
}  // namespace backstamp::datasets
