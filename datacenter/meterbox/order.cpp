#include "datacenter/meterbox/order.h"

#include <algorithm>

#include "datacenter/meterbox/fields.h"
#include "postal/signed_message.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kApprovals = 8;
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kKeyBytes = 256;
constexpr std::size_t kFileBytes = 60u << 10;
constexpr std::size_t kPayloadBytes = 28u << 10;
constexpr std::size_t kRecoveredRecords = 4096;
constexpr std::size_t kRecordBytes = 16u << 10;

struct RoleName {
  Role role;
  std::string_view name;
};
constexpr RoleName kRoles[] = {
    {Role::officer, "officer"}, {Role::operator_, "operator"}, {Role::auditor, "auditor"}};

std::unexpected<Error> malformed() {
  return fail(ErrorKind::invalid, "order: not in the form of docs/formats/meterbox.md");
}

void write_action(FieldWriter& out, const SetFundLimit& set) {
  out.array(3).natural(0).natural(set.meter).money(set.limit);
}
void write_action(FieldWriter& out, const SetOpenLimit& set) {
  out.array(2).natural(1).money(set.limit);
}
void write_action(FieldWriter& out, const AddPerson& add) {
  out.array(4).natural(2).text(add.person.name);
  out.natural(static_cast<std::uint64_t>(add.person.role)).bytes(add.person.public_key);
}
void write_action(FieldWriter& out, const RemovePerson& remove) {
  out.array(2).natural(3).bytes(remove.key);
}
void write_action(FieldWriter& out, const RenewIssuerKey&) {
  out.array(1).natural(4);
}
void write_action(FieldWriter& out, const Recover& recover) {
  out.array(4).natural(5).anchor(recover.anchor).natural(recover.last ? 1 : 0);
  out.array(recover.records.size());
  for (const Bytes& record : recover.records) out.bytes(record);
}

void write_action(FieldWriter& out, const HandOver& of) {
  out.array(2).natural(6).bytes(of.successor);
}
void write_action(FieldWriter& out, const TakeOver& of) {
  out.array(3).natural(7).bytes(of.document).bytes(of.transaction_key);
}

constexpr std::size_t kItems[] = {3, 2, 4, 2, 1, 4, 2, 3};
static_assert(std::size(kItems) == std::variant_size_v<Action>);

Action read_action(FieldReader& in) {
  const std::size_t items = in.count(std::size_t{8});
  const std::uint64_t kind = in.natural(std::variant_size_v<Action> - 1);
  in.refuse_unless(items == kItems[kind]);
  if (kind == 0) {
    const std::uint32_t meter = in.natural32();
    return SetFundLimit{meter, in.money()};
  }
  if (kind == 1) return SetOpenLimit{in.money()};
  if (kind == 2) {
    Person person{in.text(kNameBytes), {}, {}};
    person.role = static_cast<Role>(in.natural(static_cast<std::uint64_t>(Role::auditor)));
    person.public_key = in.bytes(kKeyBytes);
    return AddPerson{std::move(person)};
  }
  if (kind == 3) {
    RemovePerson remove;
    const Bytes key = in.bytes(remove.key.size());
    in.refuse_unless(key.size() == remove.key.size());
    if (in.good()) std::copy(key.begin(), key.end(), remove.key.begin());
    return remove;
  }
  if (kind == 4) return RenewIssuerKey{};
  if (kind == 6) return HandOver{in.hash()};
  if (kind == 7) {
    const Sha256 document = in.hash();
    return TakeOver{document, in.bytes(kKeyBytes)};
  }
  Recover recover{in.anchor(), true, {}};
  recover.last = in.natural(1) == 1;
  const std::size_t count = in.count(kRecoveredRecords);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    recover.records.push_back(in.bytes(kRecordBytes));
  }
  return recover;
}

Bytes encode_file(std::span<const Bytes> messages) {
  FieldWriter out;
  out.array(messages.size());
  for (const Bytes& message : messages) out.bytes(message);
  return out.take();
}

Result<std::vector<Bytes>> decode_file(ByteView file) {
  if (file.size() > kFileBytes) return fail(ErrorKind::limit, "order: over 60 KiB");
  FieldReader in(file);
  std::vector<Bytes> messages;
  const std::size_t count = in.count(kApprovals);
  for (std::size_t i = 0; i < count && in.good(); ++i) messages.push_back(in.bytes(kFileBytes));
  if (!in.at_good_end() || messages.empty()) return malformed();
  return messages;
}

