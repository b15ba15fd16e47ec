#include "vision/ladder/accounts.h"

#include <ctime>

#include <algorithm>
#include <utility>

namespace backstamp::vision {

std::chrono::nanoseconds thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void Accounts::add(std::string_view rung, std::chrono::nanoseconds spent, bool read) {
  auto cost =
      std::find_if(costs_.begin(), costs_.end(), [&](const RungCost& c) { return c.rung == rung; });
  if (cost == costs_.end()) {
    costs_.push_back({.rung = std::string(rung)});
    cost = costs_.end() - 1;
  }
  ++cost->tries;
  cost->reads += read;
  cost->spent += spent;
}

}  // namespace backstamp::vision
