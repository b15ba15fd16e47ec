#include "base/realtime.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace backstamp {
namespace {

RealtimeStep step(int error, const std::string& done, const std::string& not_done,
                  const char* wanted = "") {
  if (error == 0) return {true, done};
  std::string why = std::strerror(error);
  if (error == EPERM || error == ENOMEM) why += wanted;
  return {false, not_done + ": " + why};
}

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> capability % 32 & 1) != 0;
}

bool may_lock_all() {
  rlimit limit{};
  return has_capability(CAP_IPC_LOCK) ||
         (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
}

}  // namespace

RealtimeStep pin_this_thread(const std::vector<unsigned>& cpus) {
  const std::string names = format_cpus(cpus);
  const auto refused = [&](int error) { return step(error, "", "not pinned to " + names); };
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  for (const unsigned cpu : cpus) {
    if (cpu >= CPU_SETSIZE) return refused(EINVAL);
    CPU_SET(cpu, &wanted);
  }
  cpu_set_t before;
  if (::sched_getaffinity(0, sizeof before, &before) != 0) return refused(errno);
  if (::sched_setaffinity(0, sizeof wanted, &wanted) != 0) return refused(errno);
  // The kernel leaves out silently what it does not have.
  cpu_set_t got;
  if (::sched_getaffinity(0, sizeof got, &got) == 0 && CPU_EQUAL(&got, &wanted))
    return {true, "pinned to " + names};
  ::sched_setaffinity(0, sizeof before, &before);
  return refused(EINVAL);
}

RealtimeStep fifo_this_thread(int priority) {
  sched_param parameters{};
  parameters.sched_priority = priority;
  const int set = ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters);
  const std::string name = "SCHED_FIFO " + std::to_string(priority);
  return step(set == 0 ? 0 : errno, name, "not " + name,
              " (CAP_SYS_NICE or LimitRTPRIO= is wanted)");
}

RealtimeStep nice_this_thread(int nice) {
  const int set = ::setpriority(PRIO_PROCESS, 0, nice);
  const std::string name = "nice " + std::to_string(nice);
  const int error = set == 0 ? 0 : errno == EACCES ? EPERM : errno;
  return step(error, name, "not " + name, " (CAP_SYS_NICE or LimitNICE= is wanted)");
}

RealtimeStep lock_memory() {
  constexpr const char* kWanted = " (CAP_IPC_LOCK or LimitMEMLOCK=infinity is wanted)";
  int error = EPERM;
  if (may_lock_all()) error = ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? 0 : errno;
  return step(error, "memory locked", "memory not locked", kWanted);
}

RealtimeState apply_realtime(const RealtimeProfile& profile) {
  RealtimeState state;
  const auto take = [&state](const RealtimeStep& done) {
    state.text += (state.text.empty() ? "" : "; ") + done.text;
    return done.allowed;
  };
  if (!profile.cpus.empty()) state.pinned = take(pin_this_thread(profile.cpus));
  if (profile.nice != 0) state.niced = take(nice_this_thread(profile.nice));
  if (profile.fifo_priority != 0) state.fifo = take(fifo_this_thread(profile.fifo_priority));
  if (profile.lock_memory) state.locked = take(lock_memory());
  return state;
}

Result<std::vector<unsigned>> parse_cpus(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorKind::invalid,
                "\"" + std::string(text) + "\" is no list of processors: \"0-2,5\" would be one");
  };
  std::vector<unsigned> cpus;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    unsigned first = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc{} || first >= CPU_SETSIZE) return wrong();
    unsigned last = first;
    if (read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, last);
    if (read.ec != std::errc{} || last >= CPU_SETSIZE || last < first) return wrong();
    for (unsigned cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (cpus.size() > CPU_SETSIZE) return wrong();
    if (read.ptr == end) break;
    if (*read.ptr != ',') return wrong();
    at = read.ptr + 1;
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string format_cpus(const std::vector<unsigned>& cpus) {
  std::string text;
  for (const unsigned cpu : cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
  return text;
}

}  // namespace backstamp
