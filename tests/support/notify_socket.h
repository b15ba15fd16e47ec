// A service manager's end of sd_notify: a datagram socket, and the messages that came.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace backstamp::test {

/// Sets NOTIFY_SOCKET of this process for as long as it lives. One at a time.
class NotifySocket {
 public:
  /// At a path, or at an abstract name "@…".
  explicit NotifySocket(const std::string& name);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::string& name() const { return name_; }
  /// What came since the last call; waits for nothing.
  std::vector<std::string> take();

 private:
  std::string name_;
  UniqueFd fd_;
};

}  // namespace backstamp::test
