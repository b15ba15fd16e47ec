// What a box knows, and how each change moves it: pure functions of what stands in the journal, the
// same for a request that has just come and for a record that is read again.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "datacenter/meterbox/order.h"
#include "datacenter/meterbox/protocol.h"

namespace backstamp::datacenter::meterbox {

/// A request that was done, to be answered again.
struct Remembered {
  std::uint64_t number = 0;
  Sha256 request{};           ///< of its bytes
  std::uint64_t version = 0;  ///< the record that has the answer
  bool operator==(const Remembered&) const = default;
};

struct Account {
  std::string mailer_id;
  AccountState state = AccountState::active;
  postal::Money fund_limit;
  Registers registers;
  Bytes public_key;
  std::uint64_t last_number = 0;
  std::uint64_t last_printed_s = 0;   ///< last second given out in a meter code; 0: none
  std::deque<Remembered> remembered;  ///< by number, at most kRememberedRequests
  bool operator==(const Account&) const = default;
};

/// What is true of the box as a whole.
struct Settings {
  Sha256 box{};  ///< hash of the first record
  std::uint32_t issuer = 0;
  postal::Money open_limit;
  Bytes transaction_key;
  Bytes issuer_key;
  std::uint64_t issuer_keys = 1;  ///< made so far; the last one is in use
  std::vector<Person> people;
  std::uint64_t last_order = 0;
  Sha256 last_order_hash{};
  std::uint64_t last_order_version = 0;
  Anchor recovered;  ///< heard by the data center, not in this journal: taken over by an order
  std::uint64_t recovered_through = 0;  ///< version of the last record that was done again
  bool recovering = false;              ///< orders with further records are to come
  bool retired = false;                 ///< for good: the accounts went to the successor
  Sha256 successor{};
  bool operator==(const Settings&) const = default;
};

struct BoxState {
  Settings settings;
  Anchor anchor;
  UtcTime last_at{};
  std::map<std::uint32_t, Account> accounts;
  std::set<std::string> mailers;
  std::set<std::pair<std::uint32_t, std::uint64_t>> refunded;  ///< (meter, counter)
  bool operator==(const BoxState&) const = default;
};

/// How a box begins: the content of its first record.
struct Founding {
  std::uint32_t issuer = 0;
  postal::Money open_limit;
  Bytes transaction_key;
  Bytes issuer_key;
  std::vector<Person> people;
  Sha256 nonce{};  ///< random: no two boxes are the same
  bool operator==(const Founding&) const = default;
};

/// A change, with what chance and the clock gave it.
struct Change {
  Request request;
  UtcTime at{};
  Bytes new_key;  ///< public half of the key that was made for it (open account, renewal)
};

/// What a change does beyond the state: what is to be minted and signed.
struct Plan {
  std::optional<Transaction> transaction;  ///< without hashes of tokens; none for box-wide changes
  std::vector<postal::Token> tokens;       ///< without address bindings
  std::vector<std::string> addresses;      ///< beside each token; "": none
};

/// How to take a change back that never became durable.
struct Undo {
  Anchor anchor;
  UtcTime last_at{};
  std::optional<Settings> settings;
  std::map<std::uint32_t, std::optional<Account>> accounts;
  std::vector<std::string> mailers;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> refunded;
};

/// Is this a request that the journal records?
bool changes_state(const Request& request);
/// Meter and number, for those that have them.
std::optional<std::pair<std::uint32_t, std::uint64_t>> account_number(const Request& request);

/// Was it done before? The version of its record. Fails (refused) when the number is used up
/// otherwise: done with other bytes, or too long ago.
Result<std::optional<std::uint64_t>> find_repeat(const BoxState& state, const Request& request);

/// Checks the change and makes it; all or nothing. The anchor's version grows, its chain is left to
/// the caller. `undo` gets what undo_change() needs. Fails: refused, invalid, limit, not_found,
/// unavailable.
Result<Plan> make_change(BoxState& state, const Change& change, Undo& undo);
/// Is the order for this box, in its time and its turn? Fails (refused).
Result<void> check_order(const Order& order, const BoxState& state, UtcTime at);
void undo_change(BoxState& state, Undo undo);

/// Begins a state. Fails: invalid.
Result<BoxState> found_box(const Founding& founding, UtcTime at);

/// control = ascending + descending, funded + refunded = control + withdrawn, none negative, and no
/// account has more than its share of it. Fails (internal).
Result<void> check_registers(const Registers& registers);
/// The same of all accounts, and what belongs together across them.
Result<void> check_state(const BoxState& state);

}  // namespace backstamp::datacenter::meterbox
