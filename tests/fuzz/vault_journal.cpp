// The journal and the slots of a meter's vault: any bytes either replay to balanced registers or
// are refused.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/crc32c.h"
#include "meter/storage/store.h"

namespace {

using namespace backstamp;

void replay(ByteView bytes) {
  const auto journal = meter::replay_journal(bytes);
  if (!journal) return;
  const meter::Registers& registers = journal->state.registers;
  BACKSTAMP_ASSERT(registers.ascending.mills + registers.descending.mills ==
                   registers.funded.mills);
  BACKSTAMP_ASSERT(journal->state.pending.size() ==
                   registers.counter - registers.registered_through);
  BACKSTAMP_ASSERT(journal->ends.back() <= bytes.size());
  BACKSTAMP_ASSERT(journal->state.spent >= postal::Money{} &&
                   journal->state.spent <= registers.ascending);
  BACKSTAMP_ASSERT(journal->last_printed <= journal->last_sequence());
  // What is taken for a state is written as one and read as the same.
  const auto again =
      meter::replay_journal(meter::encode_record(1, meter::SnapshotRecord{journal->state}));
  BACKSTAMP_ASSERT(again.has_value() && again->state == journal->state);
}

/// A record with this body and a CRC that agrees, which chance would never find.
Bytes framed(ByteView body) {
  const std::uint32_t crc = crc32c(body);
  Bytes record;
  for (int i = 0; i < 4; ++i) record.push_back(static_cast<std::uint8_t>(body.size() >> (8 * i)));
  for (int i = 0; i < 4; ++i) record.push_back(static_cast<std::uint8_t>(crc >> (8 * i)));
  record.insert(record.end(), body.begin(), body.end());
  return record;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  replay(bytes);
  const Bytes record = framed(bytes);
  replay(record);
  meter::VaultState state;
  state.registers.descending.mills = 1000;
  state.registers.funded.mills = 1000;
  Bytes journal = meter::encode_record(1, meter::SnapshotRecord{state});
  journal.insert(journal.end(), record.begin(), record.end());
  replay(journal);
  state.registers = {};
  state.fund_authority = Bytes(44, 3);
  journal = meter::encode_record(1, meter::SnapshotRecord{state});
  journal.insert(journal.end(), record.begin(), record.end());
  replay(journal);
  if (const auto slot = meter::decode_slot(bytes)) {
    BACKSTAMP_ASSERT(Bytes(bytes.begin(), bytes.end()) == meter::encode_slot(*slot));
  }
  return 0;
}
