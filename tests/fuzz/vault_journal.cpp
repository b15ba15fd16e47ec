// The journal and the slots of a meter's vault: any bytes either replay to balanced registers or
// are refused.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "meter/storage/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const ByteView bytes(data, size);
  if (const auto journal = meter::replay_journal(bytes)) {
    const meter::Registers& registers = journal->state.registers;
    BACKSTAMP_ASSERT(registers.ascending.mills + registers.descending.mills ==
                     registers.funded.mills);
    BACKSTAMP_ASSERT(journal->state.pending.size() ==
                     registers.counter - registers.registered_through);
    BACKSTAMP_ASSERT(journal->ends.back() <= size);
  }
  if (const auto slot = meter::decode_slot(bytes)) {
    const Bytes again = meter::encode_slot(*slot);
    BACKSTAMP_ASSERT(Bytes(bytes.begin(), bytes.end()) == again);
  }
  return 0;
}
