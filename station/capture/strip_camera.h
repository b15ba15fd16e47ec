// A line-scan camera whose strips become pieces.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "station/camera.h"
#include "station/capture/strip_cutter.h"

namespace backstamp::station::capture {

/// Pulls strips from a camera and gives pieces. A strip that is damaged or missing breaks the
/// stream off: what lies across it comes marked cut_short.
class StripCamera final : public Camera {
 public:
  StripCamera(const StripConfig& config, std::unique_ptr<Camera> strips, AcquireSlot acquire);

  Result<std::optional<vision::Capture>> next() override;
  Result<void> resume_after(std::uint64_t) override { return {}; }
  CameraCounters counters() const override { return strips_->counters(); }

 private:
  std::unique_ptr<Camera> strips_;
  StripCutter cutter_;
  std::vector<vision::Capture> pieces_;  ///< cut and not yet given, from given_ on
  std::size_t given_ = 0;
  std::uint64_t lost_ = 0;  ///< strips that were lost, as of the last one
  std::uint64_t restarts_ = 0;
  bool ended_ = false;
};

}  // namespace backstamp::station::capture
