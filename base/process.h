// Child processes and orderly stops.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace backstamp {

/// A child process, killed and reaped when it goes out of scope.
class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();

  /// Starts `arguments[0]` (a path) with the arguments; `inherited` descriptors stay open under
  /// their numbers, all others but 0–2 are closed. The child dies with its parent.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                    const std::vector<int>& inherited = {});

  pid_t pid() const { return pid_; }
  bool running();
  /// Sends a signal; nothing happens when the child has gone.
  void signal(int number);
  /// Waits up to `limit`; the exit status as of waitpid, or none when it still runs.
  std::optional<int> wait_for(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// A stop source that fires on the first SIGINT or SIGTERM of this process (the second one ends
/// it at once). Call once, from main, before threads start.
std::stop_source& stop_on_signals();

/// The folder of the running program, where its sisters lie.
std::filesystem::path program_folder();

}  // namespace backstamp
