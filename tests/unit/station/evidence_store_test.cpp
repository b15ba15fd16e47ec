// What goes when, and what happens when the disk fails: with real full, read-only and missing ones.
#include "station/evidence/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "datasets/inspect.h"
#include "tests/unit/station/evidence_pieces.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using test::TemporaryFolder;

const UtcTime kNoon = UtcTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 26)) + 12h;

/// The store with its alarms, and a disk whose size the test says.
struct Bench {
  explicit Bench(const std::filesystem::path& folder) { config.directory = folder; }

  EvidenceStore& open() {
    store.reset();
    auto opened = EvidenceStore::open(
        config, "LANE-1", [this](const Alarm& alarm) { alarms.push_back(alarm); }, space);
    if (!opened) FAIL(opened.error().message);
    store.emplace(std::move(*opened));
    return *store;
  }
  /// A picture of about `bytes` that cannot be packed smaller.
  Result<void> put(EvidenceClass kind, std::uint64_t piece, UtcTime now = kNoon,
                   std::size_t bytes = 50'000) {
    datasets::Sample sample{"piece-" + std::to_string(piece), {}};
    sample.parts["pgm"] = Bytes(bytes, 1);
    sample.parts["event.json"] = Bytes(300, ' ');
    return store->put(kind, {sample}, now);
  }
  std::vector<std::string> keys(EvidenceClass kind) const {
    std::vector<std::string> all;
    for (const auto& sample : read_evidence_samples(config.directory, kind)) {
      all.push_back(sample.key);
    }
    return all;
  }

  EvidenceConfig config = [] {
    EvidenceConfig small;
    small.free_bytes = 0;
    return small;
  }();
  FreeSpace space = free_space;
  std::vector<Alarm> alarms;
  std::optional<EvidenceStore> store;
};

std::uint64_t bytes_below(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

/// As if the shards in there had been written at that time.
void date_shards(const std::filesystem::path& folder, UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    REQUIRE(::utimensat(AT_FDCWD, entry.path().c_str(), times, 0) == 0);
  }
}

TEST_CASE("each class has a dataset a day, whose shards end by the hour") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.open();
  REQUIRE(bench.put(EvidenceClass::no_read, 1));
  REQUIRE(bench.put(EvidenceClass::no_read, 2, kNoon + 59min));
  REQUIRE(bench.put(EvidenceClass::no_read, 3, kNoon + 61min));
  REQUIRE(bench.put(EvidenceClass::suspect, 4, kNoon + 61min));
  REQUIRE(bench.put(EvidenceClass::no_read, 5, kNoon + 13h));
  const auto day = folder / "no-read" / std::filesystem::path("2026-11-26");
  CHECK(std::filesystem::exists(day / "shard-000000.index"));
  CHECK_FALSE(std::filesystem::exists(day / "shard-000001.index"));
  bench.store->tend(kNoon + 13h, true);  // an hour that is over has its index, also without a piece
  CHECK(std::filesystem::exists(day / "shard-000001.index"));
  CHECK(datasets::summarise_dataset(day)->samples == 3);
  CHECK(datasets::verify_dataset(day, {})->faults.empty());
  CHECK(datasets::summarise_dataset(folder / "no-read/2026-11-27")->samples == 1);
  CHECK(datasets::summarise_dataset(folder / "suspect/2026-11-26")->samples == 1);
  const auto maker = datasets::summarise_dataset(day)->maker_json;
  CHECK(maker.find("\"mailed\":\"2026-11-26\"") != std::string::npos);
}

