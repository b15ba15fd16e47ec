#include "station/evidence.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "base/file.h"
#include "datasets/dataset.h"
#include "tests/unit/station/evidence_pieces.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::TemporaryFolder;

Evidence open_in(const std::filesystem::path& folder, Redaction redaction = Redaction::codes_only) {
  EvidenceConfig config;
  config.directory = folder;
  config.redaction = redaction;
  config.free_bytes = 0;
  auto evidence = Evidence::open(config, "LANE-1", {});
  if (!evidence) FAIL(evidence.error().message);
  return std::move(*evidence);
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// Lends one piece of memory, and counts what came back.
class OneKeeper final : public vision::FrameKeeper {
 public:
  void give_back(std::uint8_t*) noexcept override { ++returned; }
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(640 * 480, 200);
  std::atomic<int> returned = 0;
};

TEST_CASE("a piece is kept under the first class that wants it") {
  EvidenceConfig config;
  config.sample_each = 10;
  config.meters = {{12, 3456}};
  postal::ScanEvent event = no_read(10);
  CHECK(evidence_class(config, event) == EvidenceClass::no_read);
  event.cause = postal::NoReadCause::decoder_crashed;
  CHECK(evidence_class(config, event) == EvidenceClass::crash);
  config.crashes = false;
  CHECK(evidence_class(config, event) == EvidenceClass::no_read);
  event.cause = postal::NoReadCause::none;
  CHECK(evidence_class(config, event) == EvidenceClass::sample);
  event.token = postal::TokenIdentity{12, 3456, 1};
  CHECK(evidence_class(config, event) == EvidenceClass::meter);
  event.verdict = postal::Verdict::forged;
  event.reason = postal::Reason::forged;
  CHECK(evidence_class(config, event) == EvidenceClass::suspect);
  event.reason = postal::Reason::stale_keys;  // that is the station's trouble, not the piece's
  CHECK(evidence_class(config, event) == EvidenceClass::meter);
  event.token->meter = 3457;
  event.piece = 11;
  CHECK(evidence_class(config, event) == std::nullopt);
}

TEST_CASE("a no-read is a sample of a dataset of its day, with its event beside it") {
  const TemporaryFolder folder;
  postal::ScanEvent event = no_read(12);
  event.sample = "../../etc/face 7.png";
  {
    Evidence evidence = open_in(folder / "evidence");
    evidence.keep(event, frames_of(with_candidate(640, 480), "front"));
    const auto counters = evidence.settle();
    CHECK(counters.kept == 1);
    CHECK(counters.left_out == 0);
    CHECK(counters.kept_by[static_cast<std::size_t>(EvidenceClass::no_read)] == 1);
    CHECK(counters.bytes > 1000);
    // Also while the station runs.
    CHECK(read_evidence_samples(folder / "evidence", EvidenceClass::no_read).size() == 1);
  }
  const auto samples = read_evidence_samples(folder / "evidence", EvidenceClass::no_read);
  REQUIRE(samples.size() == 1);
  CHECK(samples[0].key == "0000000012-front-______etc_face_7");
  CHECK(samples[0].picture_extension() == "png");
  CHECK(samples[0].part("json") == nullptr);  // that would be taken for the truth
  REQUIRE(samples[0].part("event.json") != nullptr);
  const json kept = json::parse(as_text(*samples[0].part("event.json")));
  CHECK(kept.at("class") == "no-read");
  CHECK(kept.at("shown") == "codes");
  CHECK(kept.at("camera") == "front");
  CHECK(kept.at("event").at("piece") == 12);
  CHECK(kept.at("event").at("cause") == "located_not_decoded");
  CHECK(kept.at("reading").at("located").at(0).at("looks_like") == "DataMatrix");
  CHECK(kept.at("reading").at("located").at(0).at("outline").at(2) == json({300.0, 300.0}));
  CHECK(kept.at("reading").at("rungs").at(0).at("rung") == "locate");
}

TEST_CASE("each picture of a piece is a sample, and a piece without pictures leaves none") {
  const TemporaryFolder folder;
  Evidence evidence = open_in(folder.path());
  std::vector<EvidenceFrame> frames;
  for (const char* camera : {"front", "back", "back"}) {
    frames.push_back({grey(64, 48), camera, {}});
  }
  evidence.keep(no_read(7), std::move(frames));
  evidence.keep(no_read(8), {});
  evidence.keep(no_read(9), frames_of({}, ""));
  CHECK(evidence.settle().kept == 1);
  const auto samples = read_evidence_samples(folder.path(), EvidenceClass::no_read);
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].key == "0000000007-1-front");
  CHECK(samples[1].key == "0000000007-2-back");
  CHECK(samples[2].key == "0000000007-3-back");
}

