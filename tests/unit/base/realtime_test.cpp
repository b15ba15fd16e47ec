#include "base/realtime.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <thread>

using namespace backstamp;

namespace {

/// On a thread of its own: what it is given must not outlive the test.
void on_a_thread(const std::function<void()>& work) {
  std::jthread thread(work);
}

int a_processor_of_ours() {
  cpu_set_t ours;
  REQUIRE(::sched_getaffinity(0, sizeof ours, &ours) == 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &ours)) return cpu;
  return 0;
}

}  // namespace

TEST_CASE("a list of processors is read and written") {
  CHECK(parse_cpus("0") == std::vector<unsigned>{0});
  CHECK(parse_cpus("5,0-2,1") == std::vector<unsigned>{0, 1, 2, 5});
  CHECK(format_cpus({0, 1, 2, 5}) == "0,1,2,5");
  for (const char* wrong : {"", ",", "1,", "a", "-1", "2-1", "0-", "1 ,2", "99999", "0-99999",
                            "0-1023,0-1023,0-1023", "4294967296"})
    CHECK_FALSE(parse_cpus(wrong));
}

TEST_CASE("a thread stays on the processors that it was pinned to") {
  const auto cpu = static_cast<unsigned>(a_processor_of_ours());
  on_a_thread([cpu] {
    const RealtimeStep done = pin_this_thread({cpu});
    CHECK(done.allowed);
    CHECK(done.text == "pinned to " + std::to_string(cpu));
    cpu_set_t got;
    CHECK(::sched_getaffinity(0, sizeof got, &got) == 0);
    CHECK(CPU_COUNT(&got) == 1);
    CHECK(CPU_ISSET(cpu, &got));
  });
}

TEST_CASE("a processor that is not there leaves a thread where it was, and is told") {
  const auto cpu = static_cast<unsigned>(a_processor_of_ours());
  on_a_thread([cpu] {
    cpu_set_t before;
    CHECK(::sched_getaffinity(0, sizeof before, &before) == 0);
    const std::vector<std::vector<unsigned>> wrong = {{1023}, {cpu, 1023}, {100'000}};
    for (const auto& cpus : wrong) {
      const RealtimeStep done = pin_this_thread(cpus);
      CHECK_FALSE(done.allowed);
      CHECK(done.text.starts_with("not pinned to " + format_cpus(cpus) + ": "));
    }
    cpu_set_t after;
    CHECK(::sched_getaffinity(0, sizeof after, &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
  });
}

TEST_CASE("a real-time thread's own threads are not real-time, and a refusal says what is wanted") {
  on_a_thread([] {
    const RealtimeStep done = fifo_this_thread(3);
    INFO(done.text);
    CHECK(done.allowed == (::sched_getscheduler(0) == (SCHED_FIFO | SCHED_RESET_ON_FORK)));
    if (done.allowed) {
      CHECK(done.text == "SCHED_FIFO 3");
      on_a_thread([] { CHECK(::sched_getscheduler(0) == SCHED_OTHER); });
    } else {
      CHECK(done.text.find("LimitRTPRIO") != std::string::npos);
    }
  });
  CHECK_FALSE(fifo_this_thread(1000).allowed);
  CHECK(::sched_getscheduler(0) == SCHED_OTHER);
}

TEST_CASE("a profile says what came of each of its wishes and of nothing else") {
  CHECK(apply_realtime({}).text.empty());
  const auto cpu = static_cast<unsigned>(a_processor_of_ours());
  on_a_thread([cpu] {
    const RealtimeState state = apply_realtime({.cpus = {cpu}, .nice = 7});
    CHECK(state.text == "pinned to " + std::to_string(cpu) + "; nice 7");
    CHECK(state.pinned);
    CHECK(state.niced);
    CHECK_FALSE(state.fifo);
    CHECK_FALSE(state.locked);
    CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())) == 7);
  });
}

TEST_CASE(
    "memory is locked where that cannot make later requests fail, or a sentence says why not") {
  // In a child, whose memory is its own.
  const auto child_says = [](bool unlimited) {
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit limit{unlimited ? RLIM_INFINITY : 65536, unlimited ? RLIM_INFINITY : 65536};
      ::setrlimit(RLIMIT_MEMLOCK, &limit);
      const RealtimeStep done = lock_memory();
      const bool told = done.allowed ? done.text == "memory locked"
                                     : done.text.find("LimitMEMLOCK") != std::string::npos;
      std::string larger(32u << 20, 'x');  // must be had, locked or not
      ::_exit(told && larger.back() == 'x' ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  };
  CHECK(child_says(true) == 0);
  CHECK(child_says(false) == 0);
}
