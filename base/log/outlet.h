// Where a log's bytes go, without waiting for a reader longer than a moment.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace backstamp::log {

/// Thread-bound.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// One entry, whole or not at all, but for a stream whose reader goes away in the middle. Fails:
  /// timeout (the reader does not read), io.
  virtual Result<void> write(const std::string& entry, SteadyTime deadline) = 0;
};

/// Datagrams to journald; what is too big for one goes in a sealed memfd. Fails: unavailable.
Result<std::unique_ptr<Outlet>> open_journal(const std::filesystem::path& socket);

/// Lines to a descriptor (borrowed): a file, a terminal, a pipe or a socket. The descriptor is
/// shared with others and stays as it is: a pipe is opened anew to be written without waiting.
std::unique_ptr<Outlet> open_stream(int descriptor);

}  // namespace backstamp::log
