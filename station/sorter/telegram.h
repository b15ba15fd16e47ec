// The telegrams between station and machine, as docs/formats/sorter-telegram.md lays them out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "station/sorter.h"

namespace backstamp::station::telegram {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kHeaderBytes = 8;
inline constexpr std::size_t kMostBytes = 64;          ///< of a telegram, its header included
inline constexpr std::uint64_t kFromNow = ~0ull;       ///< Hello::last of one that wants no past
inline constexpr std::uint32_t kMostPerSecond = 5000;  ///< telegrams from one client

/// Numbers are sent: never renumber.
enum class Type : std::uint8_t {
  hello = 1,
  machine_heartbeat = 2,
  trigger = 3,
  machine = 4,
  welcome = 17,
  station_heartbeat = 18,
  decision = 19,
  state = 20,
  farewell = 21,
};

enum class Role : std::uint8_t { control = 0, listener = 1 };

/// Where numbering stands for one that was just welcomed.
enum class Numbering : std::uint8_t {
  anew = 0,     ///< another run of the station than the client knows, or it knows none
  resumed = 1,  ///< the same run: what the client has not had follows
};

/// Why the station closes a connection.
enum class Farewell : std::uint8_t {
  nonsense = 1,  ///< a telegram that follows no rule
  version = 2,
  occupied = 3,  ///< another control is connected, or no place is free
  replaced = 4,  ///< the same control has connected again
  silent = 5,
  slow = 6,  ///< it does not take what it is sent
  flood = 7,
  stopping = 8,
};
std::string_view to_string(Farewell why);

struct Hello {
  std::uint64_t session = 0;  ///< of the run that the client knows; 0: none
  std::uint64_t last = 0;     ///< the last decision of that run that it has had; 0: none
  std::uint32_t control = 0;  ///< its own number, not 0
  Role role = Role::control;
};
struct MachineHeartbeat {};
struct TriggerTelegram {
  std::uint64_t machine_piece = 0;
  std::optional<std::uint32_t> encoder;
  std::uint16_t lane = 0;
};
struct MachineTelegram {
  std::uint16_t lane = 0;
  MachineState state = MachineState::unknown;
};
struct Welcome {
  std::uint64_t session = 0;
  std::uint64_t first = 1;   ///< the sequence of the next decision that will be sent
  std::uint64_t missed = 0;  ///< how many before it the client has not had and will not get
  Numbering numbering = Numbering::anew;
  Role role = Role::control;
  std::uint16_t lanes = 0;
  std::uint16_t heartbeat_ms = 0;
  std::uint16_t silence_ms = 0;
};
struct StationHeartbeat {
  std::uint64_t newest = 0;  ///< the highest sequence so far; 0: none
};
struct Decision {
  std::uint64_t sequence = 0;
  std::uint64_t piece = 0;
  std::uint64_t machine_piece = 0;
  std::optional<std::uint32_t> encoder;
  std::uint32_t age_us = 0;            ///< since it was decided; all ones: so long or longer
  std::uint32_t since_trigger_us = 0;  ///< likewise, since its trigger
  std::uint16_t lane = 0;
  std::uint16_t outlet = 0;
  postal::Decision decision = postal::Decision::divert;
  postal::Reason reason = postal::Reason::none;
  bool late = false;
  bool sent_again = false;
};
struct State {
  VisionState state = VisionState::preoperational;
  std::uint16_t alarms = 0;  ///< standing; all ones: so many or more
};
struct FarewellTelegram {
  Farewell why = Farewell::stopping;
};

using Message = std::variant<Hello, MachineHeartbeat, TriggerTelegram, MachineTelegram, Welcome,
                             StationHeartbeat, Decision, State, FarewellTelegram>;

/// One telegram: its message and the number in its header.
struct Telegram {
  std::uint32_t number = 0;
  Message message;
};

/// How long the telegram at the front of `bytes` is: none while too little is there to tell.
/// Fails (invalid) when no telegram begins so.
Result<std::optional<std::size_t>> front_length(ByteView bytes);

/// A whole telegram, exactly. Fails (invalid): another version (`wrong_version` tells), an unknown
/// type, a wrong length, a value out of range, a spare bit that is set.
Result<Telegram> decode(ByteView whole);
bool wrong_version(ByteView whole);

/// Bytes of one telegram, on the stack.
struct Encoded {
  std::array<std::uint8_t, kMostBytes> bytes{};
  std::size_t size = 0;
  ByteView view() const { return {bytes.data(), size}; }
};
Encoded encode(const Telegram& telegram);

}  // namespace backstamp::station::telegram
