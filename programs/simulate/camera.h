// A camera that has the belt's pictures in memory and puts each, at its moment, into the station's
// frame ring: the copy stands for the transfer from a real one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "programs/simulate/stage.h"
#include "vision/frame_ring.h"
#include "vision/frame_source.h"

namespace backstamp::simulate {

/// Pictures come on a thread of the simulation's own, at their time, whether somebody waits for
/// them or not: a station that is slow to fetch them finds them old. Up to kBuffers wait; further
/// ones are lost, as in a real camera.
class SimulatedCamera final : public vision::FrameSource {
 public:
  static constexpr std::size_t kBuffers = 16;

  SimulatedCamera(Stage& stage, std::size_t lane, std::size_t camera,
                  std::shared_ptr<vision::FrameRing> ring, std::stop_token stop);
  ~SimulatedCamera() override;

  Result<std::optional<vision::Capture>> next() override;
  Result<void> resume_after(std::uint64_t piece) override;

 private:
  void run(const std::stop_token& stop);
  bool await(std::size_t index, SteadyTime start, const std::stop_token& stop);
  void show(std::size_t index);
  std::optional<vision::Frame> copy_of(std::uint32_t face);
  void deliver(vision::Capture capture);

  Stage& stage_;
  const std::size_t lane_;
  const std::size_t camera_;
  std::shared_ptr<vision::FrameRing> ring_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any came_;
  std::deque<vision::Capture> waiting_;
  std::uint64_t frame_number_ = 0;
  bool too_late_ = false;
  std::jthread thread_;  // last: it uses the members above
};

}  // namespace backstamp::simulate
