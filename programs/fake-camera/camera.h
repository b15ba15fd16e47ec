// A GigE Vision camera without glass: aravis' own fake one, with pictures, faults and triggers of
// ours.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace backstamp::fake_camera {

struct Options {
  std::string address = "127.0.0.1";  ///< of this machine; of 127/8, any
  std::string serial = "GV01";
  std::string model = "Fake";
  int width_px = 512;  ///< up to 2048 × 2048
  int height_px = 512;
  double frames_per_s = 10;
  bool triggered = false;                  ///< frames come by trigger() alone
  double lost_packets = 0;                 ///< this share of them is not sent
  std::uint64_t freeze_after = 0;          ///< so many frames, then the same one for ever; 0: never
  std::span<const std::uint8_t> pictures;  ///< grey, width × height each, shown in turn; borrowed
};

/// Answers on the network from the constructor to the end.
class Camera {
 public:
  /// Fails: invalid (pictures that are no whole ones), unavailable (the address or its port, 3956,
  /// cannot be had).
  static Result<std::unique_ptr<Camera>> start(Options options);

  /// One frame, showing this picture. False when nobody is listening, or 64 are waiting: as with a
  /// real camera, nothing comes of such a trigger.
  bool trigger(std::uint32_t picture);
  std::uint64_t frames_sent() const;

  ~Camera();

 private:
  struct Impl;
  explicit Camera(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::fake_camera