TEST_CASE("a crash is kept whole, and only the station's user may see it") {
  const TemporaryFolder folder;
  {
    Evidence evidence = open_in(folder / "evidence");
    postal::ScanEvent event = no_read(1);
    event.cause = postal::NoReadCause::decoder_crashed;
    evidence.keep(event, frames_of(with_candidate(640, 480), ""));
    evidence.keep(no_read(2), frames_of(with_candidate(640, 480), ""));
  }
  const auto samples = read_evidence_samples(folder / "evidence", EvidenceClass::crash);
  REQUIRE(samples.size() == 1);
  REQUIRE(samples[0].picture_extension() == "pgm");
  const Face face = with_candidate(640, 480);
  const Bytes& pgm = *samples[0].picture();
  REQUIRE(pgm.size() > 640 * 480);
  CHECK(std::equal(pgm.end() - 640 * 480, pgm.end(), face.frame.view().pixels));
  const auto day = only_folder_in(folder / "evidence/crash");
  CHECK(mode_of(folder / "evidence") == 0750);
  CHECK(mode_of(folder / "evidence/crash") == 0700);
  CHECK(mode_of(day) == 0700);
  CHECK(mode_of(day / "shard-000000.tar") == 0600);
  CHECK(mode_of(day / "manifest.json") == 0600);
  const auto seen = only_folder_in(folder / "evidence/no-read");
  CHECK(mode_of(seen) == 0750);
  CHECK(mode_of(seen / "shard-000000.tar") == 0640);
  CHECK(mode_of(seen / "shard-000000.index") == 0640);
}

TEST_CASE("past its limit the queue leaves pieces out, counts them, and gives every frame back") {
  const TemporaryFolder folder;
  OneKeeper keeper;
  constexpr int kPieces = 300;
  std::uint64_t kept = 0;
  {
    Evidence evidence = open_in(folder.path());
    for (int i = 0; i < kPieces; ++i) {
      std::vector<EvidenceFrame> frames;
      frames.push_back({vision::Frame(keeper.pixels.data(), 640, 480, keeper), "", {}});
      const auto began = std::chrono::steady_clock::now();
      evidence.keep(no_read(static_cast<std::uint64_t>(i + 1)), std::move(frames));
      CHECK(std::chrono::steady_clock::now() - began < 1s);
    }
    const auto counters = evidence.settle();
    CHECK(counters.kept + counters.left_out == kPieces);
    CHECK(counters.kept >= Evidence::kQueueLimit);
    CHECK(counters.left_out > 0);  // no machine packs 300 faces while they are queued
    kept = counters.kept;
  }
  CHECK(keeper.returned == kPieces);
  CHECK(read_evidence_samples(folder.path(), EvidenceClass::no_read).size() == kept);
}

TEST_CASE("a piece with more pictures than there may wait is left out whole") {
  const TemporaryFolder folder;
  Evidence evidence = open_in(folder.path());
  std::vector<EvidenceFrame> frames;
  for (std::size_t i = 0; i <= Evidence::kQueueLimit; ++i) frames.push_back({grey(64, 48), "", {}});
  evidence.keep(no_read(1), std::move(frames));
  CHECK(evidence.settle().left_out == 1);
}

