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
  std::uint32_t control = 1;  ///< its own number, not 0: by it the station knows it again
  bool listen = false;        ///< takes part without controlling: sends no triggers
};

/// A decision as the machine gets it.
struct TelegramDecision {
  std::uint64_t sequence = 0;       ///< of this station's run, from 1, without gaps
  SorterDecision decision;          ///< `decided` is when it was received here
  std::chrono::microseconds age{};  ///< how old it was when it was sent
  /// From the trigger to the sending: what the machine holds against the way to its diverter.
  std::chrono::microseconds since_trigger{};
  bool sent_again = false;  ///< it may have been on its way before: over a link that was cut
};

struct TelegramClientCounters {
  std::uint64_t connections = 0;
  std::uint64_t received = 0;
  std::uint64_t repeated = 0;  ///< arrived although it had arrived before, and left out
  std::uint64_t missed = 0;    ///< the station no longer had them
  std::uint64_t restarts = 0;  ///< the station's run became another one: numbers began anew
  std::uint64_t nonsense = 0;  ///< what the station sent did not follow the document
};

/// Connects, and connects again, on a thread of its own. Thread-safe.
class TelegramClient {
 public:
  explicit TelegramClient(TelegramClientOptions options);
  ~TelegramClient();

  /// Queued for sending; false while there is no link (the machine then knows by itself what its
  /// fallback is).
  bool trigger(const Trigger& trigger);
  /// Told again by itself after each reconnection.
  bool machine(std::uint32_t lane, MachineState state);
  /// The next decision, each once, in order; none when `limit` passes.
  std::optional<TelegramDecision> next(std::chrono::milliseconds limit);
  bool connected() const;
  std::optional<VisionState> station_state() const;  ///< as last told
  std::uint32_t station_alarms() const;              ///< standing, as last told
  TelegramClientCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
