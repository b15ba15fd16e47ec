// The machine's end of the sorter telegram (docs/formats/sorter-telegram.md): the reference client,
// for simulations, tests, and whoever writes one for a control.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "station/sorter.h"

namespace backstamp::station {

struct TelegramClientOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 7600;
  std::chrono::milliseconds heartbeat{500};
  std::chrono::milliseconds silence{2000};
};

/// A decision as the machine gets it.
struct TelegramDecision {
  std::uint64_t sequence = 0;       ///< of this station's run, from 1, without gaps
  SorterDecision decision;          ///< `decided` is when it was received here
  std::chrono::microseconds age{};  ///< how old it was when it was sent
};

struct TelegramClientCounters {
  std::uint64_t connections = 0;
  std::uint64_t received = 0;
  std::uint64_t repeated = 0;  ///< arrived again after a reconnection, and left out
  std::uint64_t missed = 0;    ///< the station no longer had them
};

/// Connects, and connects again, on a thread of its own. Thread-safe.
class TelegramClient {
 public:
  explicit TelegramClient(TelegramClientOptions options);
  ~TelegramClient();

  /// Queued for sending; false while there is no link (the machine then knows by itself what its
  /// fallback is).
  bool trigger(const Trigger& trigger);
  bool machine(std::uint32_t lane, MachineState state);
  /// The next decision, each once, in order; none when `limit` passes.
  std::optional<TelegramDecision> next(std::chrono::milliseconds limit);
  bool connected() const;
  std::optional<VisionState> station_state() const;  ///< as last told
  TelegramClientCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
