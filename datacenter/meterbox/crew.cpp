#include "datacenter/meterbox/crew.h"

namespace backstamp::datacenter::meterbox {

Crew::Crew(std::size_t hands) {
  for (std::size_t i = 1; i < hands; ++i) threads_.emplace_back([this] { work(); });
}

Crew::~Crew() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Crew::share(std::size_t count, const std::function<void(std::size_t)>& part) {
  if (count < 2 || threads_.empty()) {
    for (std::size_t i = 0; i < count; ++i) part(i);
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    part_ = &part;
    count_ = count;
    next_ = 0;
    working_ = threads_.size();
    ++round_;
  }
  begin_.notify_all();
  for (std::size_t i = next_++; i < count; i = next_++) part(i);
  std::unique_lock lock(mutex_);
  end_.wait(lock, [this] { return working_ == 0; });
  part_ = nullptr;
}

void Crew::work() {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    begin_.wait(lock, [&] { return stop_ || round_ != seen; });
    if (stop_) return;
    seen = round_;
    const auto* part = part_;
    const std::size_t count = count_;
    lock.unlock();
    for (std::size_t i = next_++; i < count; i = next_++) (*part)(i);
    lock.lock();
    if (--working_ == 0) end_.notify_one();
  }
}

}  // namespace backstamp::datacenter::meterbox
