#include "calibration/profile.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace backstamp;

class Folder : public test::TemporaryFolder {
 public:
  std::filesystem::path write(const std::string& text) const {
    const auto file = path() / "profile.yaml";
    REQUIRE(write_file_durably(file, as_bytes(text)));
    return file;
  }
};

calibration::Profile sample() {
  calibration::Profile profile;
  profile.camera = "Maker \"Model\" 4711: left";
  profile.width_px = 2400;
  profile.height_px = 1200;
  profile.px_per_mm_x = 8.0125;
  profile.px_per_mm_y = 7.99;
  profile.measured = parse_date("2026-11-22").value();
  profile.tool = "backstamp-calibrate 0.1.0";
  return profile;
}

}  // namespace

TEST_CASE("a profile reads back as it was written") {
  const Folder folder;
  const auto read = calibration::load_profile(folder.write(calibration::profile_to_yaml(sample())));
  REQUIRE(read);
  CHECK(read->camera == sample().camera);
  CHECK(read->width_px == 2400);
  CHECK(read->height_px == 1200);
  CHECK(read->px_per_mm_x == 8.0125);
  CHECK(read->px_per_mm_y == 7.99);
  CHECK(read->measured == sample().measured);
  CHECK(read->tool == sample().tool);
}

TEST_CASE("a profile with a fault is refused, naming line and key") {
  const Folder folder;
  const std::string good = calibration::profile_to_yaml(sample());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto read = calibration::load_profile(folder.write(text));
    REQUIRE_FALSE(read);
    return read.error().message;
  };
  CHECK(with("Mono8", "BayerRG8").find("image.pixel_format") != std::string::npos);
  CHECK(with("profile_version: 1", "profile_version: 2").find("profile_version") !=
        std::string::npos);
  CHECK(with("width_px: 2400", "width_px: -3").find("image.width_px") != std::string::npos);
  CHECK(with("width_px: 2400\n", "width: 2400\n").find("image.width") != std::string::npos);
  CHECK(with("2026-11-22", "2026-13-22").find("measured") != std::string::npos);
  CHECK(with("x: 8.0125", "x: .nan").find("px_per_mm.x") != std::string::npos);
}
