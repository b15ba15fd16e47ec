// How keys and the time travel beside the events: what each end of the uplink is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "uplink/envelope.h"

namespace backstamp::uplink {

/// What became of keys that were brought to a station.
enum class KeysTaken {
  taken,       ///< they are in force
  refused,     ///< not newer, or not rightly signed; they are not asked for again at once
  want_whole,  ///< a delta for other keys than those that are held
};

/// The station's end. The sender calls these from its thread and nothing else meanwhile; they must
/// not throw and should return within seconds.
struct StationKeys {
  std::function<KeysHeldMessage()> held;
  /// A bundle or a delta, whole.
  std::function<KeysTaken(const Bytes& file)> take_keys;
  std::function<void(const Bytes& statement)> take_time;
};

/// A bundle or a delta on its way to a station.
struct KeysToSend {
  std::uint64_t sequence = 0;  ///< of the bundle that it makes
  std::shared_ptr<const Bytes> file;
};

/// The data center's end. The receiver calls these from its thread; they must not throw.
struct PublishedKeys {
  /// What a station that holds these keys lacks; none when it lacks nothing.
  std::function<std::optional<KeysToSend>(const std::string& station, const KeysHeldMessage& held)>
      lacking;
  /// A statement of the time, signed just now; empty when there is none.
  std::function<Bytes()> time;
};

}  // namespace backstamp::uplink