const Person* person_of(std::span<const Person> people, const postal::KeyId& key) {
  const auto found = std::find_if(people.begin(), people.end(), [&](const Person& person) {
    return postal::public_key_id(person.public_key) == key;
  });
  return found == people.end() ? nullptr : &*found;
}

/// May these together? All are different persons.
bool suffices(const Action& action, std::span<const Person* const> approving) {
  const auto count = [&](Role role) {
    return std::count_if(approving.begin(), approving.end(),
                         [&](const Person* person) { return person->role == role; });
  };
  const auto officers = count(Role::officer);
  const bool limits =
      std::holds_alternative<SetFundLimit>(action) || std::holds_alternative<SetOpenLimit>(action);
  return officers >= 2 || (limits && officers == 1 && count(Role::operator_) >= 1);
}

}  // namespace

std::string_view to_string(Role role) {
  return kRoles[static_cast<std::size_t>(role)].name;
}

Result<Role> parse_role(std::string_view name) {
  for (const RoleName& known : kRoles) {
    if (known.name == name) return known.role;
  }
  return fail(ErrorKind::invalid, "role: officer, operator or auditor is wanted");
}

Bytes encode_order(const Order& order) {
  FieldWriter out;
  out.array(5).text("backstamp meterbox order 1").bytes(order.box).natural(order.sequence);
  out.time(order.expires);
  std::visit([&](const auto& action) { write_action(out, action); }, order.action);
  return out.take();
}

Result<Order> decode_order(ByteView payload) {
  FieldReader in(payload);
  in.array(5);
  in.refuse_unless(in.text(64) == "backstamp meterbox order 1");
  Order order;
  order.box = in.hash();
  order.sequence = in.natural(kMost64);
  order.expires = in.time();
  order.action = read_action(in);
  if (!in.at_good_end()) return malformed();
  return order;
}

Result<Bytes> sign_order(const Order& order, const postal::SigningKey& key) {
  const Bytes payload = encode_order(order);
  if (payload.size() > kPayloadBytes) return fail(ErrorKind::limit, "order: over 28 KiB");
  auto message = postal::sign_message(payload, key);
  if (!message) return std::unexpected(message.error());
  return encode_file(std::span(&*message, 1));
}

Result<Bytes> approve_order(ByteView file, const postal::SigningKey& key) {
  const auto inspected = inspect_order(file);
  if (!inspected) return std::unexpected(inspected.error());
  const auto& approvals = inspected->approvals;
  if (std::find(approvals.begin(), approvals.end(), key.id()) != approvals.end()) {
    return fail(ErrorKind::refused, "order: this key approves it already; another person must");
  }
  if (approvals.size() == kApprovals) return fail(ErrorKind::limit, "order: at most 8 approvals");
  auto messages = decode_file(file);
  auto message = postal::sign_message(inspected->payload, key);
  if (!message) return std::unexpected(message.error());
  messages->push_back(*std::move(message));
  return encode_file(*messages);
}

Result<OrderFile> inspect_order(ByteView file) {
  const auto messages = decode_file(file);
  if (!messages) return std::unexpected(messages.error());
  OrderFile inspected;
  for (const Bytes& message : *messages) {
    auto parsed = postal::parse_signed_message(message);
    if (!parsed) return std::unexpected(parsed.error());
    if (inspected.approvals.empty())
      inspected.payload = std::move(parsed->payload);
    else if (parsed->payload != inspected.payload)
      return malformed();
    inspected.approvals.push_back(parsed->key);
  }
  auto order = decode_order(inspected.payload);
  if (!order) return std::unexpected(order.error());
  inspected.order = *std::move(order);
  return inspected;
}

Result<Order> verify_order(ByteView file, std::span<const Person> people) {
  auto inspected = inspect_order(file);
  if (!inspected) return std::unexpected(inspected.error());
  const auto messages = decode_file(file);
  std::vector<const Person*> approving;
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const Person* person = person_of(people, inspected->approvals[i]);
    if (person == nullptr) {
      return fail(ErrorKind::refused, "order: approved by a key that is nobody's here");
    }
    if (std::find(approving.begin(), approving.end(), person) != approving.end()) {
      return fail(ErrorKind::refused, "order: approved twice by " + person->name);
    }
    if (auto opened = postal::open_message((*messages)[i], person->public_key); !opened) {
      return fail("order: the approval of " + person->name, opened.error());
    }
    approving.push_back(person);
  }
  if (!suffices(inspected->order.action, approving)) {
    return fail(ErrorKind::refused,
                "order: two different persons must approve it: two officers, or for limits an "
                "officer and an operator");
  }
  return inspected->order;
}

}  // namespace backstamp::datacenter::meterbox
