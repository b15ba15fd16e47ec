#include "programs/simulate/camera.h"

#include <cstring>
#include <utility>

#include "postal/event.h"

namespace backstamp::simulate {

SimulatedCamera::SimulatedCamera(Stage& stage, std::size_t lane, std::size_t camera,
                                 std::shared_ptr<vision::FrameRing> ring, std::stop_token stop)
    : stage_(stage),
      lane_(lane),
      camera_(camera),
      ring_(std::move(ring)),
      stop_(std::move(stop)),
      thread_([this](const std::stop_token& own) { run(own); }) {}

SimulatedCamera::~SimulatedCamera() {
  thread_.request_stop();
  thread_.join();
}

Result<std::optional<vision::Capture>> SimulatedCamera::next() {
  std::unique_lock lock(mutex_);
  if (!came_.wait(lock, stop_, [this] { return !waiting_.empty(); })) return std::nullopt;
  std::optional<vision::Capture> capture(std::move(waiting_.front()));
  waiting_.pop_front();
  return capture;
}

Result<void> SimulatedCamera::resume_after(std::uint64_t) {
  return {};
}

void SimulatedCamera::run(const std::stop_token& stop) {
  be_simulation_thread("sim-camera");
  const auto start = stage_.start.await(stop);
  if (!start) return;
  const LanePlan& lane = stage_.plan.lanes[lane_];
  for (std::size_t index = 0; index < lane.belt.pieces().size(); ++index) {
    if (!await(index, *start, stop)) break;
    show(index);
  }
  stay_until(stop);
}

bool SimulatedCamera::await(std::size_t index, SteadyTime start, const std::stop_token& stop) {
  const Belt& belt = stage_.plan.lanes[lane_].belt;
  if (!stage_.paced) {
    const auto passed = stage_.gate.await(lane_, index, stop);
    return passed && sleep_until(*passed + kUnpacedTravel, stop);
  }
  const auto at = pictured_at(belt, belt.pieces()[index], camera_);
  if (!at) return false;  // the run ends with the piece before the camera
  const auto late = sleep_until(start + *at, stop);
  if (!late) return false;
  stage_.pictures_late.note(*late);
  too_late_ = *late > stage_.patience;
  return true;
}

std::optional<vision::Frame> SimulatedCamera::copy_of(std::uint32_t face) {
  const vision::ImageView from = stage_.mail.faces[face].picture.view();
  auto frame = ring_->acquire(from.width_px, from.height_px);
  if (!frame) return std::nullopt;
  for (int y = 0; y < from.height_px; ++y) {
    std::memcpy(frame->row(y), from.row(y), static_cast<std::size_t>(from.width_px));
  }
  return frame;
}

void SimulatedCamera::show(std::size_t index) {
  const LanePlan& lane = stage_.plan.lanes[lane_];
  const BeltPiece& piece = lane.belt.pieces()[index];
  const PictureFault fault = lane.pictures[camera_][index];
  const std::uint64_t number = ++frame_number_;
  if (too_late_) stage_.ledger.not_shown(static_cast<std::uint32_t>(lane_), index);
  if (fault == PictureFault::away || too_late_) return;
  vision::Capture capture;
  capture.frame_number = number;
  capture.trigger_count = number;
  capture.encoder = lane.belt.encoder_at(piece.leading_mm + camera_mm(camera_));
  if (piece.doubled) capture.marks |= static_cast<std::uint32_t>(postal::PieceMark::overlapping);
  // What a camera's supervision finds in such a picture it passes on as a fault, without pixels.
  if (fault == PictureFault::damaged) {
    capture.fault = "incomplete: 12 of 980 packets missing";
  } else if (fault == PictureFault::frozen) {
    capture.fault = "frozen: the same picture as before";
  } else if (fault == PictureFault::wrong_size) {
    capture.fault = "640 x 480 pixels, which is not its size";
  } else if (auto frame = copy_of(piece.face)) {
    if (stage_.mark && lane.workers[index] != WorkerFault::none && camera_ == 0) {
      stage_.mark(*frame, lane.workers[index]);
    }
    capture.frame = std::move(*frame);
    stage_.ledger.pictured(static_cast<std::uint32_t>(lane_), index);
  } else {
    capture.fault = "no memory was free";
  }
  capture.arrived = std::chrono::steady_clock::now();
  deliver(std::move(capture));
}

void SimulatedCamera::deliver(vision::Capture capture) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= kBuffers) return;  // the station finds the gap in the numbers
    waiting_.push_back(std::move(capture));
  }
  came_.notify_one();
}

}  // namespace backstamp::simulate
