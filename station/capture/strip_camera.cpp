#include "station/capture/strip_camera.h"

#include <utility>

namespace backstamp::station::capture {

StripCamera::StripCamera(const StripConfig& config, std::unique_ptr<Camera> strips,
                         AcquireSlot acquire)
    : strips_(std::move(strips)), cutter_(config, std::move(acquire)) {}

Result<std::optional<vision::Capture>> StripCamera::next() {
  while (given_ == pieces_.size()) {
    if (ended_) return std::nullopt;
    pieces_.clear();
    given_ = 0;
    auto strip = strips_->next();
    if (!strip) return std::unexpected(strip.error());
    const CameraCounters counters = strips_->counters();
    const bool missing = counters.lost != std::exchange(lost_, counters.lost);
    const bool anew = counters.restarts != std::exchange(restarts_, counters.restarts);
    if (missing || anew || !*strip || (*strip)->frame.empty()) cutter_.break_off(pieces_);
    if (!*strip) {
      ended_ = true;
    } else if (!(*strip)->frame.empty()) {
      cutter_.take(**strip, pieces_);
    }
  }
  return std::move(pieces_[given_++]);
}

}  // namespace backstamp::station::capture
