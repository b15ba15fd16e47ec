#include "programs/doctor/machine.h"

#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/realtime.h"

namespace backstamp::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDropIn =
    "run it by backstamp-station@.service with the drop-in realtime.conf.example";

std::string line_of(const fs::path& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

long number_in(const fs::path& path) {
  long number = -1;
  std::ifstream(path) >> number;
  return number;
}

/// The daemon that keeps the clock, by the names of the usual ones.
std::string clock_daemon() {
  const std::set<std::string> known = {"chronyd", "systemd-timesyn", "ntpd",
                                       "ptp4l",   "phc2sys",         "openntpd"};
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end;
       process.increment(error)) {
    if (!std::isdigit(static_cast<unsigned char>(process->path().filename().string()[0]))) continue;
    const std::string name = line_of(process->path() / "comm");
    if (known.contains(name)) return name == "systemd-timesyn" ? "systemd-timesyncd" : name;
  }
  return {};
}

std::string milliseconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", value);
  return text;
}

std::string megabytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

void check_priority(Findings& findings, const char* whose, int priority) {
  if (priority == 0) return;
  RealtimeStep step;
  std::thread([&] { step = fifo_this_thread(priority); }).join();
  if (step.allowed) return findings.ok("realtime-priority", whose, step.text);
  findings.warning("realtime-priority", whose, step.text,
                   std::string(kDropIn) + ": LimitRTPRIO=98, RestrictRealtime=no");
}

void check_lock(Findings& findings) {
  rlimit limit{};
  const bool unlimited = ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
                         (limit.rlim_cur == RLIM_INFINITY || ::geteuid() == 0);
  if (unlimited) return findings.ok("realtime-memory", "", "memory may be locked");
  findings.warning("realtime-memory", "",
                   megabytes(limit.rlim_cur) + " of memory may be locked, all is asked for",
                   std::string(kDropIn) + ": LimitMEMLOCK=infinity");
}

void check_huge_pages(Findings& findings, std::uint64_t wanted_bytes) {
  const long free = number_in("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  const auto wanted = static_cast<long>((wanted_bytes + (2u << 20) - 1) >> 21);
  const std::string found = std::to_string(std::max(0L, free)) + " huge pages are free, " +
                            std::to_string(wanted) + " are wanted for frames";
  if (free >= wanted) return findings.ok("huge-pages", "", found);
  findings.warning("huge-pages", "", found,
                   "echo vm.nr_hugepages=" + std::to_string(wanted) +
                       " > /etc/sysctl.d/61-backstamp.conf && sysctl --system");
}

void check_cpus(Findings& findings, const char* whose, const std::vector<unsigned>& cpus) {
  if (cpus.empty()) return;
  RealtimeStep step;
  std::thread([&] { step = pin_this_thread(cpus); }).join();
  if (step.allowed) return findings.ok("realtime-cpus", whose, step.text);
  findings.fault("realtime-cpus", whose, step.text,
                 "name processors that this machine has and gives the station (CPUAffinity=)");
}

}  // namespace

void check_clock(Findings& findings) {
  timex state{};
  const int synchronised = ::adjtimex(&state);
  const std::string now = format_utc(utc_now());
  const std::string daemon = clock_daemon();
  const char* remedy = "apt-get install chrony, and name the post's time servers in it";
  if (now < "2026") {
    return findings.fault("clock", "", "it says " + now + ", which cannot be", remedy);
  }
  if (synchronised < 0) {
    return findings.warning("clock", "", "the kernel does not say how good it is", remedy);
  }
  const double scale = (state.status & STA_NANO) != 0 ? 1e6 : 1e3;
  const std::string found =
      (daemon.empty() ? "no daemon is seen that keeps it" : "kept by " + daemon) + "; offset " +
      milliseconds(static_cast<double>(state.offset) / scale) + ", error at most " +
      milliseconds(static_cast<double>(state.maxerror) / 1e3);
  if (synchronised == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    return findings.warning("clock", "", "not synchronised: " + found, remedy);
  }
  if (state.maxerror > 1'000'000) return findings.warning("clock", "", found, remedy);
  findings.ok("clock", "", "synchronised: " + found);
}

void check_time_zones(Findings& findings) {
  const fs::path file = "/usr/share/zoneinfo/Europe/London";
  std::error_code error;
  if (fs::exists(file, error)) {
    const std::string version = line_of("/usr/share/zoneinfo/tzdata.zi");
    return findings.ok(
        "time-zones", "",
        version.starts_with("# version ") ? "tzdata " + version.substr(10) : "a database is there");
  }
  findings.warning("time-zones", "", "there is no database of time zones",
                   "apt-get install tzdata; without it the postal day can be counted in UTC alone");
}

void check_governor(Findings& findings) {
  std::set<std::string> governors;
  std::error_code error;
  for (fs::directory_iterator cpu("/sys/devices/system/cpu", error), end; !error && cpu != end;
       cpu.increment(error)) {
    const std::string governor = line_of(cpu->path() / "cpufreq/scaling_governor");
    if (!governor.empty()) governors.insert(governor);
  }
  if (governors.empty()) {
    return findings.ok("cpu-governor", "", "the machine does not say: its host decides");
  }
  std::string all;
  for (const std::string& one : governors) all += (all.empty() ? "" : ", ") + one;
  if (all == "performance") return findings.ok("cpu-governor", "", all);
  findings.warning("cpu-governor", "", all + ": processors slow down between pieces",
                   "cpupower frequency-set -g performance");
}

void check_realtime(Findings& findings, const station::LiveConfig& live) {
  const station::RealtimeConfig& wanted = live.realtime;
  for (const auto& [whose, profile] :
       {std::pair("line", &wanted.line), std::pair("readers", &wanted.readers)}) {
    check_priority(findings, whose, profile->fifo_priority);
    check_cpus(findings, whose, profile->cpus);
  }
  if (wanted.line.lock_memory || wanted.readers.lock_memory) check_lock(findings);
  if (wanted.huge_pages) {
    const unsigned frames = live.frames > 0 ? live.frames : station::frames_needed(live);
    check_huge_pages(findings, std::uint64_t{frames} * live.frame_bytes);
  }
}

}  // namespace backstamp::doctor
