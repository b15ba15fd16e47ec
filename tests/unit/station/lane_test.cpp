#include "station/lane.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <thread>

#include "station/report.h"

namespace {

using namespace backstamp;

/// A piece without print. The light falls off to one side: a picture that is quite even is none.
vision::Frame blank_frame() {
  vision::Frame frame(400, 200);
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 400; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(230 - x / 40);
  return frame;
}

/// Pieces with the numbers that the test says; a damaged one has a file that is no picture.
class ScriptedSource final : public vision::FrameSource {
 public:
  struct Step {
    std::uint64_t piece = 0;
    bool damaged = false;
  };
  explicit ScriptedSource(std::vector<Step> steps) : steps_(std::move(steps)) {}

  Result<std::optional<vision::Capture>> next() override {
    if (fails_at_ == at_) return fail(ErrorKind::io, "the camera's cable was pulled");
    if (at_ == steps_.size()) return std::nullopt;
    const Step& step = steps_[at_++];
    vision::Capture capture;
    capture.piece = step.piece;
    capture.name = "piece-" + std::to_string(step.piece);
    if (step.damaged) {
      capture.file = Bytes(damaged_file_.begin(), damaged_file_.end());
    } else {
      capture.frame = blank_frame();
    }
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }
  void fail_at(std::size_t at) { fails_at_ = at; }
  ByteView damaged_file_ = as_bytes("none");

 private:
  std::vector<Step> steps_;
  std::size_t at_ = 0;
  std::optional<std::size_t> fails_at_;
};

struct Bench {
  explicit Bench(vision::DecodePool decode_pool) : pool(std::move(decode_pool)) {}

  vision::DecodePool pool;
  postal::Verifier verifier = postal::Verifier::make({}).value();
  std::unique_ptr<station::DuplicateIndex> index =
      std::make_unique<station::DuplicateIndex>(station::DuplicateIndex::in_memory());
  station::DuplicateJudge duplicates{*index, {}};
  station::LaneOptions options;
  std::vector<postal::ScanEvent> events;

  static Bench make(unsigned workers) {
    vision::DecodePoolOptions pool_options;
    pool_options.workers = workers;
    pool_options.program_folder = BACKSTAMP_BIN_DIR;
    auto pool = vision::DecodePool::start(pool_options);
    REQUIRE(pool);
    Bench bench(std::move(*pool));
    bench.options.workers = workers;
    bench.options.deadline = std::chrono::seconds(30);
    return bench;
  }

  Result<station::LaneReport> run(vision::FrameSource& source, std::stop_token stop = {}) {
    const auto sink = [this](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
      events.push_back(event);
      index->note(event);
      return {};
    };
    return station::run_lane(source, pool, station::always(verifier), duplicates, options, sink,
                             std::move(stop));
  }
};

std::vector<ScriptedSource::Step> pieces(std::uint64_t count) {
  std::vector<ScriptedSource::Step> steps;
  for (std::uint64_t i = 1; i <= count; ++i) steps.push_back({i, false});
  return steps;
}

}  // namespace

TEST_CASE("every piece has one event, in the order of the pieces, with several workers") {
  auto bench = Bench::make(3);
  ScriptedSource source(pieces(40));
  const auto report = bench.run(source);
  REQUIRE(report);
  REQUIRE(bench.events.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(bench.events[i].piece == i + 1);
    CHECK(bench.events[i].cause == postal::NoReadCause::nothing_found);
    CHECK(bench.events[i].reason == postal::Reason::no_read);
  }
  CHECK(report->pieces == 40);
  CHECK(report->diverted == 40);
  CHECK(station::report_to_json(*report).find("\"nothing_found\":40") != std::string::npos);
}

TEST_CASE("pieces whose picture never came or is damaged have their events too") {
  auto bench = Bench::make(2);
  ScriptedSource source({{3, false}, {4, true}, {7, false}});
  const auto report = bench.run(source);
  REQUIRE(report);
  std::vector<postal::NoReadCause> causes;
  for (const auto& event : bench.events) causes.push_back(event.cause);
  using enum postal::NoReadCause;
  CHECK(causes == std::vector{camera_lost, camera_lost, nothing_found, bad_image, camera_lost,
                              camera_lost, nothing_found});
}

TEST_CASE("a deadline that has passed is an event out of time, not a lost piece") {
  auto bench = Bench::make(1);
  bench.options.deadline = std::chrono::milliseconds(0);
  ScriptedSource source(pieces(5));
  const auto report = bench.run(source);
  REQUIRE(report);
  REQUIRE(bench.events.size() == 5);
  for (const auto& event : bench.events) {
    CHECK(event.cause == postal::NoReadCause::out_of_time);
    CHECK(event.late == (event.latency > bench.options.deadline));
  }
}

