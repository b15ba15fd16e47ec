// The data center's end of the uplink.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "postal/event.h"
#include "uplink/curve_keys.h"
#include "uplink/key_exchange.h"

namespace backstamp::uplink {

/// Events of one station and epoch, in order and without gaps, not necessarily new.
struct EventBatch {
  std::string station;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;
  std::vector<postal::ScanEvent> events;
};

/// Stores a batch (skipping what it has) and, when it is on stable storage, returns the highest
/// sequence up to which the store holds everything of this station and epoch: what is
/// acknowledged. An Error is not acknowledged; the station sends again.
using StoreBatch = std::function<Result<std::uint64_t>(const EventBatch&)>;

struct ReceiverOptions {
  std::string endpoint = "tcp://127.0.0.1:0";  ///< port 0: any free one
  CurveKeyPair keys;
  AllowList allowed;
  std::optional<PublishedKeys> published;  ///< absent: stations are told neither keys nor time
};

struct ReceiverCounters {
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t refused_handshakes = 0;  ///< not in the list, no CURVE, or broken off half-way
  std::uint64_t malformed = 0;           ///< not a message, wrong version, out of range
  std::uint64_t oversized = 0;
  std::uint64_t impostors = 0;  ///< a station that speaks as another
  std::uint64_t gaps = 0;       ///< batches that began beyond what is stored
  std::uint64_t keys_sent = 0;  ///< bundles and deltas
};

/// Owns one ROUTER socket on a thread of its own; `store` is called from that thread and must not
/// throw. While it works no handshake is answered: it should return within seconds.
class Receiver {
 public:
  static Result<Receiver> start(ReceiverOptions options, StoreBatch store);
  std::string endpoint() const;  ///< with the real port
  /// Sends every connected station what it lacks now, without waiting until it asks.
  void publish();
  ReceiverCounters counters() const;

  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

 private:
  struct Impl;
  explicit Receiver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::uplink
