#include <catch2/catch_test_macros.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "station/capture/supervisor.h"
#include "station/capture/video_driver.h"
#include "tests/support/temporary_folder.h"
#include "vision/frame_ring.h"

namespace backstamp::station::capture {
namespace {

constexpr int kFrames = 10;

/// A video whose frames are of one shade each, with a corner of another: 20, 40, 60...
void make_video(const std::filesystem::path& path) {
  cv::VideoWriter writer(path.string(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25,
                         {320, 240});
  REQUIRE(writer.isOpened());
  for (int i = 1; i <= kFrames; ++i) {
    cv::Mat picture(240, 320, CV_8UC3, cv::Scalar::all(20 * i));
    cv::rectangle(picture, {0, 0, 64, 64}, cv::Scalar::all(255 - 20 * i), cv::FILLED);
    writer.write(picture);
  }
}

TEST_CASE("a video file is a camera that begins anew at its end") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "belt.avi";
  make_video(path);
  auto ring = vision::FrameRing::create({.slot_bytes = 320 * 240, .slots = 12});
  REQUIRE(ring.has_value());
  CameraConfig config;
  config.name = "video";
  config.kind = CameraKind::video;
  config.width_px = 320;
  config.height_px = 240;
  std::stop_source stop;
  std::vector<std::string> alarms;
  Supervisor camera(
      config, "LANE-1/video",
      video_opener(
          path.string(),
          [&](int width_px, int height_px) { return (*ring)->acquire(width_px, height_px); },
          std::filesystem::path(BACKSTAMP_BIN_DIR) / "backstamp_video.so"),
      [&](const Alarm& alarm) { alarms.push_back(alarm.name + ": " + alarm.cause); },
      stop.get_token());
  for (int i = 1; i <= kFrames + 3; ++i) {
    auto capture = camera.next();
    REQUIRE(capture.has_value());
    REQUIRE(capture->has_value());
    const vision::Frame& frame = (*capture)->frame;
    REQUIRE_FALSE(frame.empty());
    CHECK((*ring)->offset_of(frame.view()).has_value());
    const int shade = 20 * ((i - 1) % kFrames + 1);
    CHECK(std::abs(frame.view().row(120)[200] - shade) <= 4);
    CHECK(std::abs(frame.view().row(10)[10] - (255 - shade)) <= 4);
  }
  CHECK(camera.counters().frames == kFrames + 3);
  CHECK(camera.counters().restarts == 1);
  CHECK(alarms.front() == "camera-lost: the video has ended");
}

TEST_CASE("a video that is not there, or none at all, is an alarm") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "noise.avi";
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("no video", file);
  std::fclose(file);
  const std::filesystem::path module =
      std::filesystem::path(BACKSTAMP_BIN_DIR) / "backstamp_video.so";
  CHECK_FALSE(video_opener(path.string(), nullptr, module)().has_value());
  CHECK_FALSE(video_opener((folder.path() / "none.avi").string(), nullptr, module)().has_value());
  const auto no_module = video_opener(path.string(), nullptr, folder.path() / "none.so")();
  REQUIRE_FALSE(no_module.has_value());
  CHECK(no_module.error().message.find("backstamp_video.so") != std::string::npos);
}

}  // namespace
}  // namespace backstamp::station::capture
