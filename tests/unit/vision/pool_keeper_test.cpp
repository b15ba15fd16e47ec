#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "tests/support/temporary_folder.h"
#include "tests/support/unruly.h"
#include "tests/unit/vision/children.h"
#include "vision/decode_pool.h"
#include "vision/pool/arguments.h"
#include "vision/pool/worker_group.h"

namespace backstamp::vision {
namespace {

using namespace std::chrono_literals;
using postal::NoReadCause;
using std::chrono::steady_clock;
using test::Unruly;
using test::UnrulyMark;

constexpr std::chrono::minutes kAmple{2};

Frame face_with(std::optional<UnrulyMark> mark = std::nullopt) {
  Frame face(320, 240);
  for (int y = 0; y < 240; ++y)
    for (int x = 0; x < 320; ++x) face.row(y)[x] = static_cast<std::uint8_t>(200 - x / 8);
  if (mark) test::bear_mark(face, *mark);
  return face;
}

DecodePoolOptions options(unsigned workers = 1) {
  DecodePoolOptions out;
  out.workers = workers;
  out.program_folder = BACKSTAMP_BIN_DIR;
  out.decode_worker = BACKSTAMP_UNRULY_WORKER;
  return out;
}

NoReadCause read(DecodePool& pool, std::optional<UnrulyMark> mark = std::nullopt,
                 std::chrono::milliseconds within = kAmple) {
  const Frame face = face_with(mark);
  const auto reading = pool.read(face.view(), {}, steady_clock::now() + within);
  REQUIRE(reading);
  return reading->cause;
}

template <typename Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST_CASE("A pool keeps as many spares as workers, at most two") {
  for (const auto& [workers, processes] : {std::pair{1u, 2u}, {2u, 4u}, {3u, 5u}}) {
    auto pool = DecodePool::start(options(workers));
    REQUIRE(pool);
    CHECK(comes_true([&] { return pool->counters().ready == processes; }));
    CHECK(children().size() == processes);
  }
  CHECK(children().empty());
}

TEST_CASE("The place of a lost worker is taken by a spare, and the spare's by a new one") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  REQUIRE(comes_true([&] { return pool->counters().ready == 2; }));
  CHECK(read(*pool, UnrulyMark{Unruly::segfault, 0}) == NoReadCause::decoder_crashed);
  CHECK(read(*pool) == NoReadCause::nothing_found);
  CHECK(comes_true([&] { return pool->counters().ready == 2; }));
  CHECK(pool->counters().restarts == 1);
  CHECK(read(*pool, UnrulyMark{Unruly::spin, 0}, 30ms) == NoReadCause::out_of_time);
  CHECK(read(*pool) == NoReadCause::nothing_found);
  CHECK(comes_true([&] { return pool->counters().ready == 2 && children().size() == 2; }));
  const PoolCounters counters = pool->counters();
  CHECK(counters.crashes == 1);
  CHECK(counters.killed == 1);
  CHECK(counters.restarts == 2);
  CHECK(counters.grown == 0);
  CHECK(counters.spare_start_last > 0us);
  CHECK(counters.spare_start_max >= counters.spare_start_last);
  CHECK(counters.vacant_max == 0us);  // a spare was there each time
}

TEST_CASE("Workers that die while they wait cost no piece anything") {
  auto pool = DecodePool::start(options(2));
  REQUIRE(pool);
  REQUIRE(comes_true([&] { return pool->counters().ready == 4; }));
  const std::vector<pid_t> first = children();
  for (const pid_t worker : first) ::kill(worker, SIGKILL);
  CHECK(comes_true([&] {
    const std::vector<pid_t> now = children();
    return std::none_of(first.begin(), first.end(), [&](pid_t worker) {
      return std::find(now.begin(), now.end(), worker) != now.end();
    });
  }));
  CHECK(read(*pool) == NoReadCause::nothing_found);
  CHECK(pool->counters().crashes == 0);
  CHECK(comes_true([&] { return pool->counters().restarts == 4 && children().size() == 4; }));
}

TEST_CASE("A worker that has grown is replaced between two pieces") {
  DecodePoolOptions small = options();
  small.growth_bytes = 64u << 20;
  auto pool = DecodePool::start(small);
  REQUIRE(pool);
  CHECK(read(*pool, UnrulyMark{Unruly::leak, 32}) == NoReadCause::nothing_found);
  std::this_thread::sleep_for(200ms);  // it is looked at several times
  CHECK(pool->counters().grown == 0);
  CHECK(read(*pool, UnrulyMark{Unruly::leak, 96}) == NoReadCause::nothing_found);
  CHECK(comes_true([&] { return pool->counters().grown == 1; }));
  CHECK(read(*pool) == NoReadCause::nothing_found);
  CHECK(pool->counters().crashes == 0);
}

TEST_CASE("A worker that asks for more memory than there may be dies, and it alone") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  CHECK(read(*pool, UnrulyMark{Unruly::leak, 8 << 10}) == NoReadCause::decoder_crashed);
  CHECK(read(*pool) == NoReadCause::nothing_found);
}

