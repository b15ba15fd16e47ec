// The sorting machine's control, at the other end of the real link: tells the station of pieces,
// and keeps account of what it is told of them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/error.h"
#include "programs/simulate/stage.h"
#include "station/telegram_client.h"

namespace backstamp::simulate {

class Machine {
 public:
  /// Connects to the station's telegram port. `under_way` pieces a lane at most in a run without
  /// pacing.
  Machine(Stage& stage, std::uint16_t port, std::size_t under_way);
  ~Machine();

  /// Waits until the station says that it is ready for pieces. Fails (unavailable).
  Result<void> await_station(std::chrono::seconds limit);
  /// Begins to send what is due.
  void begin();
  /// All pieces of the plan were announced.
  bool done() const { return done_; }
  station::TelegramClientCounters counters() const { return client_->counters(); }
  std::uint64_t not_sent() const { return not_sent_; }

 private:
  void receive(const std::stop_token& stop);
  void send(const std::stop_token& stop);
  void send_paced(SteadyTime start, const std::stop_token& stop);
  void send_unpaced(const std::stop_token& stop);
  void trigger(std::size_t lane, std::size_t index);

  Stage& stage_;
  const std::size_t under_way_;
  std::unique_ptr<station::TelegramClient> client_;
  std::atomic<bool> done_{false};
  std::atomic<std::uint64_t> not_sent_{0};
  std::jthread receiver_;
  std::jthread sender_;
};

}  // namespace backstamp::simulate
