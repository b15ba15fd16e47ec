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
#include <vector>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/error.h"
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

/// What the station says of itself: the names of OPC 40100-1, 8.3 (VisionStateMachineType and
/// VisionAutomaticModeStateMachineType). Numbers are sent: never renumber.
enum class VisionState : std::uint8_t {
  preoperational = 0,        ///< starting, or not configured
  halted = 1,                ///< draining or stopped
  error = 2,                 ///< cannot decide; see its alarms
  initialized = 3,           ///< operational: a lane without cameras ready yet
  ready = 4,                 ///< operational: waiting for pieces
  single_execution = 5,      ///< not used by a line
  continuous_execution = 6,  ///< operational: pieces flow
};
std::string_view to_string(VisionState state);  ///< "Preoperational", "ContinuousExecution"

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
};

/// What comes in; called by the link's own thread; must return at once.
struct SorterInput {
  std::function<void(const Trigger&)> on_trigger;
  std::function<void(std::uint32_t lane, MachineState)> on_machine;
};

struct ModbusConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 1502;
  std::chrono::milliseconds silence{2000};  ///< a client that asks nothing for so long is lost
};

struct TelegramConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 7600;
  std::chrono::milliseconds heartbeat{500};
  std::chrono::milliseconds silence{2000};  ///< nothing heard for so long: the link is lost
  std::size_t keep = 4096;                  ///< decisions kept for a client that comes back
};

/// Lines that are high or low: a card, a remote input/output station, a test.
class DiscreteLines {
 public:
  virtual ~DiscreteLines() = default;
  virtual Result<void> set(unsigned line, bool high) = 0;
  virtual Result<std::uint32_t> inputs() = 0;  ///< bit n: line n
};

struct DiscreteConfig {
  unsigned divert_line = 0;  ///< high while the last piece of the lane is to be diverted
  unsigned ready_line = 1;   ///< high while decisions can be relied on
  unsigned trigger_input = 0;
  unsigned running_input = 1;
  unsigned jam_input = 2;
  std::chrono::milliseconds pulse{20};
};

/// What a link has seen. Counted, never reset.
struct SorterCounters {
  std::uint64_t decisions = 0;
  std::uint64_t late = 0;
  std::uint64_t triggers = 0;
  std::uint64_t nonsense = 0;  ///< messages that follow no grammar
  std::uint64_t links_lost = 0;
  std::uint64_t repeated = 0;  ///< telegrams sent again after a reconnection
  std::uint64_t dropped = 0;   ///< decisions that no client came for in time
  bool up = false;             ///< a client is there and speaks
};

class SorterLink : public Sorter {
 public:
  virtual SorterCounters counters() const = 0;
  virtual std::uint16_t port() const = 0;  ///< that it serves on; 0 for discrete lines
};

/// Fail: io (the address is in use), invalid. `source` names the link in alarms.
Result<std::unique_ptr<SorterLink>> serve_modbus(const ModbusConfig& config, std::uint32_t lanes,
                                                 SorterInput input, AlarmSink alarms);
Result<std::unique_ptr<SorterLink>> serve_telegram(const TelegramConfig& config,
                                                   std::uint32_t lanes, SorterInput input,
                                                   AlarmSink alarms);
Result<std::unique_ptr<SorterLink>> drive_lines(const DiscreteConfig& config, std::uint32_t lane,
                                                std::unique_ptr<DiscreteLines> lines,
                                                SorterInput input, AlarmSink alarms);

}  // namespace backstamp::station