TEST_CASE("Whatever a worker says in the place of an answer costs its piece the reading") {
  auto pool = DecodePool::start(options());
  REQUIRE(pool);
  for (std::uint32_t kind = 0; kind < 4; ++kind)
    CHECK(read(*pool, UnrulyMark{Unruly::nonsense, kind}) == NoReadCause::decoder_crashed);
  CHECK(read(*pool, UnrulyMark{Unruly::garbage, 1}) == NoReadCause::decoder_crashed);
  CHECK(read(*pool, UnrulyMark{Unruly::garbage, 4096}) == NoReadCause::decoder_crashed);
  CHECK(pool->counters().crashes == 6);
  CHECK(read(*pool) == NoReadCause::nothing_found);
}

TEST_CASE("A worker can open nothing, holds its socket alone and cannot write to frames") {
  DecodePoolOptions with_ring = options();
  const auto ring = FrameRing::create({.slot_bytes = 1u << 20, .slots = 2});
  REQUIRE(ring);
  with_ring.ring = *ring;
  auto pool = DecodePool::start(with_ring);
  REQUIRE(pool);
  for (const Unruly what : {Unruly::escape, Unruly::scribble}) {
    auto frame = (*ring)->acquire(320, 240);
    auto other = (*ring)->acquire(320, 240);
    REQUIRE((frame && other));
    std::memset(other->row(0), 77, 320 * 240);
    std::memset(frame->row(0), 200, 320 * 240);
    test::bear_mark(*frame, {what, 0});
    const auto reading = pool->read(frame->view(), {}, steady_clock::now() + kAmple);
    REQUIRE(reading);
    CHECK(reading->cause != NoReadCause::decoder_crashed);  // it aborts when it succeeds
    CHECK(std::count(other->row(0), other->row(0) + 320 * 240, 77) == 320 * 240);
  }
}

TEST_CASE("A pool that could not start its program goes on trying, ever more seldom") {
  const test::TemporaryFolder folder;
  const auto program = folder.path() / "worker";
  WorkerGroupOptions group_options;
  group_options.plan.program = program;
  WorkerGroup group(group_options);
  const auto begin = steady_clock::now();
  const auto none = group.take(begin + kAmple);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::not_found);
  CHECK(none.error().message.find("worker") != std::string::npos);
  CHECK(steady_clock::now() - begin < 10s);
  CHECK_FALSE(group.take(steady_clock::now() + kAmple));  // at once again, not tried for each piece
  std::filesystem::create_symlink(std::string(BACKSTAMP_BIN_DIR) + "/backstamp-decode-worker",
                                  program);
  WorkerProcess* worker = nullptr;
  CHECK(comes_true([&] {
    const auto taken = group.take(steady_clock::now() + 10ms);
    if (taken) worker = *taken;
    return worker != nullptr;
  }));
  if (worker) group.give_back(worker, true);
}

TEST_CASE("A pool says what the machine allowed its workers") {
  auto plain = DecodePool::start(options());
  REQUIRE(plain);
  CHECK(plain->realtime().text.empty());
  DecodePoolOptions eager = options();
  eager.profile.nice = 3;
  eager.profile.cpus = {1000};
  eager.profile.fifo_priority = 1;
  eager.profile.lock_memory = true;
  auto pool = DecodePool::start(eager);
  REQUIRE(pool);
  const RealtimeState state = pool->realtime();
  INFO(state.text);
  CHECK(state.niced);
  CHECK_FALSE(state.pinned);
  CHECK(state.text.starts_with("not pinned to 1000: "));
  CHECK(state.text.find("nice 3") != std::string::npos);
  CHECK(state.fifo == (state.text.find("not SCHED_FIFO") == std::string::npos));
  CHECK(state.locked == (state.text.find("memory not locked") == std::string::npos));
  CHECK(read(*pool) == NoReadCause::nothing_found);
}

TEST_CASE("What a worker is started with survives the command line") {
  WorkerArguments given{.socket = 3, .memory = 5, .ring = 7, .ring_bytes = 1u << 20};
  given.profile = {{0, 3}, 40, -5, true};
  std::vector<std::string> words = format_arguments(given);
  words.insert(words.begin(), "worker");
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  const auto back = parse_arguments(static_cast<int>(raw.size()), raw.data());
  REQUIRE(back);
  CHECK(back->socket == 3);
  CHECK(back->memory == 5);
  CHECK(back->ring == 7);
  CHECK(back->ring_bytes == 1u << 20);
  CHECK(back->profile == given.profile);
  for (const char* wrong : {"cpus=", "fifo=x", "nice", "lock=1", "", "more"}) {
    std::string word = wrong;
    raw.back() = word.data();
    CHECK_FALSE(parse_arguments(static_cast<int>(raw.size()), raw.data()));
  }
}

}  // namespace
}  // namespace backstamp::vision
