#include "station/evidence.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;

std::size_t count_pictures(const std::filesystem::path& folder) {
  const auto entries = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::count_if(begin(entries), end(entries), [](const auto& one) {
    return one.path().extension() == ".png";
  }));
}

vision::Frame grey(int width, int height) {
  vision::Frame frame(width, height);
  for (int y = 0; y < height; ++y) std::fill_n(frame.row(y), width, std::uint8_t{128});
  return frame;
}

}  // namespace

TEST_CASE("a no-read leaves its picture and its event beside it") {
  const test::TemporaryFolder folder;
  postal::ScanEvent event;
  event.piece = 12;
  event.sample = "../../etc/face 7.png";
  {
    auto evidence = station::Evidence::open(folder.path() / "noreads", 10);
    REQUIRE(evidence);
    const vision::Frame picture = grey(64, 32);
    evidence->keep(event, picture.view());
  }
  const auto stem = folder.path() / "noreads" / "00000012-______etc_face_7";
  const auto png = read_file(stem.string() + ".png", 1 << 20);
  REQUIRE(png);
  CHECK((*png)[1] == 'P');
  const auto json = read_file(stem.string() + ".json", 1 << 20);
  REQUIRE(json);
  CHECK(as_text(*json).find("\"cause\":\"nothing_found\"") != std::string_view::npos);
}

TEST_CASE("pictures stop at their limit, counting those of earlier runs") {
  const test::TemporaryFolder folder;
  const vision::Frame picture = grey(16, 16);
  for (int run = 0; run < 2; ++run) {
    auto evidence = station::Evidence::open(folder.path(), 3);
    REQUIRE(evidence);
    for (std::uint64_t i = 0; i < 5; ++i) {
      postal::ScanEvent event;
      event.piece = static_cast<std::uint64_t>(run) * 100 + i;
      evidence->keep(event, picture.view());
    }
    const auto counters = evidence->settle();
    CHECK(counters.kept == (run == 0 ? 3u : 0u));
    CHECK(counters.left_out == (run == 0 ? 2u : 5u));
  }
  CHECK(count_pictures(folder.path()) == 3);
}
