// A state as bytes.
#include "datacenter/meterbox/fields.h"
#include "datacenter/meterbox/hand_over.h"
#include "datacenter/meterbox/record.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kPeople = 64;
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kKeyBytes = 256;

void write_settings(FieldWriter& out, const Settings& of) {
  out.array(15).bytes(of.box).natural(of.issuer).money(of.open_limit);
  out.bytes(of.transaction_key).bytes(of.issuer_key).natural(of.issuer_keys);
  write_people(out, of.people);
  out.natural(of.last_order).bytes(of.last_order_hash).natural(of.last_order_version);
  out.anchor(of.recovered).natural(of.recovered_through).natural(of.recovering ? 1 : 0);
  out.natural(of.retired ? 1 : 0).bytes(of.successor);
}

Settings read_settings(FieldReader& in) {
  Settings of;
  in.array(15);
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
  of.retired = in.natural(1) == 1;
  of.successor = in.hash();
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
  out.anchor(state.anchor).time(state.last_at);
  write_accounts(out, state.accounts, true);
  write_refunded(out, state.refunded);
  return out.take();
}

Result<BoxState> decode_state(ByteView body) {
  FieldReader in(body);
  BoxState state;
  in.array(5);
  state.settings = read_settings(in);
  state.anchor = in.anchor();
  state.last_at = in.time();
  state.accounts = read_accounts(in);
  for (const auto& [meter, account] : state.accounts) state.mailers.insert(account.mailer_id);
  state.refunded = read_refunded(in);
  if (!in.at_good_end()) return fail(ErrorKind::invalid, "meter box: not a snapshot");
  if (auto sound = check_state(state); !sound)
    return fail(ErrorKind::invalid, sound.error().message);
  return state;
}

}  // namespace backstamp::datacenter::meterbox
