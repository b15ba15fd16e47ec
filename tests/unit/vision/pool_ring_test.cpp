#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/process.h"
#include "vision/decode_pool.h"
#include "vision/pool/worker_process.h"

namespace backstamp::vision {
namespace {

using namespace std::chrono_literals;
using postal::NoReadCause;
using std::chrono::steady_clock;

std::shared_ptr<FrameRing> make_ring() {
  auto ring = FrameRing::create({.slot_bytes = 1u << 20, .slots = 4});
  REQUIRE(ring);
  return *ring;
}

/// Something that a reader finds, though it cannot read it: stripes on paper that is not quite
/// even.
void draw(Frame& frame) {
  for (int y = 0; y < frame.height_px(); ++y) {
    for (int x = 0; x < frame.width_px(); ++x) {
      const bool stripe = x > 100 && x < 300 && y > 80 && y < 200 && x % 8 < 4;
      frame.row(y)[x] = static_cast<std::uint8_t>(stripe ? 30 : 200 - x / 8);
    }
  }
}

void check_same(const FaceReading& a, const FaceReading& b) {
  CHECK(a.cause == b.cause);
  CHECK(a.effort == b.effort);
  CHECK(a.readings.size() == b.readings.size());
  REQUIRE(a.unread.size() == b.unread.size());
  for (std::size_t i = 0; i < a.unread.size(); ++i) {
    CHECK(a.unread[i].outline[0].x == b.unread[i].outline[0].x);
    CHECK(a.unread[i].score == b.unread[i].score);
  }
}

TEST_CASE("A face in the ring, whole or a part of it, is read as one that was copied") {
  const auto ring = make_ring();
  DecodePoolOptions options;
  options.program_folder = BACKSTAMP_BIN_DIR;
  options.ring = ring;
  auto pool = DecodePool::start(options);
  REQUIRE(pool);
  auto lent = ring->acquire(400, 300);
  REQUIRE(lent);
  draw(*lent);
  Frame own(400, 300);
  draw(own);
  const ReadOptions how{.budget = 20s};
  for (const auto& [x, y, width, height] :
       {std::array{0, 0, 400, 300}, {40, 30, 350, 250}, {399, 299, 1, 1}, {0, 299, 400, 1}}) {
    const auto there =
        pool->read(lent->view().part(x, y, width, height), how, steady_clock::now() + 60s);
    const auto copied =
        pool->read(own.view().part(x, y, width, height), how, steady_clock::now() + 60s);
    REQUIRE(there);
    REQUIRE(copied);
    CHECK(there->cause != NoReadCause::decoder_crashed);
    check_same(*there, *copied);
  }
  CHECK(pool->counters().crashes == 0);
}

TEST_CASE("A single row in the ring has whatever stride it likes") {
  const auto ring = make_ring();
  DecodePoolOptions options;
  options.program_folder = BACKSTAMP_BIN_DIR;
  options.ring = ring;
  auto pool = DecodePool::start(options);
  REQUIRE(pool);
  auto lent = ring->acquire(400, 300);
  REQUIRE(lent);
  draw(*lent);
  const ImageView row{lent->row(0), 400, 1, PTRDIFF_MAX};
  const auto reading = pool->read(row, {}, steady_clock::now() + 60s);
  REQUIRE(reading);
  CHECK(reading->cause != NoReadCause::decoder_crashed);
}

/// A worker as a pool has it, which is then asked what no pool would ask.
class Worker {
 public:
  explicit Worker(std::shared_ptr<FrameRing> ring) {
    WorkerPlan plan;
    plan.program = std::string(BACKSTAMP_BIN_DIR) + "/backstamp-decode-worker";
    plan.ring = std::move(ring);
    auto launched = WorkerProcess::launch(plan);
    REQUIRE(launched);
    process_ = std::move(*launched);
    Exchange said = Exchange::late;
    for (int i = 0; i < 30'000 && said == Exchange::late; ++i) {
      std::this_thread::sleep_for(1ms);
      said = process_->hear_ready();
    }
    REQUIRE(said == Exchange::answered);
  }
  WireStatus ask(const WireRequest& request) {
    WireAnswer answer;
    REQUIRE(process_->exchange(request, steady_clock::now() + 60s, answer) == Exchange::answered);
    return answer.status;
  }

 private:
  std::unique_ptr<WorkerProcess> process_;
};

WireRequest request_for(std::uint32_t width, std::uint32_t height, std::uint32_t stride,
                        std::uint64_t offset, std::uint32_t in_ring) {
  WireRequest request{.width_px = width, .height_px = height, .stride_bytes = stride};
  request.in_ring = in_ring;
  request.offset = offset;
  request.formats = Formats::all().bits;
  request.effort = 1000;
  request.budget_us = 1'000'000;
  request.repair = encode_repair({});
  return request;
}

TEST_CASE("A worker looks at nothing outside the ring and its input") {
  const auto ring = make_ring();
  auto frame = ring->acquire(1024, 1024);
  REQUIRE(frame);
  std::memset(frame->row(0), 200, 1024 * 1024);
  const std::uint64_t end = ring->total_bytes();
  Worker worker(ring);
  CHECK(worker.ask(request_for(100, 100, 100, 0, 1)) == WireStatus::done);
  CHECK(worker.ask(request_for(100, 100, 1024, end - 99 * 1024 - 100, 1)) == WireStatus::done);
  CHECK(worker.ask(request_for(100, 100, 1024, end - 99 * 1024 - 99, 1)) == WireStatus::failed);
  for (const std::uint64_t offset : std::vector{end, end + 1, ~end, ~end - 9999, end << 40})
    CHECK(worker.ask(request_for(100, 100, 100, offset, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 100, 99, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 100, 0, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(0, 100, 100, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 0, 100, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 2, ~0u, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(limits::kImageSide_px + 1, 1, ~0u, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(32768, 32768, 32768, 0, 1)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 100, 100, 0, 2)) == WireStatus::failed);
  CHECK(worker.ask(request_for(100, 100, 100, kInputBytes - 9999, 0)) == WireStatus::failed);
  Worker without(nullptr);
  CHECK(without.ask(request_for(1, 1, 1, 0, 1)) == WireStatus::failed);
  CHECK(without.ask(request_for(1, 1, 1, 0, 0)) == WireStatus::done);
}

}  // namespace
}  // namespace backstamp::vision
