// The meter box's bytes from outside. The first byte selects which: a request on its socket (given
// to a box that works, and must balance afterwards), an answer, a record or snapshot of its sealed
// state, an order, a transaction record, a document of hand-over.
#include <stdlib.h>

#include <filesystem>

#include "base/assert.h"
#include "datacenter/meterbox/box.h"
#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/ledger.h"
#include "tests/support/memory_keyring.h"

namespace {

using namespace backstamp;
using namespace backstamp::datacenter::meterbox;

postal::SigningKey person_key(std::uint8_t of) {
  const std::array<std::uint8_t, 32> seed{of, 1};
  return postal::SigningKey::from_seed(seed).value();
}

/// A box with one account, in a folder that goes with the process.
class LiveBox {
 public:
  LiveBox() {
    std::string name = (std::filesystem::path("/dev/shm")).string();
    if (!std::filesystem::exists(name)) name = std::filesystem::temp_directory_path().string();
    name += "/backstamp-fuzz-XXXXXX";
    BACKSTAMP_ASSERT(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    Founding founding;
    founding.issuer = 7;
    founding.open_limit = {1'000'000};
    founding.people = {{"Ada", Role::officer, person_key(1).public_key()},
                       {"Ben", Role::officer, person_key(2).public_key()}};
    const auto device = std::make_shared<test::MemoryDevice>();
    test::MemoryKeyring keys(device);
    BACKSTAMP_ASSERT(Box::create(folder_, founding, keys).has_value());
    box_ = Box::open(folder_, std::make_unique<test::MemoryKeyring>(device), [](const auto&) {
           }).value();
    (void)box_->ask(OpenAccount{42, 1, "900000042", {1'000'000}});
    (void)box_->ask(Fund{42, 2, {1'000'000}});
  }
  ~LiveBox() {
    box_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Box& box() { return *box_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Box> box_;
};

void request(ByteView bytes) {
  const auto parsed = decode_request(bytes);
  if (!parsed) return;
  const Bytes again = encode_request(*parsed);
  BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  // A hello may say that the box was rolled back, which ends its work: it is asked elsewhere.
  if (std::holds_alternative<Hello>(*parsed)) return;
  static LiveBox live;
  const BoxState before = live.box().state();
  const Answer answer = live.box().ask(*parsed);
  const BoxState after = live.box().state();
  BACKSTAMP_ASSERT(check_state(after).has_value());
  if (std::holds_alternative<Refusal>(answer)) BACKSTAMP_ASSERT(after == before);
  BACKSTAMP_ASSERT(decode_answer(encode_answer(answer)).value() == answer);
}

void answer(ByteView bytes) {
  const auto parsed = decode_answer(bytes);
  if (!parsed) return;
  const Bytes again = encode_answer(*parsed);
  BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()) ||
                   std::holds_alternative<Refusal>(*parsed));
}

void record(ByteView bytes) {
  (void)read_frame(bytes);
  const auto parsed = decode_entry(bytes);
  if (!parsed) return;
  const Bytes again = encode_entry(*parsed);
  BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  BoxState state;
  if (replay_entry(state, *parsed, sha256(bytes))) {
    BACKSTAMP_ASSERT(check_state(state).has_value());
  }
}

void snapshot(ByteView bytes) {
  const auto parsed = decode_state(bytes);
  if (!parsed) return;
  BACKSTAMP_ASSERT(check_state(*parsed).has_value());
  const Bytes again = encode_state(*parsed);
  BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void order(ByteView bytes) {
  (void)inspect_order(bytes);
  const std::vector<Person> people{{"Ada", Role::officer, person_key(1).public_key()},
                                   {"Ben", Role::officer, person_key(2).public_key()}};
  // The fuzzer has no key of theirs.
  BACKSTAMP_ASSERT(!verify_order(bytes, people).has_value());
  if (const auto parsed = decode_order(bytes)) {
    const Bytes again = encode_order(*parsed);
    BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
  }
}

void transaction(ByteView bytes) {
  const auto parsed = decode_transaction(bytes);
  if (!parsed) return;
  const Bytes again = encode_transaction(*parsed);
  BACKSTAMP_ASSERT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void hand_over(ByteView bytes) {
  (void)decode_keys(bytes);
  const auto parsed = decode_hand_over(bytes);
  if (!parsed) return;
  for (const auto& [meter, account] : parsed->accounts) {
    BACKSTAMP_ASSERT(check_registers(account.registers).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  constexpr void (*kTargets[])(ByteView) = {request, answer,      record,   snapshot,
                                            order,   transaction, hand_over};
  kTargets[data[0] % std::size(kTargets)](bytes);
  return 0;
}
