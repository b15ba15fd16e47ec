// A state as bytes.
#include "datacenter/meterbox/fields.h"
#include "datacenter/meterbox/record.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kPeople = 64;
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kKeyBytes = 256;
constexpr std::size_t kAccounts = 10'000'000;
constexpr std::size_t kRefunds = 100'000'000;

void write_settings(FieldWriter& out, const Settings& of) {
  out.array(13).bytes(of.box).natural(of.issuer).money(of.open_limit);
  out.bytes(of.transaction_key).bytes(of.issuer_key).natural(of.issuer_keys);
  write_people(out, of.people);
  out.natural(of.last_order).bytes(of.last_order_hash).natural(of.last_order_version);
  out.anchor(of.recovered).natural(of.recovered_through).natural(of.recovering ? 1 : 0);
}

Settings read_settings(FieldReader& in) {
  Settings of;
  in.array(13);
  of.box = in.hash();
  of.issuer = in.natural32();
  of.open_limit = in.money();
  of.transaction_key = in.bytes(kKeyBytes);
  of.issuer_key = in.bytes(kKeyBytes);
  of.issuer_keys = in.natural(kMost64);
  of.people = read_people(in, kPeople);
  of.last_order = in.natural(kMost64);
  of.last_order_hash = in.hash();
  of.last_order_version = in.natural(kMost64);
  of.recovered = in.anchor();
  of.recovered_through = in.natural(kMost64);
  of.recovering = in.natural(1) == 1;
  return of;
}

void write_account(FieldWriter& out, std::uint32_t meter, const Account& of) {
  out.array(9).natural(meter).text(of.mailer_id).natural(static_cast<std::uint64_t>(of.state));
  out.money(of.fund_limit).registers(of.registers).bytes(of.public_key);
  out.natural(of.last_number).natural(of.last_printed_s).array(of.remembered.size());
  for (const Remembered& done : of.remembered) {
    out.array(3).natural(done.number).bytes(done.request).natural(done.version);
  }
}

Account read_account(FieldReader& in, std::uint32_t& meter) {
  Account of;
  in.array(9);
  meter = in.natural32();
  of.mailer_id = in.text(9);
  of.state =
      static_cast<AccountState>(in.natural(static_cast<std::uint64_t>(AccountState::withdrawn)));
  of.fund_limit = in.money();
  of.registers = in.registers();
  of.public_key = in.bytes(kKeyBytes);
  of.last_number = in.natural(kMost64);
  of.last_printed_s = in.natural(kMost64 / 2);
  const std::size_t count = in.count(kRememberedRequests);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(3);
    Remembered& done = of.remembered.emplace_back();
    done.number = in.natural(kMost64);
    done.request = in.hash();
    done.version = in.natural(kMost64);
  }
  return of;
}

}  // namespace

void write_people(FieldWriter& out, const std::vector<Person>& people) {
  out.array(people.size());
  for (const Person& person : people) {
    out.array(3).text(person.name).natural(static_cast<std::uint64_t>(person.role));
    out.bytes(person.public_key);
  }
}

std::vector<Person> read_people(FieldReader& in, std::size_t most) {
  std::vector<Person> people;
  const std::size_t count = in.count(most);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(3);
    Person& person = people.emplace_back();
    person.name = in.text(kNameBytes);
    person.role = static_cast<Role>(in.natural(static_cast<std::uint64_t>(Role::auditor)));
    person.public_key = in.bytes(kKeyBytes);
  }
  return people;
}

Bytes encode_state(const BoxState& state) {
  FieldWriter out;
  out.array(5);
  write_settings(out, state.settings);
  out.anchor(state.anchor).time(state.last_at).array(state.accounts.size());
  for (const auto& [meter, account] : state.accounts) write_account(out, meter, account);
  out.array(state.refunded.size());
  for (const auto& [meter, counter] : state.refunded) out.array(2).natural(meter).natural(counter);
  return out.take();
}

Result<BoxState> decode_state(ByteView body) {
  FieldReader in(body);
  BoxState state;
  in.array(5);
  state.settings = read_settings(in);
  state.anchor = in.anchor();
  state.last_at = in.time();
  std::size_t count = in.count(kAccounts);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    std::uint32_t meter = 0;
    Account account = read_account(in, meter);
    in.refuse_unless(meter > last);
    last = meter;
    state.mailers.insert(account.mailer_id);
    state.accounts.emplace_hint(state.accounts.end(), meter, std::move(account));
  }
  count = in.count(kRefunds);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(2);
    const std::uint32_t meter = in.natural32();
    const std::pair refunded(meter, in.natural(kMost64));
    in.refuse_unless(state.refunded.empty() || *state.refunded.rbegin() < refunded);
    if (in.good()) state.refunded.insert(state.refunded.end(), refunded);
  }
  if (!in.at_good_end()) return fail(ErrorKind::invalid, "meter box: not a snapshot");
  if (auto sound = check_state(state); !sound)
    return fail(ErrorKind::invalid, sound.error().message);
  return state;
}

}  // namespace backstamp::datacenter::meterbox
