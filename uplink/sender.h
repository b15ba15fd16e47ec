// Carries the spool to the data center: at least once on the wire, exactly once in effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "uplink/curve_keys.h"
#include "uplink/event_log.h"
#include "uplink/key_exchange.h"

namespace backstamp::uplink {

struct SenderOptions {
  std::string endpoint;             ///< "tcp://host:port" of the data center
  CurveKeyPair keys;                ///< this station's
  std::string server_public_key;    ///< Z85
  std::size_t window_messages = 8;  ///< unacknowledged messages in flight
  std::chrono::milliseconds resend_after{2000};
  std::optional<StationKeys> station_keys;  ///< absent: keys and the time are not asked for
  std::chrono::milliseconds tell_keys_every{30'000};
};

enum class LinkState { connecting, connected, refused, down };

struct SenderStatus {
  LinkState state = LinkState::connecting;
  std::string detail;              ///< for people: "the data center does not know this key"
  std::uint64_t sent_events = 0;   ///< on the wire, resends included
  std::uint64_t acknowledged = 0;  ///< cumulative sequence
  std::uint64_t resends = 0;
};

/// One thread that owns one DEALER socket. `log` must outlive it.
class Sender {
 public:
  static Result<Sender> start(SenderOptions options, EventLog& log);
  SenderStatus status() const;
  /// Waits until everything committed is acknowledged, or `limit` passes; true when it is.
  bool drain(std::chrono::milliseconds limit);

  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();

 private:
  struct Impl;
  explicit Sender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::uplink