TEST_CASE("every event says what the station is to the piece, and what reading cost") {
  auto bench = Bench::make(1);
  bench.options.role = postal::StationRole::delivery;
  bench.options.place = "LEEDS";
  bench.options.pass = 3;
  ScriptedSource source({{2, false}});
  REQUIRE(bench.run(source));
  REQUIRE(bench.events.size() == 2);  // the first one's picture never came
  for (const auto& event : bench.events) {
    CHECK(event.role == postal::StationRole::delivery);
    CHECK(event.place == "LEEDS");
    CHECK(event.pass == 3);
    CHECK_FALSE(event.late);
  }
  CHECK(bench.events[0].effort == 0);
  CHECK(bench.events[1].effort > 0);
}

TEST_CASE("a source that fails stops the lane with its own words, taken pieces finished") {
  auto bench = Bench::make(2);
  ScriptedSource source(pieces(10));
  source.fail_at(6);
  const auto report = bench.run(source);
  REQUIRE_FALSE(report);
  CHECK(report.error().message == "the camera's cable was pulled");
  CHECK(bench.events.size() <= 6);
}

TEST_CASE("a journal that refuses stops the lane: nothing is accepted unrecorded") {
  auto bench = Bench::make(2);
  ScriptedSource source(pieces(100));
  std::uint64_t stored = 0;
  const auto sink = [&](const postal::ScanEvent&, station::LaneFace&) -> Result<void> {
    if (stored == 7) return fail(ErrorKind::io, "the disk is gone");
    ++stored;
    return {};
  };
  const auto report = station::run_lane(source, bench.pool, station::always(bench.verifier),
                                        bench.duplicates, bench.options, sink, {});
  REQUIRE_FALSE(report);
  CHECK(report.error().message == "the disk is gone");
  CHECK(stored == 7);
}

TEST_CASE("a stop finishes what was taken and reports it") {
  auto bench = Bench::make(2);
  bench.options.pieces_per_hour = 360'000;
  ScriptedSource source(pieces(100'000));
  std::stop_source stop;
  std::uint64_t stored = 0;
  const auto sink = [&](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
    stored = event.piece;
    if (stored == 10) stop.request_stop();
    return {};
  };
  const auto report = station::run_lane(source, bench.pool, station::always(bench.verifier),
                                        bench.duplicates, bench.options, sink, stop.get_token());
  REQUIRE(report);
  CHECK(report->pieces == stored);
  CHECK(stored >= 10);
  CHECK(stored < 1000);
}

TEST_CASE("a piece whose turn a stop brings forward waits no negative time") {
  auto bench = Bench::make(2);
  bench.options.pieces_per_hour = 60;  // the second piece is due in a minute
  ScriptedSource source(pieces(10));
  std::stop_source stop;
  std::vector<postal::ScanEvent> events;
  const auto sink = [&](const postal::ScanEvent& event, station::LaneFace&) -> Result<void> {
    events.push_back(event);
    stop.request_stop();
    return {};
  };
  const auto report = station::run_lane(source, bench.pool, station::always(bench.verifier),
                                        bench.duplicates, bench.options, sink, stop.get_token());
  REQUIRE(report);
  REQUIRE_FALSE(events.empty());
  for (const auto& event : events) CHECK(event.latency.count() >= 0);
}

TEST_CASE("a source whose numbers go back stops the lane: no piece goes without an event") {
  auto bench = Bench::make(2);
  ScriptedSource source({{1, false}, {2, false}, {2, false}, {3, false}});
  const auto report = bench.run(source);
  REQUIRE_FALSE(report);
  CHECK(report.error().message.find("piece 2") != std::string::npos);
}

TEST_CASE("when no image worker can be had the lane stops; no piece is blamed for it") {
  vision::DecodePoolOptions pool_options;
  pool_options.program_folder = BACKSTAMP_BIN_DIR;
  pool_options.image_worker = "/nonexistent/backstamp-image-worker";
  auto pool = vision::DecodePool::start(pool_options);
  REQUIRE(pool);
  Bench bench(std::move(*pool));
  bench.options.deadline = std::chrono::seconds(30);
  ScriptedSource source({{1, false}, {2, true}, {3, false}});
  source.damaged_file_ = as_bytes("P5 1 1 255 x");
  const auto report = bench.run(source);
  REQUIRE_FALSE(report);
  CHECK(report.error().message.find("image worker") != std::string::npos);
  for (const auto& event : bench.events) CHECK(event.cause != postal::NoReadCause::bad_image);
}
