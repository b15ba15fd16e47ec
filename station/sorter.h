// What the station and the sorting machine tell each other: decisions out, triggers and the state
// of the machine in. Forms: Modbus TCP (docs/formats/sorter-modbus.md), a telegram over TCP
// (docs/formats/sorter-telegram.md), discrete lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/yaml.h"
#include "postal/verdict.h"

namespace backstamp::station {

/// The machine says that a piece is there.
struct Trigger {
  std::uint32_t lane = 0;           ///< from 0, in the order of the configuration
  std::uint64_t machine_piece = 0;  ///< the machine's own number of the piece; 0: none given
  std::optional<std::uint32_t>
      encoder;      ///< its counter of belt travel, raw: it wraps, it may go back
  SteadyTime at{};  ///< when the station heard of it
};

/// What the machine says of itself (and of one lane).
enum class MachineState : std::uint8_t { unknown, stopped, running, jammed };

/// What the station says of itself, by the names and state numbers of OPC 40100-1, tables 82
/// (VisionStateMachineType) and 97 (VisionAutomaticModeStateMachineType). Its state 4, Operational,
/// is 5 to 8 taken together and is never sent. Numbers are sent: never renumber.
enum class VisionState : std::uint8_t {
  preoperational = 1,        ///< starting, or not configured
  halted = 2,                ///< draining or stopped
  error = 3,                 ///< cannot decide; see its alarms
  initialized = 5,           ///< operational: a lane without cameras ready yet
  ready = 6,                 ///< operational: waiting for pieces
  single_execution = 7,      ///< not used by a line
  continuous_execution = 8,  ///< operational: pieces flow
};
std::string_view to_string(VisionState state);   ///< "Preoperational", "ContinuousExecution"
std::string_view to_string(MachineState state);  ///< "unknown", "stopped", "running", "jammed"

/// What is told of one piece.
struct SorterDecision {
  std::uint32_t lane = 0;
  std::uint64_t piece = 0;               ///< the station's number
  std::uint64_t machine_piece = 0;       ///< the machine's own, given back; 0: it gave none
  std::optional<std::uint32_t> encoder;  ///< at its trigger, as it came
  postal::Decision decision = postal::Decision::divert;
  postal::Reason reason = postal::Reason::no_read;
  std::uint16_t outlet = 0;  ///< of the sort plan; 0: none is planned
  bool late = false;         ///< after the time at which the sorter had to know
  /// When the sorter has to know; what a link sends after it goes out marked late, however it was
  /// decided. The clock's epoch: not told, `late` alone counts.
  SteadyTime due{};
  SteadyTime triggered{};
  SteadyTime decided{};
};

/// Told of each decision; never waits, never fails: a link that is down keeps what its form can
/// keep and raises an alarm.
class Sorter {
 public:
  virtual ~Sorter() = default;
  virtual void decide(const SorterDecision& decision) = 0;  ///< any thread
  virtual void state(VisionState state) = 0;                ///< any thread
  /// How many alarms stand at the station: shown to the machine. Any thread.
  virtual void alarms(std::uint32_t standing) { static_cast<void>(standing); }
};

/// What comes in; called by the link's own thread; must return at once. Lanes are in range.
struct SorterInput {
  std::function<void(const Trigger&)> on_trigger;
  /// `unknown` when the control is lost.
  std::function<void(std::uint32_t lane, MachineState)> on_machine;
};

/// What the machine does while it hears nothing from the station: the post's choice, made at the
/// machine's control; it stands in the alarm.
inline constexpr std::string_view kFallback = "the machine diverts every piece";

struct ModbusConfig {
  std::string address = "127.0.0.1";  ///< numeric; IPv4
  std::uint16_t port = 1502;
  std::chrono::milliseconds silence{2000};  ///< a client that asks nothing for so long is lost
  std::string fallback{kFallback};
};

struct TelegramConfig {
  std::string address = "127.0.0.1";  ///< numeric; IPv4
  std::uint16_t port = 7600;          ///< 0: any that is free
  std::chrono::milliseconds heartbeat{500};
  std::chrono::milliseconds silence{2000};  ///< nothing heard for so long: the link is lost
  std::size_t keep = 4096;  ///< decisions kept for a client that comes back; 64 to 65536
  std::string fallback{kFallback};
};

/// Lines that are high or low: a card, a remote input/output station, a test.
class DiscreteLines {
 public:
  virtual ~DiscreteLines() = default;
  virtual Result<void> set(unsigned line, bool high) = 0;
  virtual Result<std::uint32_t> inputs() = 0;  ///< bit n: line n
};

struct DiscreteConfig {
  std::uint32_t lane = 0;
  std::string chip;          ///< a GPIO character device, "/dev/gpiochip0"; for open_gpio
  bool active_low = false;   ///< of all its lines; for open_gpio
  unsigned divert_line = 0;  ///< pulsed once for every piece of the lane that is to be diverted
  unsigned ready_line = 1;   ///< high while decisions can be relied on
  unsigned trigger_input = 2;
  unsigned running_input = 3;
  unsigned jam_input = 4;
  /// So long the line is high for a piece; half as long it is low before the next pulse.
  std::chrono::milliseconds pulse{20};
  std::string fallback{kFallback};
};

/// What a link has seen. Counted, never reset.
struct SorterCounters {
  std::uint64_t decisions = 0;
  std::uint64_t late = 0;
  std::uint64_t triggers = 0;
  std::uint64_t nonsense = 0;  ///< messages that follow no grammar
  std::uint64_t links_lost = 0;
  std::uint64_t repeated = 0;  ///< telegrams sent again after a reconnection
  std::uint64_t dropped = 0;   ///< decisions that nobody came for in time: no longer kept
  bool up = false;             ///< a client is there and speaks
};

class SorterLink : public Sorter {
 public:
  virtual SorterCounters counters() const = 0;
  virtual std::uint16_t port() const = 0;  ///< that it serves on; 0 for discrete lines
};

/// Serve a machine's control from a thread of their own until they are destroyed. Alarms are
/// "sorter-lost" and "sorter-nonsense" with the form ("telegram", "modbus", "lines/2") as source.
/// Fail: io (the address is in use), invalid.
Result<std::unique_ptr<SorterLink>> serve_modbus(const ModbusConfig& config, std::uint32_t lanes,
                                                 SorterInput input, AlarmSink alarms);
Result<std::unique_ptr<SorterLink>> serve_telegram(const TelegramConfig& config,
                                                   std::uint32_t lanes, SorterInput input,
                                                   AlarmSink alarms);
/// Decisions of `config.lane` alone; a late one gives no pulse: its piece has gone by.
Result<std::unique_ptr<SorterLink>> drive_lines(const DiscreteConfig& config,
                                                std::unique_ptr<DiscreteLines> lines,
                                                SorterInput input, AlarmSink alarms);
/// Lines of a Linux GPIO character device, by the offsets that `config` names. Untried on
/// hardware. Fails: io.
Result<std::unique_ptr<DiscreteLines>> open_gpio(const DiscreteConfig& config);

/// Tells all of several; each has its own counters. None: tells nobody. Borrowed links outlive it.
std::unique_ptr<Sorter> all_of(std::vector<Sorter*> links);

/// The section `sorter` of a station's configuration (docs/formats/station-config.md).
struct SorterConfig {
  std::optional<ModbusConfig> modbus;
  std::optional<TelegramConfig> telegram;
  std::vector<DiscreteConfig> discrete;  ///< one a lane at most
  std::string fallback{kFallback};       ///< of all of them
};
SorterConfig read_sorter(yaml::Section section);

/// The links that are configured, in the order telegram, Modbus, lines.
struct SorterLinks {
  struct Named {
    std::string name;  ///< "telegram", "modbus", "lines/2"
    std::unique_ptr<SorterLink> link;
  };
  std::vector<Named> links;
  std::unique_ptr<Sorter> all;  ///< tells each of them
};
/// Fails as the first that does not come up.
Result<SorterLinks> serve_sorter(const SorterConfig& config, std::uint32_t lanes,
                                 const SorterInput& input, const AlarmSink& alarms);

}  // namespace backstamp::station