TEST_CASE("past a class's quota its oldest go, and no other class's") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.config.quotas[static_cast<std::size_t>(EvidenceClass::no_read)] = 1u << 20;
  bench.open();
  REQUIRE(bench.put(EvidenceClass::suspect, 1));
  for (std::uint64_t i = 1; i <= 60; ++i) {
    REQUIRE(bench.put(EvidenceClass::no_read, i, kNoon + std::chrono::hours(i / 2)));
    const auto no_reads = bench.store->bytes()[static_cast<std::size_t>(EvidenceClass::no_read)];
    CHECK(no_reads <= 1u << 20);
    CHECK(bytes_below(folder / "no-read") <= (1u << 20) + 20'000);
  }
  const auto left = bench.keys(EvidenceClass::no_read);
  REQUIRE(left.size() >= 15);
  CHECK(left.back() == "piece-60");
  CHECK(left.front() == "piece-" + std::to_string(61 - left.size()));
  CHECK(bench.store->removed() == 60 - left.size());
  CHECK(bench.keys(EvidenceClass::suspect).size() == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "no-read/2026-11-26"));  // an empty day goes too
  CHECK_FALSE(bench.put(EvidenceClass::no_read, 61, kNoon, 2u << 20));
  CHECK(bench.alarms.empty());
}

TEST_CASE("quotas hold over restarts") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.config.quotas.fill(1u << 20);
  for (std::uint64_t i = 1; i <= 60; ++i) {
    if (i % 7 == 1) bench.open();
    REQUIRE(bench.put(EvidenceClass::no_read, i));
  }
  CHECK(bytes_below(folder / "no-read") <= (1u << 20) + 20'000);
  CHECK(bench.keys(EvidenceClass::no_read).back() == "piece-60");
}

TEST_CASE("what is too old goes, but only while somebody knows what day it is") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.config.keep = 72h;
  bench.open();
  for (int day = 0; day < 5; ++day) {
    const UtcTime then = kNoon + std::chrono::days(day);
    REQUIRE(bench.put(EvidenceClass::sample, static_cast<std::uint64_t>(day), then));
    bench.store->close();
    date_shards(folder / "sample" / format_date(utc_date(then)), then);
  }
  bench.store->tend(kNoon + std::chrono::days(30), false);
  CHECK(bench.keys(EvidenceClass::sample).size() == 5);
  bench.store->tend(kNoon + std::chrono::days(5) - 1h, true);
  CHECK(bench.keys(EvidenceClass::sample) ==
        std::vector<std::string>{"piece-2", "piece-3", "piece-4"});
  CHECK(bench.store->removed() == 2);
  bench.store->tend(kNoon + std::chrono::days(50), true);
  CHECK(bench.keys(EvidenceClass::sample).empty());
}

TEST_CASE("for the disk's sake samples go first, then the oldest, then nothing more is kept") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  std::uint64_t disk = 100u << 20;
  bench.space = [&](const std::filesystem::path& path) -> Result<std::uint64_t> {
    return disk - std::min(disk, bytes_below(path));
  };
  bench.config.free_bytes = 20u << 20;
  bench.open();
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto kind = i % 2 == 0 ? EvidenceClass::no_read : EvidenceClass::sample;
    REQUIRE(bench.put(kind, i, kNoon + std::chrono::hours(i), 1u << 20));
  }
  CHECK(bench.alarms.empty());
  disk = (27u << 20) + (1u << 19);  // 10 MB are ours: 4 must go, and one for each new one
  REQUIRE(bench.put(EvidenceClass::no_read, 10, kNoon + 10h, 1u << 20));
  CHECK(bench.keys(EvidenceClass::sample) == std::vector<std::string>{"piece-9"});
  CHECK(bench.keys(EvidenceClass::no_read).size() == 6);
  REQUIRE(bench.alarms.size() == 1);
  CHECK(bench.alarms[0].name == "disk-low");
  CHECK(bench.alarms[0].source == "LANE-1");
  CHECK(bench.alarms[0].raised);
  CHECK(bench.alarms[0].cause.find("20 MB are kept for events") != std::string::npos);
  REQUIRE(bench.put(EvidenceClass::no_read, 11, kNoon + 11h, 1u << 20));
  CHECK(bench.keys(EvidenceClass::sample).empty());
  REQUIRE(bench.put(EvidenceClass::no_read, 12, kNoon + 12h, 1u << 20));
  CHECK(bench.keys(EvidenceClass::no_read).front() == "piece-2");

  disk = 10u << 20;
  for (int i = 0; i < 4; ++i) {
    const auto refused = bench.put(EvidenceClass::no_read, 13, kNoon + 12h);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::unavailable);
  }
  CHECK(bench.keys(EvidenceClass::no_read).empty());
  CHECK(bench.alarms.size() == 1);  // it is one state

  disk = 100u << 20;
  REQUIRE(bench.put(EvidenceClass::no_read, 13, kNoon + 13h));
  REQUIRE(bench.alarms.size() == 2);
  CHECK_FALSE(bench.alarms[1].raised);
}

