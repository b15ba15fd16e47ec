#include "base/watchdog.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/notify_socket.h"

namespace {

using namespace backstamp;
using namespace std::chrono_literals;

std::size_t heard_within(test::NotifySocket& manager, std::chrono::milliseconds time) {
  (void)manager.take();
  std::this_thread::sleep_for(time);
  const auto messages = manager.take();
  return static_cast<std::size_t>(std::count(messages.begin(), messages.end(), "WATCHDOG=1"));
}

struct Work {
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> due{false};
  std::mutex held;

  Watchdog::Progress progress() {
    return [this] {
      const std::lock_guard lock(held);
      return done.load();
    };
  }
  Watchdog::Due is_due() {
    return [this] { return due.load(); };
  }
};

}  // namespace

TEST_CASE("the manager hears of work that gets on and of work that has nothing to do") {
  test::NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  Work work;
  const Watchdog watchdog(work.progress(), work.is_due(), 20ms);
  CHECK(heard_within(manager, 300ms) >= 3);  // nothing is due
  CHECK_FALSE(watchdog.stalled());
  work.due = true;
  std::jthread worker([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ++work.done;
      std::this_thread::sleep_for(1ms);
    }
  });
  CHECK(heard_within(manager, 300ms) >= 3);
}

TEST_CASE("the manager hears nothing of work that is due and stands still, until it gets on") {
  test::NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  Work work;
  const Watchdog watchdog(work.progress(), work.is_due(), 20ms);
  work.due = true;
  std::this_thread::sleep_for(200ms);
  CHECK(heard_within(manager, 300ms) == 0);
  CHECK(watchdog.stalled());
  work.due = false;  // what was due was given up
  std::this_thread::sleep_for(200ms);
  CHECK(heard_within(manager, 300ms) >= 3);
}

TEST_CASE("the manager hears nothing of a process whose lock is never let go") {
  test::NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  Work work;
  const Watchdog watchdog(work.progress(), work.is_due(), 20ms);
  work.held.lock();
  std::this_thread::sleep_for(100ms);
  CHECK(heard_within(manager, 300ms) == 0);
  work.held.unlock();
  CHECK(heard_within(manager, 300ms) >= 3);
}

TEST_CASE("without a manager that watches nothing is asked") {
  test::NotifySocket manager("@backstamp-test-" + std::to_string(::getpid()));
  std::atomic<int> asked{0};
  {
    const Watchdog watchdog([&] { return static_cast<std::uint64_t>(++asked); },
                            [] { return true; }, std::nullopt);
    CHECK(heard_within(manager, 100ms) == 0);
  }
  CHECK(asked == 0);
}
