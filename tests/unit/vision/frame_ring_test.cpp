#include "vision/frame_ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"

namespace backstamp::vision {
namespace {

std::shared_ptr<FrameRing> ring_of(unsigned slots, std::size_t slot_bytes = 64 * 1024) {
  auto ring = FrameRing::create({.slot_bytes = slot_bytes, .slots = slots});
  REQUIRE(ring);
  return *ring;
}

TEST_CASE("A ring lends each slot once and counts whom it refused") {
  const auto ring = ring_of(3);
  std::vector<Frame> frames;
  std::set<const std::uint8_t*> places;
  for (int i = 0; i < 3; ++i) {
    auto frame = ring->acquire(256, 256);
    REQUIRE(frame);
    std::memset(frame->row(0), i + 1, 256 * 256);
    places.insert(frame->view().pixels);
    frames.push_back(std::move(*frame));
  }
  CHECK(places.size() == 3);
  CHECK(ring->in_use() == 3);
  CHECK_FALSE(ring->acquire(1, 1));
  CHECK_FALSE(ring->acquire(1, 1));
  CHECK(ring->refused() == 2);
  for (int i = 0; i < 3; ++i) CHECK(frames[static_cast<std::size_t>(i)].row(255)[255] == i + 1);
  frames.erase(frames.begin() + 1);
  CHECK(ring->in_use() == 2);
  CHECK(ring->acquire(10, 10));
  frames.clear();
  CHECK(ring->in_use() == 0);
  CHECK(ring->refused() == 2);
}

TEST_CASE("A picture that is larger than a slot, or none, gets no slot") {
  const auto ring = ring_of(2, 5000);
  CHECK(ring->slot_bytes() >= 5000);
  CHECK(ring->slot_bytes() % 4096 == 0);
  CHECK_FALSE(ring->acquire(static_cast<int>(ring->slot_bytes()) + 1, 1));
  CHECK_FALSE(ring->acquire(0x7FFFFFFF, 0x7FFFFFFF));
  CHECK_FALSE(ring->acquire(0, 10));
  CHECK_FALSE(ring->acquire(10, -1));
  CHECK(ring->refused() == 0);
  CHECK(ring->acquire(static_cast<int>(ring->slot_bytes()), 1));
}

TEST_CASE("The slot that came back last is lent first, so that few pages are touched") {
  const auto ring = ring_of(8);
  const std::uint8_t* first = ring->acquire(10, 10)->view().pixels;
  for (int i = 0; i < 20; ++i) CHECK(ring->acquire(10, 10)->view().pixels == first);
}

TEST_CASE("Many threads take and return slots, and no two have the same at a time") {
  const auto ring = ring_of(5, 4096);
  std::atomic<int> mixed = 0;
  std::atomic<int> got = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20'000; ++i) {
          auto one = ring->acquire(64, 4);
          auto two = ring->acquire(64, 4);
          for (auto* frame : {&one, &two}) {
            if (!*frame) continue;
            std::memset((*frame)->row(0), t + 1, 64 * 4);
            ++got;
          }
          if (i % 64 == 0) std::this_thread::yield();
          for (auto* frame : {&one, &two}) {
            if (!*frame) continue;
            for (int k = 0; k < 64 * 4; ++k) mixed += (*frame)->row(0)[k] != t + 1;
          }
        }
      });
    }
  }
  CHECK(got > 0);
  CHECK(mixed == 0);
  CHECK(ring->in_use() == 0);
  std::vector<Frame> all;
  for (int i = 0; i < 5; ++i) all.push_back(std::move(*ring->acquire(1, 1)));
  CHECK_FALSE(ring->acquire(1, 1));
}

