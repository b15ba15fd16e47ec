// Opening a camera takes seconds when it is not there, and cannot be cut short: so it happens in a
// thread of its own, and whoever waits for it can be told to stop.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "station/capture/driver.h"

namespace backstamp::station::capture {

/// What begin() came to: a camera that is open, set up and started, or what it failed at.
struct Opened {
  std::unique_ptr<Driver> driver;
  std::optional<Error> error;
  bool answered = false;  ///< with an error: it was there, and was not as it must be
};

/// One caller.
class Opener {
 public:
  /// `set_up` makes an open camera ready and starts it; runs in the opener's thread.
  Opener(OpenDriver open, std::function<Result<void>(Driver&)> set_up);
  /// Waits for what is under way: a few seconds when the camera is gone.
  ~Opener();

  /// Closes `old`, if it is one, then opens anew. Nothing else may be under way.
  void begin(std::unique_ptr<Driver> old);
  /// Waits for what begin() came to; none when `stop` came first.
  std::optional<Opened> wait(std::stop_token stop);

 private:
  void run(std::stop_token stop);

  const OpenDriver open_;
  const std::function<Result<void>(Driver&)> set_up_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool wanted_ = false;
  std::unique_ptr<Driver> old_;
  std::optional<Opened> opened_;
  std::jthread thread_;
};

}  // namespace backstamp::station::capture
