#include "station/capture/opener.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "station/capture/set_up.h"

namespace backstamp::station::capture {

/// Shared with the thread, which may outlive the opener.
struct Opener::State {
  OpenDriver open;
  CameraConfig config;
  std::mutex mutex;
  std::condition_variable_any changed;
  bool wanted = false;
  bool ending = false;
  bool ended = false;
  std::vector<std::unique_ptr<Driver>> to_close;
  std::optional<Opened> opened;
};

Opener::Opener(OpenDriver open, CameraConfig config) : state_(std::make_shared<State>()) {
  state_->open = std::move(open);
  state_->config = std::move(config);
  thread_ = std::thread([state = state_] { run(*state); });
}

Opener::~Opener() {
  constexpr std::chrono::seconds kPatience{1};
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
  const bool ended = state_->changed.wait_for(lock, kPatience, [this] { return state_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Opener::begin(std::unique_ptr<Driver> old) {
  const std::lock_guard lock(state_->mutex);
  if (old != nullptr) state_->to_close.push_back(std::move(old));
  state_->opened.reset();
  state_->wanted = true;
  state_->changed.notify_all();
}

void Opener::close(std::unique_ptr<Driver> driver) {
  const std::lock_guard lock(state_->mutex);
  if (driver != nullptr) state_->to_close.push_back(std::move(driver));
}

std::optional<Opened> Opener::wait(std::stop_token stop) {
  std::unique_lock lock(state_->mutex);
  const auto opened = [this] { return state_->opened.has_value(); };
  if (!state_->changed.wait(lock, std::move(stop), opened)) return std::nullopt;
  return std::exchange(state_->opened, std::nullopt);
}

namespace {

Opened open_now(const OpenDriver& open, const CameraConfig& config) {
  Opened opened;
  auto driver = open();
  if (!driver) {
    opened.error = driver.error();
    return opened;
  }
  auto geometry = set_up(**driver, config);
  if (!geometry) {
    opened.error = geometry.error();
    opened.answered = geometry.error().kind == ErrorKind::refused;
    return opened;
  }
  opened.driver = std::move(*driver);
  opened.geometry = std::move(*geometry);
  return opened;
}

}  // namespace

void Opener::run(State& state) {
  std::unique_lock lock(state.mutex);
  while (true) {
    state.changed.wait(lock, [&] { return state.wanted || state.ending; });
    const bool wanted = std::exchange(state.wanted, false) && !state.ending;
    auto to_close = std::exchange(state.to_close, {});
    lock.unlock();
    to_close.clear();
    Opened opened;
    if (wanted) opened = open_now(state.open, state.config);
    lock.lock();
    if (wanted) state.opened = std::move(opened);
    if (state.ending && state.to_close.empty() && !state.opened) break;
    if (state.ending) {  // a camera that came too late
      if (state.opened) state.to_close.push_back(std::move(state.opened->driver));
      state.opened.reset();
    }
    state.changed.notify_all();
  }
  state.ended = true;
  state.changed.notify_all();
}

}  // namespace backstamp::station::capture
