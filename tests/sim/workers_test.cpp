// Symbols that crash, stall, bloat or corrupt their decoder: whatever a worker does on one piece,
// every other piece is read as on a quiet day, and in time.
//
// BACKSTAMP_SEED repeats a run: which pieces misbehave, and how.
#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "datasets/synthesizer.h"
#include "datasets/synthetic_mint.h"
#include "tests/support/unruly.h"
#include "vision/decode_pool.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;
using postal::NoReadCause;
using std::chrono::steady_clock;
using vision::DecodePool;
using vision::FaceReading;
using vision::Frame;
using vision::FrameRing;
using vision::ImageView;

constexpr std::size_t kFaces = 12;  ///< different ones
constexpr unsigned kWorkers = 2;
constexpr std::size_t kEvery = 100;  ///< one piece in so many is unruly
/// For a piece, far above what one takes on a machine that does other things as well.
constexpr auto kDeadline = 2500ms;
constexpr auto kDeadlineOfHung = 500ms;  ///< of pieces that would take for ever
constexpr std::size_t kGrowth = 256u << 20;

std::uint64_t seed() {
  const char* given = std::getenv("BACKSTAMP_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261126;
}

std::vector<Frame> make_faces() {
  const auto mint =
      datasets::SyntheticMint::make(5, std::chrono::year(2026) / std::chrono::November / 20);
  REQUIRE(mint);
  std::vector<Frame> faces;
  for (std::uint64_t i = 0; i < kFaces; ++i) {
    datasets::FaceRequest request;
    request.face_class = i % 6 == 5 ? datasets::FaceClass::blank : datasets::FaceClass::typical;
    request.px_per_mm = 8;
    const auto piece = mint->piece(i);
    REQUIRE(piece);
    request.symbols = piece->symbols;
    request.address_lines = piece->address_lines;
    auto face = datasets::synthesize_face(request, 1000 + i);
    REQUIRE(face);
    faces.push_back(std::move(face->picture));
  }
  return faces;
}

vision::ReadOptions how_to_read() {
  vision::ReadOptions options;
  options.effort = 60'000;
  options.budget = 30s;  // effort ends the work at the same step every time, never the clock
  return options;
}

/// For pieces whose reading does not matter.
vision::ReadOptions a_short_look() {
  vision::ReadOptions options = how_to_read();
  options.effort = 2'000;
  return options;
}

/// All of a reading but what it cost in time.
std::string fingerprint(const FaceReading& face) {
  std::ostringstream out;
  out << static_cast<int>(face.cause) << ' ' << face.effort;
  for (const auto& reading : face.readings) {
    out << "; " << static_cast<int>(reading.symbology) << ' ' << to_hex(reading.content) << ' '
        << reading.rung << ' ' << reading.correction_margin;
    for (const auto& corner : reading.outline) out << ' ' << corner.x << ',' << corner.y;
  }
  out << " unread " << face.unread.size();
  for (const auto& place : face.unread) out << ' ' << static_cast<int>(place.cause);
  return out.str();
}

std::vector<std::string> read_on_a_quiet_day(const std::vector<Frame>& faces) {
  vision::DecodePoolOptions options;
  options.program_folder = BACKSTAMP_BIN_DIR;
  auto pool = DecodePool::start(options);
  REQUIRE(pool);
  std::vector<std::string> readings;
  for (const Frame& face : faces) {
    const auto reading = pool->read(face.view(), how_to_read(), steady_clock::now() + 60s);
    REQUIRE(reading);
    readings.push_back(fingerprint(*reading));
  }
  CHECK(pool->counters().crashes == 0);
  return readings;
}

/// Every way to misbehave in turn, then by chance.
class Mischief {
 public:
  Mischief(std::size_t pieces, bool long_run) {
    std::mt19937_64 random(seed());
    std::vector<UnrulyMark> all = {
        {Unruly::abort, 0},    {Unruly::spin, 0},       {Unruly::leak, 400},
        {Unruly::garbage, 64}, {Unruly::segfault, 0},   {Unruly::nonsense, 0},
        {Unruly::lie, 0},      {Unruly::scribble, 0},   {Unruly::nonsense, 1},
        {Unruly::escape, 0},   {Unruly::late, 20},      {Unruly::nonsense, 2},
        {Unruly::leak, 8},     {Unruly::garbage, 4096}, {Unruly::nonsense, 3},
        {Unruly::late, 60'000}};
    if (long_run) all.push_back({Unruly::leak, 1024});
    for (std::size_t block = 0; block * kEvery < pieces; ++block) {
      const std::size_t at = block * kEvery + random() % kEvery;
      marks_[at] = all[block < all.size() ? block : random() % all.size()];
    }
  }
  const UnrulyMark* at(std::size_t piece) const {
    const auto it = marks_.find(piece);
    return it == marks_.end() ? nullptr : &it->second;
  }

 private:
  std::map<std::size_t, UnrulyMark> marks_;
};

/// Two threads as a line has them, each with a piece at a time: half of them lie in the ring, where
/// every worker sees them, half do not.
class Line {
 public:
  Line(DecodePool& pool, FrameRing& ring, const std::vector<Frame>& faces,
       const std::vector<std::string>& quiet, const Mischief& mischief, std::size_t pieces)
      : pool_(pool),
        ring_(ring),
        faces_(faces),
        quiet_(quiet),
        mischief_(mischief),
        pieces_(pieces) {}

  void run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < kWorkers; ++i) threads.emplace_back([this] { work(); });
  }

  std::vector<std::string> complaints;
  std::chrono::microseconds longest_wait{};  ///< of a well-behaved piece, beside its reading
  std::map<NoReadCause, int> unruly;         ///< what became of the others

 private:
  void work() {
    FaceReading reading;
    for (std::size_t piece = next_++; piece < pieces_; piece = next_++) {
      const Frame& face = faces_[piece % faces_.size()];
      auto slot = piece % 2 == 0 ? ring_.acquire(face.width_px(), face.height_px()) : std::nullopt;
      Frame frame = slot ? std::move(*slot) : Frame(face.width_px(), face.height_px());
      const ImageView view = face.view();
      std::memcpy(frame.row(0), view.pixels, size(view));
      const UnrulyMark* mark = mischief_.at(piece);
      if (mark) bear_mark(frame, *mark);
      const auto begin = steady_clock::now();
      const auto deadline = begin + (mark && hangs(*mark) ? kDeadlineOfHung : kDeadline);
      const auto done = pool_.read(frame.view(), how_to_read(), deadline, reading);
      const auto took = steady_clock::now() - begin;
      const std::lock_guard lock(mutex_);
      if (!done) {
        complaints.push_back(std::to_string(piece) + ": " + done.error().message);
      } else if (mark) {
        judge_unruly(piece, *mark, reading, took);
      } else {
        judge(piece, reading, took);
        if (std::memcmp(frame.row(0), view.pixels, size(view)) != 0)
          complaints.push_back(std::to_string(piece) + ": its picture was changed");
      }
    }
  }

  static bool hangs(const UnrulyMark& mark) {
    return mark.what == Unruly::spin || (mark.what == Unruly::late && mark.amount >= 60'000);
  }

  static std::size_t size(ImageView view) {
    return static_cast<std::size_t>(view.width_px) * static_cast<std::size_t>(view.height_px);
  }

  void judge(std::size_t piece, const FaceReading& reading, steady_clock::duration took) {
    const std::string& expected = quiet_[piece % quiet_.size()];
    if (fingerprint(reading) != expected)
      complaints.push_back(std::to_string(piece) + ": " + fingerprint(reading) + " and not " +
                           expected);
    longest_wait = std::max(longest_wait,
                            std::chrono::ceil<std::chrono::microseconds>(took - reading.elapsed));
  }

  void judge_unruly(std::size_t piece, const UnrulyMark& mark, const FaceReading& reading,
                    steady_clock::duration took) {
    ++unruly[reading.cause];
    bool right = false;
    switch (mark.what) {
      case Unruly::abort:
      case Unruly::segfault:
      case Unruly::nonsense:
      case Unruly::garbage:
        right = reading.cause == NoReadCause::decoder_crashed && reading.readings.empty();
        break;
      case Unruly::spin:
        right = reading.cause == NoReadCause::out_of_time && took >= kDeadlineOfHung;
        break;
      case Unruly::late:
        right = (reading.cause == NoReadCause::out_of_time) == hangs(mark);
        break;
      case Unruly::leak:  // so much that it may not be in time
        right = reading.cause != NoReadCause::decoder_crashed;
        break;
      case Unruly::scribble:
      case Unruly::escape:
        right = reading.cause != NoReadCause::decoder_crashed;
        break;
      case Unruly::lie:
        right = reading.readings.size() == 1 && reading.readings[0].text == kLie;
        break;
    }
    if (!right)
      complaints.push_back(std::to_string(piece) + ", unruly " +
                           std::to_string(static_cast<int>(mark.what)) + ": " +
                           fingerprint(reading));
  }

  DecodePool& pool_;
  FrameRing& ring_;
  const std::vector<Frame>& faces_;
  const std::vector<std::string>& quiet_;
  const Mischief& mischief_;
  const std::size_t pieces_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
};

/// How long this machine keeps a thread waiting that has nothing to wait for: when a run fails on a
/// busy machine, this says whose fault it was.
class Pauses {
 public:
  std::chrono::microseconds longest() const { return std::chrono::microseconds(longest_us_); }

 private:
  std::atomic<std::int64_t> longest_us_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto begin = steady_clock::now();
      std::this_thread::sleep_for(1ms);
      const auto over = std::chrono::floor<std::chrono::microseconds>(steady_clock::now() - begin);
      longest_us_ = std::max<std::int64_t>(longest_us_, over.count());
    }
  }};
};

