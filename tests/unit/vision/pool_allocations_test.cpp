// A line that runs steadily asks for no memory on the pool's side. A program of its own: it counts
// every request of ours.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "datasets/synthesizer.h"
#include "datasets/synthetic_mint.h"
#include "vision/decode_pool.h"

// A sanitizer has new for itself. GCC says so by a macro, clang by a feature.
#define BACKSTAMP_COUNTS 1
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef BACKSTAMP_COUNTS
#define BACKSTAMP_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef BACKSTAMP_COUNTS
#define BACKSTAMP_COUNTS 0
#endif
#endif

namespace {

std::atomic<std::uint64_t> requests = 0;  // of any thread, the pool's own included

}  // namespace

#if BACKSTAMP_COUNTS
// What new gives here is malloc's, and so is delete's to free.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  requests.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace backstamp::vision {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Faces with a token and an IMb each: as many codes, with contents of the same kind.
std::vector<Frame> make_faces(FrameRing& ring) {
  const auto mint =
      datasets::SyntheticMint::make(5, std::chrono::year(2026) / std::chrono::November / 20);
  REQUIRE(mint);
  std::vector<Frame> faces;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto piece = mint->piece(i);
    REQUIRE(piece);
    datasets::FaceRequest request;
    request.face_class = datasets::FaceClass::clean;
    request.px_per_mm = 8;
    request.symbols = piece->symbols;
    auto face = datasets::synthesize_face(request, 70 + i);
    REQUIRE(face);
    const ImageView view = face->picture.view();
    auto slot = ring.acquire(view.width_px, view.height_px);
    REQUIRE(slot);
    std::memcpy(slot->row(0), view.pixels,
                static_cast<std::size_t>(view.width_px) * static_cast<std::size_t>(view.height_px));
    faces.push_back(std::move(*slot));
  }
  return faces;
}

TEST_CASE("A pool that reads one face after the other asks for no memory") {
  if (BACKSTAMP_COUNTS == 0) SKIP("a sanitizer has new for itself");
  const std::uint64_t before = requests;
  ::operator delete(::operator new(1));
  REQUIRE(requests > before);  // it does count

  const auto ring = FrameRing::create({.slot_bytes = 8u << 20, .slots = 8});
  REQUIRE(ring);
  DecodePoolOptions options;
  options.program_folder = BACKSTAMP_BIN_DIR;
  options.ring = *ring;
  auto pool = DecodePool::start(options);
  REQUIRE(pool);
  const std::vector<Frame> faces = make_faces(**ring);
  const Frame elsewhere(64, 64);  // copied into the worker's own memory
  std::memset(const_cast<Frame&>(elsewhere).row(0), 200, 64 * 64);
  const ReadOptions how{.budget = 30s};
  FaceReading into;
  FaceReading nothing;
  std::size_t codes = 0;
  bool well = true;
  const auto read_all = [&] {
    for (const Frame& face : faces) {
      well = pool->read(face.view(), how, steady_clock::now() + 60s, into) && well;
      codes += into.readings.size();
    }
    well = pool->read(elsewhere.view(), how, steady_clock::now() + 60s, nothing) && well;
    // A frame goes and comes back as on a line.
    well = (*ring)->acquire(640, 480).has_value() && well;
  };
  // In the first rounds the lists grow to their size, and a spare is still starting.
  int quiet = 0;
  for (int round = 0; round < 1000 && quiet < 20; ++round) {
    const std::uint64_t begin = requests;
    codes = 0;
    read_all();
    quiet = requests == begin ? quiet + 1 : 0;
    CHECK(codes == faces.size() * 2);
  }
  CHECK(quiet == 20);
  CHECK(well);
}

}  // namespace
}  // namespace backstamp::vision
