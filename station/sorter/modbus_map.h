// The register map of docs/formats/sorter-modbus.md: what stands in each register, and what a write
// means. Knows nothing of sockets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "station/sorter/decision_ring.h"
#include "station/sorter/modbus_frame.h"

namespace backstamp::station::modbus {

inline constexpr std::uint16_t kIdentity = 0x4253;  ///< "BS"
inline constexpr std::uint16_t kMapVersion = 1;
inline constexpr std::uint32_t kLanes = 16;  ///< that have a place in the map
inline constexpr std::size_t kLanesAt = 16;  ///< of both kinds of registers
inline constexpr std::size_t kLaneRegisters = 16;
inline constexpr std::size_t kRingAt = 512;
inline constexpr std::size_t kRingEntries = 64;
inline constexpr std::size_t kEntryRegisters = 16;
inline constexpr std::size_t kInputs = kRingAt + kRingEntries * kEntryRegisters;
inline constexpr std::size_t kHoldings = kLanesAt + kLanes * kLaneRegisters;
static_assert(kHoldings <= kRingAt);

/// What the last write into a lane's mailbox came to.
enum class Mailbox : std::uint16_t { nothing = 0, taken = 1, synchronized = 2 };

/// Decisions and states go in by any thread without waiting; all else is thread-bound to the link's
/// thread.
class Map {
 public:
  /// `run` is a number drawn for this run of the station; `lanes` at most kLanes.
  Map(std::uint32_t lanes, std::uint32_t run, std::chrono::milliseconds silence);

  void decide(const SorterDecision& decision);  ///< any thread
  void state(VisionState state) { state_.store(static_cast<std::uint16_t>(state)); }
  void alarms(std::uint32_t standing);
  std::uint64_t newest() const { return ring_.newest(); }
  std::uint64_t late() const;

  /// Whether the values of a write into holding registers may stand there; the exception, if not.
  std::optional<Exception> check(const Request& request) const;
  /// What a write that has been made means: told to `input`. `holdings` are all holding registers.
  void written(const Request& request, std::span<const std::uint16_t> holdings,
               const SorterInput& input, SteadyTime now);
  /// The control is lost: what the machine does, nobody knows.
  void forget_machines(const SorterInput& input);
  /// Whether the control's heartbeat has changed since this was asked last.
  bool heartbeat_changed();
  /// Whether the control has ever given one.
  bool has_heartbeat() const { return has_heartbeat_; }
  std::uint64_t triggers() const { return triggers_.load(); }
  /// A decision that went by without anybody having read it is dropped.
  std::uint64_t dropped() const { return dropped_.load(); }

  /// All input registers as they are now. `heartbeat` is the station's.
  void fill(std::span<std::uint16_t> inputs, std::uint16_t heartbeat, SteadyTime now) const;
  /// `request` has read these entries of the ring.
  void read(const Request& request);

 private:
  struct Lane {
    std::atomic<std::uint32_t> decisions{0};
    std::atomic<std::uint32_t> late{0};
    std::atomic<std::uint32_t> diverted{0};
    std::uint32_t triggers = 0;
    std::uint16_t counter = 0;  ///< of its mailbox, as last taken
    Mailbox mailbox = Mailbox::nothing;
    MachineState machine = MachineState::unknown;
  };
  void fill_entry(std::span<std::uint16_t> entry, std::uint64_t sequence, SteadyTime now) const;
  void take_mailbox(std::uint32_t lane, std::span<const std::uint16_t> mailbox,
                    const SorterInput& input, SteadyTime now);

  std::uint32_t lanes_;
  std::uint32_t run_;
  std::uint16_t silence_ms_;
  DecisionRing ring_;
  std::array<Lane, kLanes> lane_;
  std::atomic<std::uint16_t> state_{static_cast<std::uint16_t>(VisionState::preoperational)};
  std::atomic<std::uint16_t> alarms_{0};
  std::atomic<std::uint64_t> read_{0};  ///< the highest sequence that was read
  std::atomic<std::uint64_t> triggers_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::uint16_t heartbeat_ = 0;
  bool has_heartbeat_ = false;
  bool heartbeat_changed_ = false;
};

}  // namespace backstamp::station::modbus
