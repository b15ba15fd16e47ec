#include "station/sorter/lines_link.h"

#include <poll.h>

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

/// Pulses that wait for their line; a belt with more than that waiting has other troubles.
constexpr std::size_t kWaiting = 64;
constexpr unsigned kMostLine = 31;

bool relied_on(VisionState state) {
  return state == VisionState::ready || state == VisionState::continuous_execution;
}

}  // namespace

LinesLink::LinesLink(const DiscreteConfig& config, std::unique_ptr<DiscreteLines> lines,
                     SorterInput input, AlarmSink alarms, Bell bell)
    : config_(config),
      lines_(std::move(lines)),
      input_(std::move(input)),
      bell_(std::move(bell)),
      ring_(kWaiting),
      source_("lines/" + std::to_string(config.lane + 1)),
      alarms_(std::move(alarms)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LinesLink::~LinesLink() {
  thread_.request_stop();
  bell_.ring();
}

void LinesLink::decide(const SorterDecision& decision) {
  if (decision.lane != config_.lane) return;
  decisions_.fetch_add(1, std::memory_order_relaxed);
  if (decision.late) late_.fetch_add(1, std::memory_order_relaxed);
  if (decision.decision != postal::Decision::divert) return;
  ring_.push(decision);
  bell_.ring();
}

void LinesLink::state(VisionState state) {
  ready_.store(relied_on(state));
  bell_.ring();
}

SorterCounters LinesLink::counters() const {
  SorterCounters counters;
  counters.decisions = decisions_.load();
  counters.late = late_.load();
  counters.triggers = triggers_.load();
  counters.links_lost = links_lost_.load();
  counters.dropped = dropped_.load();
  counters.up = up_.load();
  return counters;
}

void LinesLink::run(const std::stop_token& stop) {
  set(config_.divert_line, false);
  while (!stop.stop_requested()) {
    pollfd rung{bell_.fd(), POLLIN, 0};
    ::poll(&rung, 1, 1);
    bell_.clear();
    const SteadyTime now = std::chrono::steady_clock::now();
    ok_ = true;
    look(now);
    drive(now);
    if (!ok_ || !failed_) continue;
    failed_ = false;
    up_.store(true);
    if (alarms_) alarms_({"sorter-lost", source_, false, "the lines answer again", ""});
  }
  // Nobody may take for reliable what no longer is.
  static_cast<void>(lines_->set(config_.ready_line, false));
  static_cast<void>(lines_->set(config_.divert_line, false));
}

/// Inputs: a rising edge of the trigger is a piece; the others are the state of the machine.
void LinesLink::look(SteadyTime now) {
  const auto read = lines_->inputs();
  if (!read) return failed(read.error());
  if (!failed_) up_.store(true);
  const auto high = [](std::uint32_t lines, unsigned line) { return (lines >> line & 1) != 0; };
  const bool first = !inputs_;
  const std::uint32_t before = inputs_.value_or(0);
  inputs_ = *read;
  // What is high when the station comes up began before it.
  if (!first && high(*read, config_.trigger_input) && !high(before, config_.trigger_input)) {
    triggers_.fetch_add(1, std::memory_order_relaxed);
    if (input_.on_trigger) input_.on_trigger({config_.lane, 0, std::nullopt, now});
  }
  const auto state_of = [&](std::uint32_t lines) {
    if (high(lines, config_.jam_input)) return MachineState::jammed;
    return high(lines, config_.running_input) ? MachineState::running : MachineState::stopped;
  };
  if ((first || state_of(*read) != state_of(before)) && input_.on_machine) {
    input_.on_machine(config_.lane, state_of(*read));
  }
}

void LinesLink::drive(SteadyTime now) {
  const bool ready = ready_.load();
  if (ready_high_ != ready) {
    set(config_.ready_line, ready);
    if (ok_) ready_high_ = ready;
  }
  if (divert_high_ && now >= until_) {
    set(config_.divert_line, false);
    if (!ok_) return;
    divert_high_ = false;
    until_ = now + config_.pulse / 2;
  }
  if (!divert_high_ && now >= until_) next_pulse(now);
}

/// The next piece that can still be diverted. A line cannot say that it is late: for a piece whose
/// time has passed there is no pulse, which would divert another one.
void LinesLink::next_pulse(SteadyTime now) {
  SorterDecision decision;
  for (;; ++cursor_) {
    const DecisionRing::Found found = ring_.read(cursor_, decision);
    if (found == DecisionRing::Found::not_yet) return;
    const bool late = decision.late || (decision.due != SteadyTime{} && now > decision.due);
    if (found == DecisionRing::Found::yes && !late) break;
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  set(config_.divert_line, true);
  if (!ok_) return;
  ++cursor_;
  divert_high_ = true;
  until_ = now + config_.pulse;
}

void LinesLink::set(unsigned line, bool high) {
  if (const auto done = lines_->set(line, high); !done) failed(done.error());
}

void LinesLink::failed(const Error& error) {
  ok_ = false;
  if (failed_) return;
  failed_ = true;
  up_.store(false);
  ready_high_.reset();
  links_lost_.fetch_add(1, std::memory_order_relaxed);
  if (!alarms_) return;
  alarms_({"sorter-lost", source_, true, "the lines do not answer: " + error.message,
           "Until they do, " + config_.fallback + ". Look at the card and its driver."});
}

Result<std::unique_ptr<SorterLink>> drive_lines(const DiscreteConfig& config,
                                                std::unique_ptr<DiscreteLines> lines,
                                                SorterInput input, AlarmSink alarms) {
  for (const unsigned line : {config.divert_line, config.ready_line, config.trigger_input,
                              config.running_input, config.jam_input}) {
    if (line > kMostLine) return fail(ErrorKind::invalid, "lines: there are 0 to 31");
  }
  if (!lines || config.divert_line == config.ready_line || config.pulse < 1ms) {
    return fail(ErrorKind::invalid, "lines: two outputs and a pulse of 1 ms are wanted");
  }
  auto bell = Bell::make();
  if (!bell) return fail("lines", bell.error());
  return std::make_unique<LinesLink>(config, std::move(lines), std::move(input), std::move(alarms),
                                     std::move(*bell));
}

}  // namespace backstamp::station
