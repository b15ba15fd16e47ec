// Loaded by video_driver.cpp; alone knows OpenCV's video.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <thread>
#include <utility>

#include "station/capture/video_driver.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostWaiting = 4;
constexpr int kSide_px = 32768;

/// Reading a video waits for as long as it likes, so a thread of its own does it.
class VideoDriver final : public Driver {
 public:
  VideoDriver(cv::VideoCapture video, bool is_file, AcquireSlot acquire)
      : video_(std::move(video)), is_file_(is_file), acquire_(std::move(acquire)) {
    const auto side = [](double value) {
      return value > 0 && value <= kSide_px ? static_cast<int>(value) : 0;
    };
    geometry_.width_px = side(video_.get(cv::CAP_PROP_FRAME_WIDTH));
    geometry_.height_px = side(video_.get(cv::CAP_PROP_FRAME_HEIGHT));
    geometry_.format = "video";
  }
  ~VideoDriver() override {
    reader_.request_stop();
    if (reader_.joinable()) reader_.join();
  }

  const Identity& identity() const override { return identity_; }
  Result<void> set_feature(const std::string& name, const std::string&) override {
    return fail(ErrorKind::refused, "a video has no feature " + name);
  }
  Result<std::optional<std::string>> feature(const std::string&) override { return std::nullopt; }
  Result<Geometry> geometry() override { return geometry_; }
  Result<void> start() override {
    reader_ = std::jthread([this](std::stop_token stop) { read(std::move(stop)); });
    return {};
  }
  Result<std::optional<DriverFrame>> next(std::chrono::milliseconds wait) override;
  StreamCounters counters() const override {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

 private:
  void read(std::stop_token stop);
  DriverFrame grey(const cv::Mat& picture);

  cv::VideoCapture video_;
  const bool is_file_;
  const AcquireSlot acquire_;
  const Identity identity_{"", "video", ""};
  Geometry geometry_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<DriverFrame> waiting_;
  bool ended_ = false;
  StreamCounters counters_;
  std::uint64_t number_ = 0;
  std::jthread reader_;
};

DriverFrame VideoDriver::grey(const cv::Mat& picture) {
  DriverFrame frame;
  frame.arrived = std::chrono::steady_clock::now();
  frame.number = ++number_;
  const double position_ms = video_.get(cv::CAP_PROP_POS_MSEC);
  if (position_ms > 0 && position_ms < 1e12) {
    frame.camera_time_ns = static_cast<std::uint64_t>(position_ms * 1e6);
  }
  const bool readable = picture.depth() == CV_8U &&
                        (picture.channels() == 1 || picture.channels() == 3) &&
                        picture.cols <= kSide_px && picture.rows <= kSide_px;
  if (!readable) {
    frame.state = FrameState::damaged;
    frame.fault = "a picture that is neither grey nor of three colours";
    return frame;
  }
  auto slot = acquire_(picture.cols, picture.rows);
  if (!slot) {
    frame.state = FrameState::no_slot;
    frame.fault = "no memory was free for the frame";
    return frame;
  }
  cv::Mat into(picture.rows, picture.cols, CV_8UC1, slot->row(0));
  if (picture.channels() == 1) {
    picture.copyTo(into);
  } else {
    cv::cvtColor(picture, into, cv::COLOR_BGR2GRAY);
  }
  frame.pixels = std::move(*slot);
  return frame;
}

void VideoDriver::read(std::stop_token stop) {
  cv::Mat picture;
  bool more = true;
  while (more && !stop.stop_requested()) {
    try {
      more = video_.read(picture) && !picture.empty();
    } catch (const cv::Exception&) {
      more = false;
    }
    std::unique_lock lock(mutex_);
    if (!more) break;
    if (is_file_) {
      changed_.wait(lock, stop, [this] { return waiting_.size() < kMostWaiting; });
      if (stop.stop_requested()) break;
    } else if (waiting_.size() >= kMostWaiting) {
      ++counters_.underruns;  // a camera does not wait
      ++number_;
      continue;
    }
    lock.unlock();
    DriverFrame frame = grey(picture);
    lock.lock();
    waiting_.push_back(std::move(frame));
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

Result<std::optional<DriverFrame>> VideoDriver::next(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::min(wait, 250ms), [this] { return !waiting_.empty() || ended_; });
  if (waiting_.empty()) {
    if (ended_) return fail(ErrorKind::unavailable, "the video has ended");
    return std::nullopt;
  }
  DriverFrame frame = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.notify_all();
  return frame;
}

}  // namespace
}  // namespace backstamp::station::capture

extern "C" __attribute__((visibility("default"))) backstamp::station::capture::Driver*
backstamp_open_video(const std::string& address,
                     const backstamp::station::capture::AcquireSlot& acquire,
                     backstamp::Error& error) {
  using namespace backstamp::station::capture;
  try {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // we tell what failed
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(address, ignored);
    const bool is_device = address.starts_with("/dev/");
    cv::VideoCapture video(address, is_device ? cv::CAP_V4L2 : cv::CAP_ANY);
    if (!video.isOpened()) return nullptr;
    return new VideoDriver(std::move(video), is_file, acquire);
  } catch (const std::exception& exception) {
    error.message = address + ": " + exception.what();
    return nullptr;
  }
}
