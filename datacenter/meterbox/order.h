// Administrative orders: what persons, not programs, tell a box. An order is a payload that names
// the box, has a number and an end, and is signed by those who approve it, each with a key of his
// own: a CBOR array of signed messages with one and the same payload.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "datacenter/meterbox/protocol.h"
#include "postal/keys.h"

namespace backstamp::datacenter::meterbox {

/// What a person may do. Numbers are stored: never renumber.
enum class Role : std::uint8_t {
  officer = 0,    ///< crypto officer: keys, persons, restoring, moving
  operator_ = 1,  ///< may approve limits together with an officer
  auditor = 2,    ///< reads; approves nothing
};
std::string_view to_string(Role role);
Result<Role> parse_role(std::string_view name);

struct Person {
  std::string name;  ///< at most 64 bytes
  Role role = Role::auditor;
  Bytes public_key;  ///< Ed25519, SubjectPublicKeyInfo
  bool operator==(const Person&) const = default;
};

/// A new limit of funds for an account, or of what accounts may be opened with.
struct SetFundLimit {
  std::uint32_t meter = 0;
  postal::Money limit;
  bool operator==(const SetFundLimit&) const = default;
};
struct SetOpenLimit {
  postal::Money limit;
  bool operator==(const SetOpenLimit&) const = default;
};
struct AddPerson {
  Person person;
  bool operator==(const AddPerson&) const = default;
};
/// At least two officers must remain.
struct RemovePerson {
  postal::KeyId key{};
  bool operator==(const RemovePerson&) const = default;
};
/// Ceremony: a new issuer key is made in the HSM. The answer's content is its public key.
struct RenewIssuerKey {
  bool operator==(const RenewIssuerKey&) const = default;
};
/// Takes up work from a backup that is older than what the data center has heard: with the signed
/// records of all that came after it, up to that anchor, in as many orders as they need. Until the
/// last one is done no account works.
struct Recover {
  Anchor anchor;
  bool last = true;
  std::vector<Bytes> records;  ///< signed transaction records, by version
  bool operator==(const Recover&) const = default;
};
/// Retires the box for good: its accounts go to the box of this name (hand_over.h).
struct HandOver {
  Sha256 successor{};
  bool operator==(const HandOver&) const = default;
};
/// Takes the accounts of a retired box: the hash of its document, and the key that signed it.
struct TakeOver {
  Sha256 document{};
  Bytes transaction_key;
  bool operator==(const TakeOver&) const = default;
};
/// The order is that of the journal: only ever append.
using Action = std::variant<SetFundLimit, SetOpenLimit, AddPerson, RemovePerson, RenewIssuerKey,
                            Recover, HandOver, TakeOver>;

struct Order {
  Sha256 box{};                ///< for this box alone
  std::uint64_t sequence = 0;  ///< greater than that of the last order done
  UtcTime expires{};
  Action action;
  bool operator==(const Order&) const = default;
};

Bytes encode_order(const Order& order);
Result<Order> decode_order(ByteView payload);

/// The order with one more approval. `file` is the bytes of a signed order, or empty with `order`.
/// Fails: refused (approved by this key already), invalid.
Result<Bytes> sign_order(const Order& order, const postal::SigningKey& key);
Result<Bytes> approve_order(ByteView file, const postal::SigningKey& key);
/// What a signed order says and whose approvals it bears, unverified. Fails: invalid.
struct OrderFile {
  Order order;
  Bytes payload;
  std::vector<postal::KeyId> approvals;
};
Result<OrderFile> inspect_order(ByteView file);

/// The order, when those who approve it may: all signatures verify, they are of different persons
/// on the list, and two suffice by their roles (limits: an officer and another officer or an
/// operator; all else: two officers). Fails: invalid, refused.
Result<Order> verify_order(ByteView file, std::span<const Person> people);

}  // namespace backstamp::datacenter::meterbox