std::string first_of(const std::vector<std::string>& complaints) {
  std::string text = std::to_string(complaints.size()) + " complaints";
  for (std::size_t i = 0; i < std::min<std::size_t>(complaints.size(), 5); ++i)
    text += "\n" + complaints[i];
  return text;
}

vision::DecodePoolOptions unruly_pool(const std::shared_ptr<FrameRing>& ring) {
  vision::DecodePoolOptions options;
  options.workers = kWorkers;
  options.program_folder = BACKSTAMP_BIN_DIR;
  options.decode_worker = BACKSTAMP_UNRULY_WORKER;
  options.ring = ring;
  options.growth_bytes = kGrowth;
  return options;
}

TEST_CASE("Every hundredth piece wrecks its decoder, and no other piece notices") {
  const bool long_run = std::getenv("BACKSTAMP_LONG") != nullptr;
  const std::size_t pieces = long_run ? 10'000 : 1'600;
  const std::vector<Frame> faces = make_faces();
  const auto quiet = read_on_a_quiet_day(faces);
  const auto ring = FrameRing::create({.slot_bytes = 4u << 20, .slots = 6});
  REQUIRE(ring);
  auto pool = DecodePool::start(unruly_pool(*ring));
  REQUIRE(pool);
  const Mischief mischief(pieces, long_run);
  Line line(*pool, **ring, faces, quiet, mischief, pieces);
  const Pauses pauses;
  line.run();

  const auto counters = pool->counters();
  WARN(pieces << " pieces: " << counters.crashes << " crashed, " << counters.killed << " killed, "
              << counters.grown << " grown, " << counters.restarts
              << " restarts; longest, in us: " << counters.spare_start_max.count()
              << " for a start, " << counters.vacant_max.count() << " with a vacant place, "
              << line.longest_wait.count() << " of a good piece beside its reading, "
              << pauses.longest().count() << " that the machine kept an idle thread waiting");
  INFO("BACKSTAMP_SEED=" << seed());
  INFO(first_of(line.complaints));
  CHECK(line.complaints.empty());
  CHECK(counters.crashes >= pieces / kEvery / 3);
  CHECK(counters.killed >= 1);
  CHECK(counters.grown + counters.killed >= 2);  // what leaks may be found late, too
  CHECK(counters.restarts <= counters.crashes + counters.killed + counters.grown);
  CHECK(counters.vacant_max < 100ms);
  CHECK(line.longest_wait < kDeadline);
  CHECK((*ring)->in_use() == 0);
  CHECK((*ring)->refused() == 0);
}