TEST_CASE("space that does not come back does not cost all pictures at once") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.open();
  for (std::uint64_t i = 0; i < 12; ++i) {
    REQUIRE(bench.put(EvidenceClass::no_read, i, kNoon + std::chrono::hours(i)));
  }
  bench.space = [](const std::filesystem::path&) -> Result<std::uint64_t> { return 0; };
  bench.config.free_bytes = 1000;
  bench.open();
  CHECK_FALSE(bench.put(EvidenceClass::no_read, 12, kNoon + 12h));
  CHECK(bench.keys(EvidenceClass::no_read).size() == 8);
}

TEST_CASE("a folder that is removed while it is written is made anew, at once") {
  const TemporaryFolder folder;
  Bench bench(folder / "evidence");
  bench.open();
  REQUIRE(bench.put(EvidenceClass::no_read, 1));
  std::filesystem::remove_all(folder / "evidence/no-read");
  REQUIRE(bench.put(EvidenceClass::no_read, 2));
  CHECK(bench.keys(EvidenceClass::no_read) == std::vector<std::string>{"piece-2"});
  std::filesystem::rename(folder / "evidence/no-read/2026-11-26", folder / "aside");
  REQUIRE(bench.put(EvidenceClass::no_read, 3));
  CHECK(bench.keys(EvidenceClass::no_read) == std::vector<std::string>{"piece-3"});
  CHECK(datasets::summarise_dataset(folder / "aside")->samples == 1);
  std::filesystem::remove_all(folder / "evidence");
  REQUIRE(bench.put(EvidenceClass::no_read, 4));
  CHECK(bench.keys(EvidenceClass::no_read) == std::vector<std::string>{"piece-4"});
  CHECK(bench.alarms.empty());
}

TEST_CASE("a day whose manifest is damaged is passed over, and goes when its time comes") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.config.quotas.fill(1u << 20);
  bench.open();
  for (std::uint64_t i = 1; i <= 5; ++i) REQUIRE(bench.put(EvidenceClass::no_read, i));
  bench.store.reset();
  const auto day = folder / "no-read" / std::filesystem::path("2026-11-26");
  REQUIRE(write_file_durably(day / "manifest.json", as_bytes("{\"format\":")));
  bench.open();
  for (std::uint64_t i = 6; i <= 40; ++i) REQUIRE(bench.put(EvidenceClass::no_read, i));
  CHECK_FALSE(std::filesystem::exists(day));
  CHECK(bytes_below(folder / "no-read") <= (1u << 20) + 20'000);
  CHECK(bench.keys(EvidenceClass::no_read).back() == "piece-40");
  CHECK(bench.alarms.empty());
}

TEST_CASE("a file system that refuses is one alarm, and is over when it takes again") {
  const TemporaryFolder folder;
  Bench bench(folder.path());
  bench.open();
  REQUIRE(bench.put(EvidenceClass::no_read, 1));
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 70'000, before.rlim_max };
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const bool took = bench.put(EvidenceClass::no_read, 2).has_value() ||
                    bench.put(EvidenceClass::no_read, 3, kNoon, 80'000).has_value();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, handler);
  CHECK_FALSE(took);
  REQUIRE(bench.alarms.size() == 1);
  CHECK(bench.alarms[0].name == "evidence-failed");
  CHECK(bench.alarms[0].cause.find("File too large") != std::string::npos);
  REQUIRE(bench.put(EvidenceClass::no_read, 4));
  CHECK(bench.alarms.size() == 2);
  CHECK_FALSE(bench.alarms.back().raised);
  CHECK(bench.keys(EvidenceClass::no_read) == std::vector<std::string>{"piece-1", "piece-4"});
  const auto day = only_folder_in(folder / "no-read");
  bench.store->close();
  CHECK(datasets::verify_dataset(day, {})->faults.empty());
}

/// A file system of its own, of two megabytes.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& where) : where_(where) {
    std::filesystem::create_directories(where);
    mounted_ = ::mount("tmpfs", where.c_str(), "tmpfs", 0, "size=2m") == 0;
    if (!mounted_) SKIP("no tmpfs may be mounted here: " << std::strerror(errno));
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  void make_read_only(bool read_only) const {
    const unsigned long flags =
        MS_REMOUNT | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0ul);
    REQUIRE(::mount("tmpfs", where_.c_str(), "tmpfs", flags, "size=2m") == 0);
  }

 private:
  std::filesystem::path where_;
  bool mounted_ = false;
};