TEST_CASE("Whoever has the ring's descriptor can read the frames and do nothing else to them") {
  const auto ring = ring_of(2, 4096);
  auto frame = ring->acquire(100, 40);
  REQUIRE(frame);
  frame->row(7)[3] = 201;
  const std::size_t bytes = ring->total_bytes();
  const int fd = ring->descriptor();
  void* reading = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  REQUIRE(reading != MAP_FAILED);
  const std::size_t at = *ring->offset_of(frame->view());
  CHECK(static_cast<const std::uint8_t*>(reading)[at + 703] == 201);
  frame->row(7)[3] = 202;  // our own mapping still writes
  CHECK(static_cast<const std::uint8_t*>(reading)[at + 703] == 202);

  CHECK(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  CHECK(::mprotect(reading, bytes, PROT_READ | PROT_WRITE) != 0);
  CHECK(::write(fd, "x", 1) < 0);
  CHECK(::ftruncate(fd, 0) != 0);
  CHECK(::ftruncate(fd, static_cast<off_t>(2 * bytes)) != 0);
  CHECK(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0);
  CHECK(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) != 0);
  const UniqueFd again(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR));
  if (again) {
    CHECK(::mmap(nullptr, bytes, PROT_WRITE, MAP_SHARED, again.get(), 0) == MAP_FAILED);
    CHECK(::write(again.get(), "x", 1) < 0);
  }
  ::munmap(reading, bytes);
}

TEST_CASE("A ring knows which pictures lie in it, and where") {
  const auto ring = ring_of(3, 8192);
  const auto first = ring->acquire(100, 80);
  const auto second = ring->acquire(100, 80);
  const ImageView view = second->view();
  CHECK(ring->offset_of(first->view()) == 0);
  CHECK(ring->offset_of(view) == 8192);
  CHECK(ring->offset_of(view.part(10, 20, 30, 40)) == 8192 + 20 * 100 + 10);
  CHECK(ring->offset_of(view.part(0, 79, 100, 1)) == 8192 + 7900);
  CHECK(ring->offset_of({view.pixels, 8192, 1, 8192}) == 8192);
  const Frame elsewhere(100, 80);
  CHECK_FALSE(ring->offset_of(elsewhere.view()));
  CHECK_FALSE(ring->offset_of({}));
  // Over a slot's end, below its beginning, backwards, and sizes that overflow.
  CHECK_FALSE(ring->offset_of({view.pixels, 100, 82, 100}));
  CHECK_FALSE(ring->offset_of({view.pixels + 1, 8192, 1, 8192}));
  CHECK_FALSE(ring->offset_of({first->view().pixels - 1, 10, 1, 10}));
  CHECK_FALSE(ring->offset_of({view.pixels, 100, 80, 99}));
  CHECK_FALSE(ring->offset_of({view.pixels, 100, 80, -100}));
  CHECK_FALSE(ring->offset_of({view.pixels, 100, 3, PTRDIFF_MAX}));
  CHECK_FALSE(ring->offset_of({view.pixels, 0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF}));
}

TEST_CASE("A ring says what the machine allowed of what was asked for") {
  const auto ring =
      FrameRing::create({.slot_bytes = 4096, .slots = 4, .huge_pages = true, .locked = true});
  REQUIRE(ring);
  const std::string state = (*ring)->state();
  INFO(state);
  CHECK(state.find("4 slots of 0.0 MiB") == 0);
  CHECK((*ring)->on_huge_pages() == (state.find(" on huge pages") != std::string::npos));
  CHECK((*ring)->on_huge_pages() == ((*ring)->total_bytes() != 4u * 4096));
  CHECK((*ring)->locked() == (state.find(", locked") != std::string::npos));
  CHECK((*ring)->acquire(64, 64));
  CHECK(ring_of(4)->state().find("lock") == std::string::npos);
}

TEST_CASE("A ring beyond the limits or the machine is refused") {
  const auto kind = [](FrameRingOptions options) {
    return FrameRing::create(options).error().kind;
  };
  CHECK(kind({.slot_bytes = 0}) == ErrorKind::limit);
  CHECK(kind({.slot_bytes = 1ull << 40}) == ErrorKind::limit);
  CHECK(kind({.slots = 0}) == ErrorKind::limit);
  CHECK(kind({.slots = 1'000'000}) == ErrorKind::limit);
  const auto machine = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (machine < (100ull << 30))
    CHECK(kind({.slot_bytes = 100u << 20, .slots = 1024}) == ErrorKind::unavailable);
}

}  // namespace
}  // namespace backstamp::vision
