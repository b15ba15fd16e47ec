// Opening and closing a camera takes seconds when it is not there, and cannot be cut short: so both
// happen in a thread of their own, and whoever waits for it can be told to stop.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "station/camera.h"
#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// What begin() came to: a camera that is set up and started, or what it failed at.
struct Opened {
  std::unique_ptr<Driver> driver;
  Geometry geometry;
  std::optional<Error> error;
  bool answered = false;  ///< with an error: it was there, and was not as it must be
};

/// One caller.
class Opener {
 public:
  Opener(OpenDriver open, CameraConfig config);
  /// Waits a second for what is under way; a camera that does not answer by then is left to a
  /// thread that ends by itself.
  ~Opener();

  /// Closes `old`, if it is one, then opens anew. Nothing else may be under way.
  void begin(std::unique_ptr<Driver> old);
  /// Waits for what begin() came to; none when `stop` came first.
  std::optional<Opened> wait(std::stop_token stop);
  /// Closes a camera at the end: nothing may begin after it.
  void close(std::unique_ptr<Driver> driver);

 private:
  struct State;
  static void run(State& state);
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace backstamp::station::capture
