#include "station/sorter/modbus_map.h"

#include "link_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::station::modbus;
using namespace backstamp::test;

struct Registers {
  Map map{4, 0xA1B2C3D4, 2000ms};
  std::vector<std::uint16_t> inputs = std::vector<std::uint16_t>(kInputs);
  std::vector<std::uint16_t> holdings = std::vector<std::uint16_t>(kHoldings);
  Told told;

  void fill() { map.fill(inputs, 7, std::chrono::steady_clock::now()); }
  std::uint32_t input32(std::size_t at) const {
    return std::uint32_t{inputs[at]} << 16 | inputs[at + 1];
  }
  static std::size_t entry(std::uint64_t sequence) { return kRingAt + (sequence - 1) % 64 * 16; }
  /// What a client writes, as the library would have done it; the exception, if it is refused.
  std::optional<Exception> write(std::uint16_t address, const std::vector<std::uint16_t>& values) {
    Bytes bytes;
    for (const std::uint16_t value : values) {
      bytes.push_back(static_cast<std::uint8_t>(value >> 8));
      bytes.push_back(static_cast<std::uint8_t>(value));
    }
    const Request request{Function::write_multiple, address,
                          static_cast<std::uint16_t>(values.size()), bytes};
    if (const auto refused = map.check(request)) return refused;
    std::copy(values.begin(), values.end(), holdings.begin() + address);
    map.written(request, holdings, told.input(), std::chrono::steady_clock::now());
    return std::nullopt;
  }
};

}  // namespace

TEST_CASE("what the station is stands in the first registers") {
  Registers registers;
  registers.map.state(VisionState::ready);
  registers.map.alarms(3);
  registers.fill();
  CHECK(registers.inputs[0] == 0x4253);
  CHECK(registers.inputs[1] == 1);
  CHECK(registers.inputs[2] == 6);
  CHECK(registers.inputs[3] == 7);
  CHECK(registers.inputs[4] == 3);
  CHECK(registers.inputs[5] == 4);
  CHECK(registers.input32(6) == 0xA1B2C3D4);
  CHECK(registers.input32(8) == 0);
  CHECK(registers.input32(10) == 0);
  CHECK(registers.inputs[12] == 2000);
}

TEST_CASE("the last 64 decisions stand in the ring, each with its sequence twice") {
  Registers registers;
  for (std::uint64_t piece = 1; piece <= 100; ++piece) registers.map.decide(decision_of(piece));
  registers.fill();
  CHECK(registers.input32(8) == 100);
  CHECK(registers.input32(10) == 37);
  for (std::uint64_t sequence = 37; sequence <= 100; ++sequence) {
    const std::size_t at = Registers::entry(sequence);
    const SorterDecision wanted = decision_of(sequence);
    CHECK(registers.input32(at) == sequence);
    CHECK(registers.input32(at + 14) == sequence);
    CHECK(registers.inputs[at + 2] == wanted.lane);
    CHECK(registers.input32(at + 3) == wanted.piece);
    CHECK(registers.input32(at + 5) == wanted.machine_piece);
    CHECK(registers.input32(at + 7) == wanted.encoder.value_or(0));
    CHECK((registers.inputs[at + 9] & 1) == static_cast<int>(wanted.decision));
    CHECK((registers.inputs[at + 9] >> 1 & 1) == (wanted.late ? 1 : 0));
    CHECK((registers.inputs[at + 9] >> 2) == (wanted.encoder ? 1 : 0));
    CHECK(registers.inputs[at + 10] == static_cast<int>(wanted.reason));
    CHECK(registers.inputs[at + 11] == wanted.outlet);
    CHECK(registers.inputs[at + 13] >= 20);
  }
  // 100 decisions on four lanes, every fifth of them late and every second to be diverted.
  const std::size_t lane = 16 + 16;
  CHECK(registers.input32(lane) == 25);
  CHECK(registers.input32(lane + 2) == 25);
  CHECK(registers.input32(lane + 4) == 5);
}

TEST_CASE("a decision that is read after the sorter had to know reads as late") {
  Registers registers;
  SorterDecision decision = decision_of(1);
  decision.due = decision.decided + 1ms;
  registers.map.decide(decision);
  const auto late_at = [&](SteadyTime time) {
    registers.map.fill(registers.inputs, 0, time);
    return (registers.inputs[Registers::entry(1) + 9] & 2) != 0;
  };
  CHECK_FALSE(late_at(decision.decided + 1ms));
  CHECK(late_at(decision.decided + 2ms));
  CHECK(registers.inputs[Registers::entry(1) + 12] == 2);
  registers.map.fill(registers.inputs, 0, decision.decided + 24h);
  CHECK(registers.inputs[Registers::entry(1) + 12] == 65535);
}