TEST_CASE("a disk that hangs holds up nobody and keeps no frame, and is used again afterwards") {
  const TemporaryFolder folder;
  EvidenceConfig config;
  config.directory = folder.path();
  config.redaction = Redaction::none;
  config.free_bytes = 0;
  config.quotas.fill(4u << 20);  // a shard ends after 256 KiB: with each picture
  std::mutex mutex;
  std::vector<Alarm> alarms;
  auto evidence = Evidence::open(config, "LANE-1", [&](const Alarm& alarm) {
    const std::lock_guard lock(mutex);
    alarms.push_back(alarm);
  });
  REQUIRE(evidence);
  evidence->keep(no_read(1), frames_of({grey(640, 480), {}}, ""));
  REQUIRE(evidence->settle().kept == 1);
  // Nobody reads from it: who opens it to write waits for ever, as on a server that is gone.
  const auto fifo = only_folder_in(folder / "no-read") / "shard-000001.tar";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  OneKeeper keeper;
  constexpr int kPieces = 400;
  for (int i = 0; i < kPieces; ++i) {
    std::vector<EvidenceFrame> frames;
    frames.push_back({vision::Frame(keeper.pixels.data(), 640, 480, keeper), "", {}});
    evidence->keep(no_read(static_cast<std::uint64_t>(i + 2)), std::move(frames));
    std::this_thread::sleep_for(500us);
  }
  for (int i = 0; i < 2000 && keeper.returned < kPieces; ++i) std::this_thread::sleep_for(5ms);
  CHECK(keeper.returned == kPieces);
  auto counters = evidence->counters();
  CHECK(counters.kept == 1);
  CHECK(counters.left_out > 0);  // 64 MB wait in memory, and no more

  auto* const handler = ::signal(SIGPIPE, SIG_IGN);
  ::close(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK));  // now its writing fails
  counters = evidence->settle();
  CHECK(counters.kept + counters.left_out == kPieces + 1);
  std::this_thread::sleep_for(1100ms);  // it is asked again
  evidence->keep(no_read(1000), frames_of({grey(640, 480), {}}, ""));
  CHECK(evidence->settle().kept == counters.kept + 1);
  ::signal(SIGPIPE, handler);
  const auto samples = read_evidence_samples(folder.path(), EvidenceClass::no_read);
  CHECK(samples.back().key == "0000001000");
  const std::lock_guard lock(mutex);
  REQUIRE(alarms.size() == 2);
  CHECK(alarms[0].name == "evidence-failed");
  CHECK(alarms[0].raised);
  CHECK_FALSE(alarms[1].raised);
}

TEST_CASE("only one station has a folder at a time") {
  const TemporaryFolder folder;
  Evidence evidence = open_in(folder.path());
  EvidenceConfig config;
  config.directory = folder.path();
  const auto second = Evidence::open(config, "LANE-2", {});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::refused);
}

TEST_CASE("evidence that cannot have its folder says so at the start") {
  const TemporaryFolder folder;
  REQUIRE(write_file_durably(folder / "file", as_bytes("")));
  EvidenceConfig config;
  config.directory = folder / "file/evidence";
  const auto evidence = Evidence::open(config, "LANE-1", {});
  REQUIRE_FALSE(evidence);
  CHECK(evidence.error().message.find("file") != std::string::npos);
}

/// Keeps pieces until it is killed; tells how many are on the disk.
[[noreturn]] void keep_until_killed(const std::filesystem::path& folder, std::uint64_t from,
                                    int told) {
  EvidenceConfig config;
  config.directory = folder;
  config.redaction = Redaction::none;
  config.free_bytes = 0;
  auto evidence = Evidence::open(config, "LANE-1", {});
  if (!evidence) ::_exit(1);
  for (std::uint64_t piece = from;; ++piece) {
    evidence->keep(no_read(piece), frames_of(with_candidate(400, 300), "front"));
    if (evidence->settle().left_out > 0) ::_exit(2);
    if (::write(told, &piece, sizeof piece) != sizeof piece) ::_exit(3);
  }
}

TEST_CASE("killed fifty times at any moment, the evidence keeps all that was written") {
  const TemporaryFolder folder;
  std::mt19937 random(5);
  std::uint64_t kept = 0;
  for (int round = 0; round < 50; ++round) {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) keep_until_killed(folder / "evidence", kept + 1, pipe[1]);
    ::close(pipe[1]);
    std::uint64_t piece = 0;
    for (auto told = 1 + random() % 4; told > 0; --told) {
      REQUIRE(::read(pipe[0], &piece, sizeof piece) == sizeof piece);
      kept = piece;
    }
    ::usleep(static_cast<useconds_t>(random() % 5000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (::read(pipe[0], &piece, sizeof piece) == sizeof piece) kept = piece;
    ::close(pipe[0]);
    const auto samples = read_evidence_samples(folder / "evidence", EvidenceClass::no_read);
    REQUIRE(samples.size() >= kept);  // one more may be whole that was not told
    REQUIRE(samples.size() <= kept + 1);
    kept = samples.size();
  }
  std::uint64_t number = 0;
  for (const auto& sample : read_evidence_samples(folder / "evidence", EvidenceClass::no_read)) {
    CHECK(std::stoull(sample.key.substr(0, 10)) == ++number);
    CHECK(sample.parts.at("pgm").size() == 400 * 300 + std::string("P5\n400 300\n255\n").size());
    CHECK(json::accept(as_text(sample.parts.at("event.json"))));
  }
}

}  // namespace
}  // namespace backstamp::station
