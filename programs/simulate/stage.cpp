#include "programs/simulate/stage.h"

namespace backstamp::simulate {

void Gate::pass(std::size_t lane, SteadyTime at) {
  {
    const std::scoped_lock lock(mutex_);
    passed_[lane].push_back(at);
  }
  moved_.notify_all();
}

std::optional<SteadyTime> Gate::await(std::size_t lane, std::size_t piece,
                                      const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  if (!moved_.wait(lock, stop, [&] { return passed_[lane].size() > piece; })) return std::nullopt;
  return passed_[lane][piece];
}

}  // namespace backstamp::simulate
