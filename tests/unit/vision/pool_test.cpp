#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/unit/vision/tiny_pictures.h"
#include "vision/decode_pool.h"

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using std::chrono::steady_clock;

const std::filesystem::path kTests = BACKSTAMP_TEST_WORKERS;

DecodePoolOptions options(const char* decode_worker = nullptr, const char* image_worker = nullptr) {
  DecodePoolOptions out;
  out.program_folder = BACKSTAMP_BIN_DIR;
  if (decode_worker) out.decode_worker = kTests / decode_worker;
  if (image_worker) out.image_worker = kTests / image_worker;
  return out;
}

/// A blank under light that falls off to one side; a picture that is quite even is a bad one.
Frame grey(int width, int height) {
  Frame frame(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) frame.row(y)[x] = static_cast<std::uint8_t>(200 - x / 8);
  return frame;
}

SteadyTime in(std::chrono::milliseconds time) {
  return steady_clock::now() + time;
}

constexpr std::chrono::minutes kAmple{2};

TEST_CASE("A pool unpacks pictures and reads faces in its workers") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  const Bytes jpeg = *from_hex(kTinyJpeg);
  const auto frame = pool->unpack(jpeg, in(kAmple));
  REQUIRE(frame);
  CHECK(frame->width_px() == 6);
  const Frame blank = grey(400, 300);
  const auto reading = pool->read(blank.view(), {}, in(kAmple));
  REQUIRE(reading);
  CHECK(reading->readings.empty());
  CHECK(reading->cause == NoReadCause::nothing_found);
  CHECK(pool->counters().crashes == 0);
  CHECK(pool->counters().restarts == 0);
}

TEST_CASE("A worker that dies on a picture costs that picture and nothing else") {
  auto pool = DecodePool::start(options("bad_worker_abort", "bad_worker_abort"));
  REQUIRE(pool);
  const Frame face = grey(64, 64);
  for (int i = 0; i < 5; ++i) {
    const auto reading = pool->read(face.view(), {}, in(kAmple));
    REQUIRE(reading);
    CHECK(reading->cause == NoReadCause::decoder_crashed);
  }
  CHECK(pool->counters().crashes == 5);
  const auto frame = pool->unpack(*from_hex(kTinyJpeg), in(kAmple));
  REQUIRE_FALSE(frame);
  CHECK(frame.error().kind == ErrorKind::internal);
}

TEST_CASE("The peer reads in a worker too, and dies as cheaply") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  const Frame blank = grey(400, 300);
  const auto nothing = pool->read_by_peer(blank.view(), Formats::all(), in(kAmple));
  REQUIRE(nothing);
  CHECK(nothing->readings.empty());
  CHECK(nothing->cause == NoReadCause::nothing_found);
  CHECK(nothing->elapsed > std::chrono::nanoseconds(0));
  CHECK(nothing->cpu > std::chrono::nanoseconds(0));
  CHECK(nothing->rungs.empty());
  auto dying = DecodePool::start(options("bad_worker_abort"));
  REQUIRE(dying);
  const auto dead = dying->read_by_peer(blank.view(), Formats::all(), in(kAmple));
  REQUIRE(dead);
  CHECK(dead->cause == NoReadCause::decoder_crashed);
}

TEST_CASE("A worker that hangs is killed at the deadline") {
  auto pool = DecodePool::start(options("bad_worker_hang", "bad_worker_hang"));
  REQUIRE(pool);
  const Frame face = grey(64, 64);
  const auto reading = pool->read(face.view(), {}, in(std::chrono::milliseconds(50)));
  REQUIRE(reading);
  CHECK(reading->cause == NoReadCause::out_of_time);
  CHECK(pool->counters().killed == 1);
  const auto first = pool->unpack(*from_hex(kTinyJpeg), in(std::chrono::seconds(5)));
  REQUIRE_FALSE(first);
  CHECK(first.error().kind == ErrorKind::timeout);
}

TEST_CASE("A worker that answers nonsense counts as crashed") {
  auto pool = DecodePool::start(options("bad_worker_nonsense", "bad_worker_nonsense"));
  REQUIRE(pool);
  const Frame face = grey(64, 64);
  for (int i = 0; i < 6; ++i) {
    const auto reading = pool->read(face.view(), {}, in(kAmple));
    REQUIRE(reading);
    CHECK(reading->cause == NoReadCause::decoder_crashed);
    CHECK_FALSE(pool->unpack(*from_hex(kTinyJpeg), in(kAmple)));
  }
}

TEST_CASE("A worker that blames the machine is believed only of the picture") {
  auto pool = DecodePool::start(options(nullptr, "bad_worker_blame"));
  REQUIRE(pool);
  for (int i = 0; i < 3; ++i) {
    const auto frame = pool->unpack(*from_hex(kTinyJpeg), in(kAmple));
    REQUIRE_FALSE(frame);
    CHECK(frame.error().kind == ErrorKind::internal);
  }
  CHECK(pool->counters().crashes == 3);
}

TEST_CASE("A worker program that is missing or never ready is an error that names it") {
  const auto missing = DecodePool::start(options("no_such_program"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("no_such_program") != std::string::npos);
  const auto dead = DecodePool::start(options("bad_worker_never_ready"));
  REQUIRE_FALSE(dead);
  CHECK(dead.error().message.find("bad_worker_never_ready") != std::string::npos);
}

TEST_CASE("Many threads share few workers") {
  DecodePoolOptions two = options();
  two.workers = 2;
  auto pool = DecodePool::start(two);
  REQUIRE(pool);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&pool, &done] {
        const Frame face = grey(200, 100);
        for (int k = 0; k < 3; ++k) {
          const auto reading = pool->read(face.view(), {}, in(kAmple));
          if (reading && reading->cause == NoReadCause::nothing_found) ++done;
        }
      });
    }
  }
  CHECK(done == 18);
}

TEST_CASE("A deadline that has passed and a face without pixels do not reach a worker") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  CHECK_FALSE(pool->read({}, {}, in(kAmple)));
  const auto header = pool->unpack(as_bytes("not a picture"), in(kAmple));
  REQUIRE_FALSE(header);
  CHECK(header.error().kind == ErrorKind::invalid);
}

}  // namespace
}  // namespace backstamp::vision