TEST_CASE("a disk that is full of other things takes no pictures, and loses none that it has") {
  const TemporaryFolder folder;
  const SmallDisk disk(folder / "disk");
  Bench bench(folder / "disk/evidence");
  bench.space = [](const std::filesystem::path&) -> Result<std::uint64_t> { return 1ull << 40; };
  bench.open();  // it believes in room, and finds out by writing
  for (std::uint64_t i = 1; i <= 6; ++i) REQUIRE(bench.put(EvidenceClass::no_read, i));
  {
    const UniqueFd filler(::open((folder / "disk/other").c_str(), O_WRONLY | O_CREAT, 0600));
    const Bytes block(4096, 1);
    while (::write(filler.get(), block.data(), block.size()) > 0) {
    }
  }
  for (std::uint64_t i = 7; i <= 12; ++i) CHECK_FALSE(bench.put(EvidenceClass::no_read, i));
  REQUIRE(bench.alarms.size() == 1);
  CHECK(bench.alarms[0].cause.find("No space left") != std::string::npos);
  CHECK(bench.keys(EvidenceClass::no_read).size() == 6);
  std::filesystem::remove(folder / "disk/other");
  REQUIRE(bench.put(EvidenceClass::no_read, 13));
  CHECK(bench.alarms.size() == 2);
  CHECK(bench.keys(EvidenceClass::no_read).size() == 7);
}

TEST_CASE("a disk that fills up with pictures keeps the newest, without an end") {
  const TemporaryFolder folder;
  const SmallDisk disk(folder / "disk");
  Bench bench(folder / "disk/evidence");
  bench.config.free_bytes = 200'000;
  bench.config.quotas.fill(1u << 20);  // together more than there is
  bench.open();
  std::uint64_t kept = 0;
  for (std::uint64_t i = 1; i <= 150; ++i) {
    const auto kind = static_cast<EvidenceClass>(i % kEvidenceClasses);
    const auto now = kNoon + std::chrono::minutes(i * 13);
    if (bench.put(kind, i, now)) ++kept;
    CHECK(*free_space(folder / "disk") >= 150'000);
  }
  CHECK(kept == 150);
  const auto last = bench.keys(EvidenceClass::crash);
  REQUIRE_FALSE(last.empty());
  CHECK(last.back() == "piece-150");
  CHECK(bench.alarms.size() == 1);
}

TEST_CASE("a disk that is read-only is an alarm, and used again once it is not") {
  const TemporaryFolder folder;
  const SmallDisk disk(folder / "disk");
  Bench bench(folder / "disk/evidence");
  bench.open();
  REQUIRE(bench.put(EvidenceClass::no_read, 1));
  bench.store.reset();  // nothing is open for writing, else it cannot be made read-only
  disk.make_read_only(true);
  const auto refused = EvidenceStore::open(bench.config, "LANE-1", {}, free_space);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("Read-only") != std::string::npos);
  disk.make_read_only(false);
  bench.open();
  bench.store->close();
  CHECK(bench.put(EvidenceClass::no_read, 2));
  CHECK(bench.keys(EvidenceClass::no_read).size() == 2);
}

}  // namespace
}  // namespace backstamp::station
