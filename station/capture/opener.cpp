#include "station/capture/opener.h"

#include <utility>

namespace backstamp::station::capture {

Opener::Opener(OpenDriver open, std::function<Result<void>(Driver&)> set_up)
    : open_(std::move(open)),
      set_up_(std::move(set_up)),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Opener::~Opener() {
  thread_.request_stop();
  thread_.join();
}

void Opener::begin(std::unique_ptr<Driver> old) {
  const std::lock_guard lock(mutex_);
  old_ = std::move(old);
  opened_.reset();
  wanted_ = true;
  changed_.notify_all();
}

std::optional<Opened> Opener::wait(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, std::move(stop), [this] { return opened_.has_value(); })) return {};
  return std::exchange(opened_, std::nullopt);
}

void Opener::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return wanted_; })) {
    wanted_ = false;
    std::unique_ptr<Driver> old = std::move(old_);
    lock.unlock();
    old.reset();
    Opened opened;
    if (auto driver = open_(); !driver) {
      opened.error = driver.error();
    } else if (auto ready = set_up_(**driver); !ready) {
      opened.error = ready.error();
      opened.answered = ready.error().kind == ErrorKind::refused;
    } else {
      opened.driver = std::move(*driver);
    }
    lock.lock();
    opened_ = std::move(opened);
    changed_.notify_all();
  }
}

}  // namespace backstamp::station::capture