TEST_CASE("decisions that nobody reads before they are written over are counted") {
  Registers registers;
  for (std::uint64_t piece = 1; piece <= 70; ++piece) registers.map.decide(decision_of(piece));
  CHECK(registers.map.dropped() == 6);
  // One whole entry, the newest: all before it count as read.
  registers.map.read(
      {Function::read_input, static_cast<std::uint16_t>(Registers::entry(70)), 16, {}});
  for (std::uint64_t piece = 71; piece <= 134; ++piece) registers.map.decide(decision_of(piece));
  CHECK(registers.map.dropped() == 6);
  registers.map.decide(decision_of(135));
  CHECK(registers.map.dropped() == 7);
}

TEST_CASE("a counter that is the next one is a trigger, any other is where counting goes on") {
  Registers registers;
  const auto counter = [&](std::uint16_t value) {
    const std::size_t before = registers.told.triggers().size();
    CHECK_FALSE(registers.write(17 + 16, {1, 0, 501, 0xEE6B, 0x2800, value}).has_value());
    return registers.told.triggers().size() - before;
  };
  CHECK(counter(57) == 0);  // a control that was there before the station
  registers.fill();
  CHECK(registers.inputs[32 + 8] == 57);
  CHECK(registers.inputs[32 + 9] == 2);
  CHECK(counter(57) == 0);
  CHECK(counter(58) == 1);
  CHECK(counter(58) == 0);
  CHECK(counter(60) == 0);
  CHECK(counter(0xFFFF) == 0);
  CHECK(counter(0) == 0);
  CHECK(counter(1) == 1);
  CHECK(counter(0xFFFF) == 0);
  CHECK(counter(1) == 1);
  const Trigger trigger = registers.told.triggers().at(0);
  CHECK(trigger.lane == 1);
  CHECK(trigger.machine_piece == 501);
  CHECK(trigger.encoder == 4'000'000'000u);
  registers.fill();
  CHECK(registers.inputs[32 + 8] == 1);
  CHECK(registers.inputs[32 + 9] == 1);
  CHECK(registers.input32(32 + 6) == 3);
  CHECK(registers.map.triggers() == 3);
}

TEST_CASE("registers written one by one give the same trigger, and without a flag no encoder") {
  Registers registers;
  for (const auto& [address, value] : std::vector<std::pair<std::uint16_t, std::uint16_t>>{
           {17, 0}, {18, 1}, {19, 2}, {20, 3}, {21, 4}, {22, 1}}) {
    CHECK(registers.told.triggers().empty());
    CHECK_FALSE(registers.write(address, {value}).has_value());
  }
  REQUIRE(registers.told.triggers().size() == 1);
  CHECK(registers.told.triggers()[0].machine_piece == 65'538);
  CHECK_FALSE(registers.told.triggers()[0].encoder.has_value());
}

TEST_CASE("the machine's state is told when it changes, and only known ones may stand there") {
  Registers registers;
  CHECK_FALSE(registers.write(16, {2}).has_value());
  CHECK_FALSE(registers.write(16, {2}).has_value());
  CHECK_FALSE(registers.write(16 + 48, {3}).has_value());
  CHECK(registers.write(16, {4}) == Exception::value);
  CHECK(registers.write(17, {2}) == Exception::value);
  const auto told = registers.told.machine();
  REQUIRE(told.size() == 2);
  CHECK(told[0] == std::pair{0u, MachineState::running});
  CHECK(told[1] == std::pair{3u, MachineState::jammed});
}

TEST_CASE("registers that are not for writing are not written") {
  Registers registers;
  CHECK(registers.write(1, {1}) == Exception::address);
  CHECK(registers.write(15, {1, 1}) == Exception::address);
  CHECK(registers.write(23, {1}) == Exception::address);
  CHECK(registers.write(16 + 64, {1}) == Exception::address);  // the fifth of four lanes
  CHECK(registers.write(22, {1, 0}) == Exception::address);    // whole or not at all
  CHECK(registers.told.triggers().empty());
}

TEST_CASE("the control's heartbeat is its first writing and each change") {
  Registers registers;
  CHECK_FALSE(registers.map.has_heartbeat());
  CHECK_FALSE(registers.write(0, {0}).has_value());
  CHECK(registers.map.has_heartbeat());
  CHECK(registers.map.heartbeat_changed());
  CHECK_FALSE(registers.map.heartbeat_changed());
  CHECK_FALSE(registers.write(0, {0}).has_value());
  CHECK_FALSE(registers.map.heartbeat_changed());
  CHECK_FALSE(registers.write(0, {1}).has_value());
  CHECK(registers.map.heartbeat_changed());
}
