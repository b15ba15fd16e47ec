// Any bytes as frames of Modbus TCP: refused, or within the registers that there are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "station/sorter/modbus_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  using namespace backstamp::station::modbus;
  Map map(4, 1, std::chrono::milliseconds(2000));
  std::vector<std::uint16_t> inputs(kInputs);
  std::vector<std::uint16_t> holdings(kHoldings);
  const station::SorterInput input{
      [](const station::Trigger& trigger) { BACKSTAMP_ASSERT(trigger.lane < 4); },
      [](std::uint32_t lane, station::MachineState state) {
        BACKSTAMP_ASSERT(lane < 4 && !station::to_string(state).empty());
      }};
  ByteView rest(data, size);
  for (;;) {
    const auto length = front_length(rest);
    if (!length || !*length || rest.size() < **length) break;
    const ByteView frame = rest.first(**length);
    rest = rest.subspan(frame.size());
    const auto request = parse(frame, {kInputs, kHoldings});
    if (!request || !*request) continue;
    const std::size_t end = (*request)->address + std::size_t{(*request)->count};
    if ((*request)->values.empty()) {
      BACKSTAMP_ASSERT(end <= kInputs);
      map.read(**request);
      continue;
    }
    BACKSTAMP_ASSERT(end <= kHoldings && (*request)->values.size() == 2u * (*request)->count);
    if (map.check(**request)) continue;
    for (std::size_t i = 0; i < (*request)->count; ++i) {
      holdings[(*request)->address + i] = (*request)->value(i);
    }
    map.written(**request, holdings, input, {});
  }
  map.fill(inputs, 0, {});
  return 0;
}
