#include "programs/simulate/stage.h"

namespace backstamp::simulate {

void Gate::show(std::size_t lane) {
  {
    const std::scoped_lock lock(mutex_);
    ++shown_[lane];
  }
  moved_.notify_all();
}

bool Gate::await(std::size_t lane, std::size_t pieces, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return moved_.wait(lock, stop, [&] { return shown_[lane] >= pieces; });
}

}  // namespace backstamp::simulate
