#include "vision/ladder/accounts.h"

#include <algorithm>
#include <utility>

namespace backstamp::vision {

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
