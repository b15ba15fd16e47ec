#include "vision/pool/worker_group.h"

#include <utility>

namespace backstamp::vision {
namespace {

constexpr std::chrono::seconds kPatience{30};  // for a start on a machine that is busy
constexpr unsigned kAttempts = 3;

}  // namespace

WorkerGroup::WorkerGroup(std::filesystem::path program, unsigned workers)
    : program_(std::move(program)),
      workers_(workers),
      keeper_([this](const std::stop_token& stop) { keep(stop); }) {}

void WorkerGroup::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait(lock, stop,
                  [this] { return failures_ < kAttempts && out_ + ready_.size() < workers_ + 1; });
    if (stop.stop_requested()) return;
    lock.unlock();
    auto worker = WorkerProcess::start(program_, kPatience);
    lock.lock();
    if (worker) {
      ready_.push_back(std::move(*worker));
      ++started_;
      failures_ = 0;
    } else {
      ++failures_;
      failure_ = worker.error();
    }
    changed_.notify_all();
  }
}

bool WorkerGroup::hopeless() const {
  return failures_ >= kAttempts && out_ == 0 && ready_.empty();
}

Result<std::unique_ptr<WorkerProcess>> WorkerGroup::take(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  if (failures_ >= kAttempts) {
    failures_ = 0;
    changed_.notify_all();
  }
  for (;;) {
    const bool in_time = changed_.wait_until(
        lock, deadline, [this] { return hopeless() || (out_ < workers_ && !ready_.empty()); });
    if (!in_time) return std::unique_ptr<WorkerProcess>();
    if (hopeless()) return std::unexpected(*failure_);
    std::unique_ptr<WorkerProcess> worker = std::move(ready_.front());
    ready_.pop_front();
    if (worker->idle()) {
      ++out_;
      return worker;
    }
    changed_.notify_all();  // it died while it waited: to be replaced
  }
}

void WorkerGroup::give_back(std::unique_ptr<WorkerProcess> worker) {
  const std::lock_guard lock(mutex_);
  --out_;
  if (worker) ready_.push_front(std::move(worker));
  changed_.notify_all();
}

std::uint64_t WorkerGroup::restarts() const {
  const std::lock_guard lock(mutex_);
  return started_ > workers_ + 1 ? started_ - workers_ - 1 : 0;
}

}  // namespace backstamp::vision
