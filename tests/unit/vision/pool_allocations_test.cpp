// A line that runs steadily asks for no memory on the pool's side. A program of its own: it counts
// every request of ours.
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <vector>

#include "datasets/synthesizer.h"
#include "datasets/synthetic_mint.h"
#include "tests/support/counted_new.h"
#include "vision/decode_pool.h"

namespace backstamp::vision {
namespace {

using test::new_requests;
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
  const std::uint64_t before = new_requests;
  ::operator delete(::operator new(1));
  REQUIRE(new_requests > before);  // it does count

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
    const std::uint64_t begin = new_requests;
    codes = 0;
    read_all();
    quiet = new_requests == begin ? quiet + 1 : 0;
    CHECK(codes == faces.size() * 2);
  }
  CHECK(quiet == 20);
  CHECK(well);
}

}  // namespace
}  // namespace backstamp::vision
