#include "programs/simulate/resources.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

namespace backstamp::simulate {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What proc(5) calls stat: the name, and the numbers after it.
struct Stat {
  std::string name;
  pid_t parent = 0;
  double own = 0;       ///< seconds
  double children = 0;  ///< of children that ended and were waited for
};

std::optional<Stat> stat_of(const fs::path& folder) {
  const std::string text = contents(folder / "stat");
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(close + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  if (fields.size() < 15) return std::nullopt;
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto seconds = [&](std::size_t field) {
    return static_cast<double>(std::strtoull(fields[field].c_str(), nullptr, 10)) / ticks;
  };
  return Stat{text.substr(open + 1, close - open - 1),
              static_cast<pid_t>(std::atoi(fields[1].c_str())), seconds(11) + seconds(12),
              seconds(13) + seconds(14)};
}

/// The processes that this one started, and theirs.
std::vector<pid_t> descendants() {
  std::multimap<pid_t, pid_t> children;
  std::error_code gone;
  for (fs::directory_iterator at("/proc", gone), end; !gone && at != end; at.increment(gone)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto stat = stat_of(at->path())) {
      children.emplace(stat->parent, static_cast<pid_t>(std::atoi(name.c_str())));
    }
  }
  std::vector<pid_t> found{::getpid()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [from, to] = children.equal_range(found[i]);
    for (auto child = from; child != to; ++child) found.push_back(child->second);
  }
  found.erase(found.begin());
  return found;
}

std::uint64_t proportional_bytes(const std::string& pid) {
  const std::string text = contents("/proc/" + pid + "/smaps_rollup");
  const std::size_t line = text.find("\nPss:");
  if (line == std::string::npos) return 0;
  return std::strtoull(text.c_str() + line + 5, nullptr, 10) * 1024;
}

}  // namespace

std::uint64_t resident_bytes() {
  std::uint64_t sum = proportional_bytes("self");
  for (const pid_t pid : descendants()) sum += proportional_bytes(std::to_string(pid));
  return sum;
}

CpuTimes cpu_times() {
  CpuTimes times;
  std::error_code gone;
  for (fs::directory_iterator at("/proc/self/task", gone), end; !gone && at != end;
       at.increment(gone)) {
    const auto stat = stat_of(at->path());
    if (!stat) continue;
    if (stat->name.starts_with("sim-")) {
      times.simulation += stat->own;
    } else {
      times.threads[stat->name] += stat->own;
    }
  }
  if (const auto whole = stat_of("/proc/self")) {
    times.station = std::max(0.0, whole->own - times.simulation);  // with threads that ended
    times.workers = whole->children;
  }
  for (const pid_t pid : descendants()) {
    const auto stat = stat_of("/proc/" + std::to_string(pid));
    if (!stat) continue;
    // The kernel keeps fifteen letters of a name.
    const bool camera = stat->name.starts_with("backstamp-fake");
    (camera ? times.simulation : times.workers) += stat->own;
  }
  return times;
}

CpuTimes operator-(const CpuTimes& end, const CpuTimes& begin) {
  CpuTimes spent = end;
  spent.simulation -= begin.simulation;
  spent.station -= begin.station;
  spent.workers -= begin.workers;
  for (auto& [name, seconds] : spent.threads) {
    if (const auto before = begin.threads.find(name); before != begin.threads.end()) {
      seconds = std::max(0.0, seconds - before->second);
    }
  }
  return spent;
}

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace backstamp::simulate
