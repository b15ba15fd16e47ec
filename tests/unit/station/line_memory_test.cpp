// A program of its own: it counts what is asked of the heap.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "station/line.h"
#include "tests/support/counted_new.h"
#include "token_mail.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;

/// Copies faces into the frame ring as a camera does, one at a time, when it is told to.
class RingCamera final : public vision::FrameSource {
 public:
  RingCamera(vision::FrameRing& ring, std::vector<vision::Frame> faces)
      : ring_(ring), faces_(std::move(faces)) {}

  void shoot() {
    const std::lock_guard lock(mutex_);
    ++wanted_;
    moment_.notify_one();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    moment_.notify_one();
  }
  Result<std::optional<vision::Capture>> next() override {
    std::unique_lock lock(mutex_);
    moment_.wait(lock, [this] { return ended_ || wanted_ > given_; });
    if (wanted_ == given_) return std::nullopt;
    const vision::Frame& face = faces_[given_ % faces_.size()];
    vision::Capture capture;
    auto frame = ring_.acquire(face.width_px(), face.height_px());
    if (!frame) return fail(ErrorKind::limit, "no slot is free");
    std::memcpy(
        frame->row(0), face.view().pixels,
        static_cast<std::size_t>(face.width_px()) * static_cast<std::size_t>(face.height_px()));
    capture.frame = *std::move(frame);
    capture.frame_number = ++given_;
    capture.arrived = std::chrono::steady_clock::now();
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }

 private:
  vision::FrameRing& ring_;
  std::vector<vision::Frame> faces_;
  std::mutex mutex_;
  std::condition_variable moment_;
  std::uint64_t wanted_ = 0;
  std::uint64_t given_ = 0;
  bool ended_ = false;
};

class Deaf final : public Sorter {
 public:
  void decide(const SorterDecision&) override {}
  void state(VisionState) override {}
};

std::vector<vision::Frame> faces_of(const testing::Authority& authority, unsigned count) {
  testing::TokenMail mail(
      authority, [](std::uint64_t) { return utc_date(utc_now()); }, count);
  std::vector<vision::Frame> faces;
  while (auto capture = mail.next().value()) faces.push_back(std::move(capture->frame));
  return faces;
}

}  // namespace

TEST_CASE("from picture to decision a piece asks nothing of the heap once the line is warm") {
  vision::FrameRingOptions frames;
  frames.slot_bytes = 1u << 20;
  frames.slots = 16;
  const auto ring = vision::FrameRing::create(frames).value();
  vision::DecodePoolOptions readers;
  readers.workers = 2;
  readers.program_folder = BACKSTAMP_BIN_DIR;
  readers.ring = ring;
  auto pool = vision::DecodePool::start(readers);
  REQUIRE(pool);
  const testing::Authority authority;
  const auto verifier = postal::Verifier::make(authority.bundle(1).believed()).value();
  RingCamera camera(*ring, faces_of(authority, 8));
  LineOptions options;
  options.workers = 2;
  options.role = postal::StationRole::pass;
  LineLane lane;
  lane.name = "LANE-1";
  lane.cameras = {&camera};
  lane.camera_names = {"front"};
  lane.deadline = 20s;
  options.lanes = {lane};
  DuplicateIndex index = DuplicateIndex::in_memory();
  DuplicateJudge duplicates(index, {});
  Deaf sorter;
  std::atomic<std::uint64_t> genuine = 0;
  std::atomic<std::uint64_t> recorded = 0;
  auto line = Line::start(
      options, std::make_shared<LineTuning>(), *pool, always(verifier), duplicates, sorter,
      [&](PieceRecord& piece) -> Result<void> {
        if (piece.event.verdict == postal::Verdict::genuine) ++genuine;
        ++recorded;
        return {};
      },
      [](const Alarm&) {});
  REQUIRE(line);
  const auto pass = [&](std::uint64_t pieces) {
    for (std::uint64_t i = 0; i < pieces; ++i) {
      const std::uint64_t due = recorded + 1;
      camera.shoot();
      while (recorded < due) std::this_thread::yield();
    }
  };
  pass(600);  // every slot of a lane's memory has been used
  const std::uint64_t before = test::new_requests;
  pass(200);
  const std::uint64_t after = test::new_requests;
#if BACKSTAMP_COUNTS
  CHECK(before > 0);
#endif
  CHECK(after - before == 0);
  CHECK(genuine == recorded);
  camera.end();
  REQUIRE((*line)->drain());
}
