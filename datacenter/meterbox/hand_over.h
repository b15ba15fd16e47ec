// Moving the accounts of a box to another one, with an HSM of its own: the old box is retired by an
// order, and signs a document of what it held; the new one takes it by an order that names the
// document. Keys stay where they are: the accounts get new ones.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "datacenter/meterbox/fields.h"
#include "datacenter/meterbox/state.h"

namespace backstamp::datacenter::meterbox {

/// What a retired box held.
struct HandOverDocument {
  Sha256 from{};
  Sha256 to{};    ///< the successor, and no other
  Anchor anchor;  ///< the record that retired it
  std::uint32_t issuer = 0;
  std::map<std::uint32_t, Account> accounts;  ///< without remembered requests
  std::set<std::pair<std::uint32_t, std::uint64_t>> refunded;
  bool operator==(const HandOverDocument&) const = default;
};

/// The payload of the document of a retired state, and back. Decoding fails: invalid.
Bytes encode_hand_over(const BoxState& retired);
Result<HandOverDocument> decode_hand_over(ByteView payload);

/// Everything that must hold before the accounts are taken; what is taken. Fails: refused, invalid.
Result<HandOverDocument> check_take_over(const BoxState& state, const TakeAccounts& request,
                                         UtcTime at);
/// Puts the accounts into the state with their new keys. Fails: invalid (keys).
Result<void> take_accounts(BoxState& state, HandOverDocument document, ByteView new_keys,
                           Undo& undo);

/// Public keys, in the order of their accounts, as one piece of bytes; and back.
Bytes encode_keys(const std::vector<Bytes>& keys);
Result<std::vector<Bytes>> decode_keys(ByteView bytes);

/// Accounts and refunded tokens as items of a snapshot or a document.
void write_accounts(FieldWriter& out, const std::map<std::uint32_t, Account>& accounts,
                    bool with_remembered);
std::map<std::uint32_t, Account> read_accounts(FieldReader& in);
void write_refunded(FieldWriter& out,
                    const std::set<std::pair<std::uint32_t, std::uint64_t>>& refunded);
std::set<std::pair<std::uint32_t, std::uint64_t>> read_refunded(FieldReader& in);

}  // namespace backstamp::datacenter::meterbox
