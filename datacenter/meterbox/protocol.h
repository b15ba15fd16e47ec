// What the function server asks of the secure meter box and what it is answered, and the bytes of
// both (docs/formats/meterbox.md). A message is one deterministic CBOR array of at most
// kMessageBytes; parsers are strict, and nothing is believed because it came from the other side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "postal/codes.h"
#include "postal/money.h"
#include "postal/token.h"

namespace backstamp::datacenter::meterbox {

inline constexpr std::size_t kMessageBytes = 256u << 10;    ///< one message on the socket
inline constexpr std::size_t kPiecesPerDispense = 100;      ///< pieces in one debit
inline constexpr std::size_t kAddressBytes = 512;           ///< a cleansed address
inline constexpr std::size_t kStatementBytes = 192u << 10;  ///< what the issuer key may sign
inline constexpr std::size_t kRememberedRequests = 64;      ///< answers an account can give again
inline constexpr std::uint32_t kMeterLast = 99'999'999;
inline constexpr std::size_t kDocumentBytes = 32u << 20;  ///< what a retired box hands over

/// What an account holds. control = ascending + descending, always; and
/// funded + refunded = control + withdrawn, always.
struct Registers {
  postal::Money ascending;   ///< all postage ever dispensed; never falls
  postal::Money descending;  ///< funds left
  postal::Money control;     ///< ascending + descending
  std::uint64_t pieces = 0;  ///< pieces ever dispensed; the last one's counter
  postal::Money funded;      ///< all funds ever put in
  postal::Money refunded;    ///< all postage ever given back
  postal::Money withdrawn;   ///< paid out when the account was withdrawn
  bool operator==(const Registers&) const = default;
};

/// May an account dispense? Numbers are stored and sent: never renumber.
enum class AccountState : std::uint8_t {
  active = 0,
  locked = 1,     ///< for now
  withdrawn = 2,  ///< for good: its funds were paid out
};
std::string_view to_string(AccountState state);

/// How far the box's journal has come. The greatest one that was ever heard must be kept: a box
/// that cannot show it has been rolled back.
struct Anchor {
  std::uint64_t version = 0;  ///< number of the last record; 0: none yet
  Sha256 chain{};             ///< hash of that record, and so of all before it
  bool operator==(const Anchor&) const = default;
};

/// A piece that is to be paid for.
struct PieceOrder {
  std::string routing;        ///< 0, 5, 9 or 11 digits, for an IMb
  std::uint16_t service = 0;  ///< 0 to 999
  postal::Money postage;      ///< not negative
  Date mailed{};
  std::string address;      ///< the cleansed recipient address; "" binds none
  bool meter_code = false;  ///< meter serial + date + time instead of an IMb
  bool operator==(const PieceOrder&) const = default;
};

// Requests that change something bear a number: greater than any that the account has done, or one
// of the last kRememberedRequests again with the same bytes, which gets the same answer again.

struct OpenAccount {
  std::uint32_t meter = 0;  ///< 1 to kMeterLast
  std::uint64_t number = 0;
  std::string mailer_id;     ///< 6 digits, or 9 starting with 9; no other account's
  postal::Money fund_limit;  ///< what it may hold at most; at most the box's own limit
  bool operator==(const OpenAccount&) const = default;
};
struct Fund {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  postal::Money amount;  ///< above zero
  bool operator==(const Fund&) const = default;
};
struct Dispense {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  std::vector<PieceOrder> pieces;  ///< 1 to kPiecesPerDispense: all are minted or none
  bool operator==(const Dispense&) const = default;
};
struct Refund {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  postal::TokenIdentity token;  ///< of this meter; each is refunded once at most
  postal::Money amount;         ///< above zero
  bool operator==(const Refund&) const = default;
};
/// Locks, unlocks or withdraws.
struct ChangeState {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  AccountState state = AccountState::active;
  bool operator==(const ChangeState&) const = default;
};
/// A signed administrative order (datacenter/meterbox/order.h). It has its number in itself.
struct SubmitOrder {
  Bytes order;
  bool operator==(const SubmitOrder&) const = default;
};
/// Takes the accounts of a retired box over, by an order that names the document (hand_over.h). It
/// is never taken from the socket.
struct TakeAccounts {
  Bytes order;
  Bytes document;
  bool operator==(const TakeAccounts&) const = default;
};
/// Has the issuer key sign a statement (a list of keys, the time). Put on record by its hash.
struct SignStatement {
  Bytes payload;
  bool operator==(const SignStatement&) const = default;
};

// Requests that change nothing.

/// The first message of every connection: the greatest anchor that the other side has heard.
struct Hello {
  Anchor anchor;
  bool operator==(const Hello&) const = default;
};
struct Audit {
  std::uint32_t meter = 0;
  bool operator==(const Audit&) const = default;
};
struct VerifyAddress {
  Bytes token;
  std::string address;
  bool operator==(const VerifyAddress&) const = default;
};
struct AskKeys {
  bool operator==(const AskKeys&) const = default;
};

/// The order is that of the wire and of the journal: only ever append.
using Request = std::variant<Hello, OpenAccount, Fund, Dispense, Refund, ChangeState, SubmitOrder,
                             SignStatement, Audit, VerifyAddress, AskKeys, TakeAccounts>;

/// After open, fund, refund, lock, unlock, withdraw, audit: how the account stands.
struct AccountAnswer {
  Registers registers;
  AccountState state = AccountState::active;
  postal::Money fund_limit;
  Bytes public_key;  ///< of the account's tokens: SubjectPublicKeyInfo, DER
  Bytes record;      ///< the signed transaction record; empty for an audit
  Anchor anchor;
  bool operator==(const AccountAnswer&) const = default;
};
/// Tokens as they came from the mint; what they say stands in themselves.
struct MintedTokens {
  Registers registers;
  std::vector<Bytes> tokens;  ///< in the order of the pieces
  Bytes record;
  Anchor anchor;
  bool operator==(const MintedTokens&) const = default;
};
/// The box itself.
struct BoxKeys {
  std::uint32_t issuer = 0;
  Bytes transaction_key;  ///< signs records: SubjectPublicKeyInfo, DER
  Bytes issuer_key;       ///< signs statements
  Anchor anchor;
  bool operator==(const BoxKeys&) const = default;
};
struct AddressVerdict {
  bool matches = false;
  bool operator==(const AddressVerdict&) const = default;
};
/// What an order did or the issuer key signed; the order's answer has no content.
struct Statement {
  Bytes content;  ///< COSE_Sign1
  Anchor anchor;
  bool operator==(const Statement&) const = default;
};
/// Why nothing was done. Kinds are kept across the socket.
struct Refusal {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  bool operator==(const Refusal&) const = default;
};
/// The order is that of the wire: only ever append.
using Answer =
    std::variant<Refusal, AccountAnswer, MintedTokens, BoxKeys, AddressVerdict, Statement>;

/// The bytes of a message and, strictly, back. Encoding asks that limits are kept (it does not
/// check). Decoding fails: invalid, limit.
Bytes encode_request(const Request& request);
Result<Request> decode_request(ByteView message);
Bytes encode_answer(const Answer& answer);
Result<Answer> decode_answer(ByteView message);

/// What a transaction record says (docs/formats/meterbox.md).
struct Transaction {
  Sha256 box{};  ///< which box: the hash of its first record
  std::uint64_t version = 0;
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  std::uint8_t operation = 0;  ///< index in Request
  UtcTime at{};
  Registers before;
  Registers after;
  AccountState state = AccountState::active;  ///< after it, like the limit
  postal::Money fund_limit;
  std::vector<Sha256> tokens;  ///< SHA-256 of each, in order
  std::uint64_t refunded = 0;  ///< a refund's token, by its counter
  std::string mailer_id;       ///< these two where an account was opened
  Bytes public_key;
  bool operator==(const Transaction&) const = default;
};
Bytes encode_transaction(const Transaction& transaction);
Result<Transaction> decode_transaction(ByteView payload);
/// Opens a signed record. Fails: invalid, refused (not signed by this key).
Result<Transaction> open_transaction(ByteView record, ByteView transaction_key);

}  // namespace backstamp::datacenter::meterbox
