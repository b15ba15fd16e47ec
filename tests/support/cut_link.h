// A link between two ends of TCP that a test may cut and stall at any byte.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/file.h"

namespace backstamp::test {

/// Listens on a port of its own and passes on what comes to 127.0.0.1:`to`, one connection at a
/// time; a new one takes the place of the old one.
class CutLink {
 public:
  explicit CutLink(std::uint16_t to);
  ~CutLink();
  std::uint16_t port() const { return port_; }

  /// Ends the connection that there is, both ways, whatever is on its way: with a reset (what a
  /// machine that restarts sends) or in order.
  void cut(bool reset);
  /// Ends the connection after `bytes` more have come from the station: in the middle of a
  /// telegram.
  void cut_after(std::size_t bytes);
  /// While down, connections are taken and ended at once.
  void down(bool is) { down_ = is; }
  /// While stalled, nothing passes, and nobody is told: a pulled cable.
  void stall(bool is) { stalled_ = is; }
  std::uint64_t connections() const { return connections_; }

 private:
  void run();
  void pass(int from, int to, bool from_station);
  void end(bool reset);

  std::uint16_t to_;
  std::uint16_t port_ = 0;
  UniqueFd listener_;
  UniqueFd machine_;
  UniqueFd station_;
  std::atomic<bool> stop_{false};
  std::atomic<int> cut_{0};  ///< 1: in order, 2: with a reset
  std::atomic<std::int64_t> after_{-1};
  std::atomic<bool> down_{false};
  std::atomic<bool> stalled_{false};
  std::atomic<std::uint64_t> connections_{0};
  std::thread thread_;
};

}  // namespace backstamp::test
