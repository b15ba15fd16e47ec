// A wire between the machine and the station that can be cut: a relay on the loopback, through
// which the link goes when a simulation is to break it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "programs/simulate/stage.h"

namespace backstamp::simulate {

/// Breaks the link as the plan says: a cut closes both ends and lets nobody connect until it is
/// over; in a silence the ends stay open and nothing passes; nonsense is bytes of no telegram, put
/// into what the machine sends. Tells the ledger when. Owns a thread.
class Relay {
 public:
  /// Listens on a port of its own. Fails (io).
  static Result<std::unique_ptr<Relay>> open(Stage& stage, std::uint16_t station_port);
  ~Relay();
  std::uint16_t port() const { return port_; }

 private:
  Relay(Stage& stage, int listener, std::uint16_t port, std::uint16_t station_port);
  void run(const std::stop_token& stop);
  void keep_to_plan(SteadyTime start);
  void take_machine();
  void drop();
  static bool pass(int from, int to);

  Stage& stage_;
  const int listener_;
  const std::uint16_t port_;
  const std::uint16_t station_port_;
  int machine_ = -1;
  int station_ = -1;
  std::size_t next_ = 0;  ///< of the plan's faults
  SteadyTime cut_until_{};
  SteadyTime silent_until_{};
  std::jthread thread_;  // last: it uses the members above
};

}  // namespace backstamp::simulate