TEST_CASE("A line of nothing but crashing pieces does not stall, and reads the first good one") {
  const auto ring = FrameRing::create({.slot_bytes = 4u << 20, .slots = 6});
  REQUIRE(ring);
  auto pool = DecodePool::start(unruly_pool(*ring));
  REQUIRE(pool);
  auto bad = (*ring)->acquire(640, 480);
  REQUIRE(bad);
  std::memset(bad->row(0), 200, 640 * 480);
  bear_mark(*bad, {Unruly::abort, 0});
  for (int i = 0; i < 30; ++i) {
    const auto reading = pool->read(bad->view(), a_short_look(), steady_clock::now() + 10s);
    REQUIRE(reading);
    CHECK(reading->cause == NoReadCause::decoder_crashed);
  }
  const Frame good(64, 64);
  std::memset(const_cast<Frame&>(good).row(0), 200, 64 * 64);
  const auto reading = pool->read(good.view(), a_short_look(), steady_clock::now() + 10s);
  REQUIRE(reading);
  CHECK(reading->cause != NoReadCause::decoder_crashed);
  CHECK(pool->counters().crashes == 30);
}

TEST_CASE("A decoder that leaks a little with every piece is replaced and costs none its reading") {
  vision::DecodePoolOptions options = unruly_pool(nullptr);
  options.growth_bytes = 64u << 20;
  auto pool = DecodePool::start(options);
  REQUIRE(pool);
  Frame face(640, 480);
  std::memset(face.row(0), 200, 640 * 480);
  bear_mark(face, {Unruly::leak, 8});
  std::string first;
  // Until several have grown; each look is 50 ms from the next.
  for (int i = 0; i < 3000 && pool->counters().grown < 3; ++i) {
    const auto reading = pool->read(face.view(), a_short_look(), steady_clock::now() + 60s);
    REQUIRE(reading);
    if (first.empty()) first = fingerprint(*reading);
    CHECK(fingerprint(*reading) == first);
    std::this_thread::sleep_for(3ms);
  }
  CHECK(pool->counters().grown >= 3);
  CHECK(pool->counters().crashes == 0);
  CHECK(pool->counters().killed == 0);
}

}  // namespace
}  // namespace backstamp::test
