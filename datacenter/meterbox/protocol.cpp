#include "datacenter/meterbox/protocol.h"

#include "base/limits.h"
#include "datacenter/meterbox/fields.h"
#include "postal/signed_message.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::uint64_t kProtocol = 1;
constexpr std::uint64_t kErrorKinds = static_cast<std::uint64_t>(ErrorKind::internal) + 1;
constexpr std::uint64_t kStates = static_cast<std::uint64_t>(AccountState::withdrawn) + 1;
constexpr std::size_t kMailerDigits = 9;
constexpr std::size_t kRoutingDigits = 11;
constexpr std::size_t kOrderBytes = 64u << 10;
constexpr std::size_t kKeyBytes = 256;
constexpr std::size_t kRecordBytes = 16u << 10;
constexpr std::size_t kReasonBytes = 1024;

void write_fields(FieldWriter& out, const Hello& hello) {
  out.array(2).natural(0).anchor(hello.anchor);
}
void write_fields(FieldWriter& out, const OpenAccount& open) {
  out.array(5).natural(1).natural(open.meter).natural(open.number);
  out.text(open.mailer_id).money(open.fund_limit);
}
void write_fields(FieldWriter& out, const Fund& fund) {
  out.array(4).natural(2).natural(fund.meter).natural(fund.number).money(fund.amount);
}
void write_fields(FieldWriter& out, const Dispense& dispense) {
  out.array(4).natural(3).natural(dispense.meter).natural(dispense.number);
  out.array(dispense.pieces.size());
  for (const PieceOrder& piece : dispense.pieces) {
    out.array(6).text(piece.routing).natural(piece.service).money(piece.postage);
    out.date(piece.mailed).text(piece.address).natural(piece.meter_code ? 1 : 0);
  }
}
void write_fields(FieldWriter& out, const Refund& refund) {
  out.array(7).natural(4).natural(refund.meter).natural(refund.number);
  out.natural(refund.token.issuer).natural(refund.token.meter).natural(refund.token.counter);
  out.money(refund.amount);
}
void write_fields(FieldWriter& out, const ChangeState& change) {
  out.array(4).natural(5).natural(change.meter).natural(change.number);
  out.natural(static_cast<std::uint64_t>(change.state));
}
void write_fields(FieldWriter& out, const SubmitOrder& submit) {
  out.array(2).natural(6).bytes(submit.order);
}
void write_fields(FieldWriter& out, const SignStatement& sign) {
  out.array(2).natural(7).bytes(sign.payload);
}
void write_fields(FieldWriter& out, const Audit& audit) {
  out.array(2).natural(8).natural(audit.meter);
}
void write_fields(FieldWriter& out, const VerifyAddress& verify) {
  out.array(3).natural(9).bytes(verify.token).text(verify.address);
}
void write_fields(FieldWriter& out, const AskKeys&) {
  out.array(1).natural(10);
}

void write_fields(FieldWriter& out, const TakeAccounts& take) {
  out.array(3).natural(11).bytes(take.order).bytes(take.document);
}

Request read_dispense(FieldReader& in) {
  Dispense dispense;
  dispense.meter = in.natural32();
  dispense.number = in.natural(kMost64);
  const std::size_t count = in.count(kPiecesPerDispense);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    in.array(6);
    PieceOrder& piece = dispense.pieces.emplace_back();
    piece.routing = in.text(kRoutingDigits);
    piece.service = static_cast<std::uint16_t>(in.natural(999));
    piece.postage = in.money();
    piece.mailed = in.date();
    piece.address = in.text(kAddressBytes);
    piece.meter_code = in.natural(1) == 1;
  }
  return dispense;
}

Request read_numbered(FieldReader& in, std::uint64_t operation) {
  const std::uint32_t meter = in.natural32();
  const std::uint64_t number = in.natural(kMost64);
  if (operation == 1) {
    OpenAccount open{meter, number, in.text(kMailerDigits), {}};
    open.fund_limit = in.money();
    return open;
  }
  if (operation == 2) return Fund{meter, number, in.money()};
  if (operation == 4) {
    Refund refund{meter, number, {}, {}};
    refund.token.issuer = in.natural32();
    refund.token.meter = in.natural32();
    refund.token.counter = in.natural(kMost64);
    refund.amount = in.money();
    return refund;
  }
  return ChangeState{meter, number, static_cast<AccountState>(in.natural(kStates - 1))};
}

/// How many items the array of each operation has.
constexpr std::size_t kItems[] = {2, 5, 4, 4, 7, 4, 2, 2, 2, 3, 1, 3};
static_assert(std::size(kItems) == std::variant_size_v<Request>);

void write_answer(FieldWriter& out, const Refusal& refusal) {
  out.array(3).natural(0).natural(static_cast<std::uint64_t>(refusal.kind));
  out.text(to_utf8(as_bytes(std::string_view(refusal.message).substr(0, kReasonBytes / 2))));
}
void write_answer(FieldWriter& out, const AccountAnswer& answer) {
  out.array(7).natural(1).registers(answer.registers);
  out.natural(static_cast<std::uint64_t>(answer.state)).money(answer.fund_limit);
  out.bytes(answer.public_key).bytes(answer.record).anchor(answer.anchor);
}
void write_answer(FieldWriter& out, const MintedTokens& answer) {
  out.array(5).natural(2).registers(answer.registers).array(answer.tokens.size());
  for (const Bytes& token : answer.tokens) out.bytes(token);
  out.bytes(answer.record).anchor(answer.anchor);
}
void write_answer(FieldWriter& out, const BoxKeys& answer) {
  out.array(5).natural(3).natural(answer.issuer).bytes(answer.transaction_key);
  out.bytes(answer.issuer_key).anchor(answer.anchor);
}
void write_answer(FieldWriter& out, const AddressVerdict& answer) {
  out.array(2).natural(4).natural(answer.matches ? 1 : 0);
}
void write_answer(FieldWriter& out, const Statement& answer) {
  out.array(3).natural(5).bytes(answer.content).anchor(answer.anchor);
}

constexpr std::size_t kAnswerItems[] = {3, 7, 5, 5, 2, 3};
static_assert(std::size(kAnswerItems) == std::variant_size_v<Answer>);

Answer read_minted(FieldReader& in) {
  MintedTokens answer;
  answer.registers = in.registers();
  const std::size_t count = in.count(kPiecesPerDispense);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    answer.tokens.push_back(in.bytes(limits::kTokenBytes));
  }
  answer.record = in.bytes(kRecordBytes);
  answer.anchor = in.anchor();
  return answer;
}

Answer read_answer(FieldReader& in, std::uint64_t kind) {
  switch (kind) {
    case 0: {
      Refusal refusal{static_cast<ErrorKind>(in.natural(kErrorKinds - 1)), {}};
      refusal.message = in.text(kReasonBytes);
      return refusal;
    }
    case 1: {
      AccountAnswer answer;
      answer.registers = in.registers();
      answer.state = static_cast<AccountState>(in.natural(kStates - 1));
      answer.fund_limit = in.money();
      answer.public_key = in.bytes(kKeyBytes);
      answer.record = in.bytes(kRecordBytes);
      answer.anchor = in.anchor();
      return answer;
    }
    case 2:
      return read_minted(in);
    case 3: {
      BoxKeys answer;
      answer.issuer = in.natural32();
      answer.transaction_key = in.bytes(kKeyBytes);
      answer.issuer_key = in.bytes(kKeyBytes);
      answer.anchor = in.anchor();
      return answer;
    }
    case 4:
      return AddressVerdict{in.natural(1) == 1};
    default: {
      Statement answer;
      answer.content = in.bytes(kMessageBytes);
      answer.anchor = in.anchor();
      return answer;
    }
  }
}

Result<void> check_size(ByteView message) {
  if (message.size() <= kMessageBytes) return {};
  return fail(ErrorKind::limit, "meter box: a message is at most 262144 bytes");
}

}  // namespace

std::string_view to_string(AccountState state) {
  switch (state) {
    case AccountState::active:
      return "active";
    case AccountState::locked:
      return "locked";
    case AccountState::withdrawn:
      return "withdrawn";
  }
  return "?";
}

FieldWriter& FieldWriter::registers(const Registers& value) {
  array(7).money(value.ascending).money(value.descending).money(value.control);
  natural(value.pieces).money(value.funded).money(value.refunded).money(value.withdrawn);
  return *this;
}

Registers FieldReader::registers() {
  Registers value;
  array(7);
  value.ascending = money();
  value.descending = money();
  value.control = money();
  value.pieces = natural(kMost64);
  value.funded = money();
  value.refunded = money();
  value.withdrawn = money();
  return value;
}

void write_request(FieldWriter& out, const Request& request) {
  std::visit([&](const auto& of) { write_fields(out, of); }, request);
}

Request read_request(FieldReader& in) {
  const std::size_t items = in.count(std::size_t{8});
  const std::uint64_t operation = in.natural(std::variant_size_v<Request> - 1);
  in.refuse_unless(items == kItems[operation]);
  switch (operation) {
    case 0:
      return Hello{in.anchor()};
    case 3:
      return read_dispense(in);
    case 6:
      return SubmitOrder{in.bytes(kOrderBytes)};
    case 7:
      return SignStatement{in.bytes(kStatementBytes)};
    case 8:
      return Audit{in.natural32()};
    case 9: {
      VerifyAddress verify{in.bytes(limits::kTokenBytes), {}};
      verify.address = in.text(kAddressBytes);
      return verify;
    }
    case 10:
      return AskKeys{};
    case 11: {
      TakeAccounts take{in.bytes(kOrderBytes), {}};
      take.document = in.bytes(kDocumentBytes);
      return take;
    }
    default:
      return read_numbered(in, operation);
  }
}

Bytes encode_request(const Request& request) {
  FieldWriter out;
  out.array(2).natural(kProtocol);
  write_request(out, request);
  return out.take();
}

Result<Request> decode_request(ByteView message) {
  if (auto ok = check_size(message); !ok) return std::unexpected(ok.error());
  FieldReader in(message);
  in.array(2);
  in.refuse_unless(in.natural(kMost64) == kProtocol);
  Request request = read_request(in);
  if (in.at_good_end()) return request;
  return fail(ErrorKind::invalid, "meter box: not a request of protocol 1");
}

Bytes encode_answer(const Answer& answer) {
  FieldWriter out;
  out.array(2).natural(kProtocol);
  std::visit([&](const auto& of) { write_answer(out, of); }, answer);
  return out.take();
}

Result<Answer> decode_answer(ByteView message) {
  if (auto ok = check_size(message); !ok) return std::unexpected(ok.error());
  FieldReader in(message);
  in.array(2);
  in.refuse_unless(in.natural(kMost64) == kProtocol);
  const std::size_t items = in.count(std::size_t{8});
  const std::uint64_t kind = in.natural(std::variant_size_v<Answer> - 1);
  in.refuse_unless(items == kAnswerItems[kind]);
  Answer answer = read_answer(in, kind);
  if (in.at_good_end()) return answer;
  return fail(ErrorKind::invalid, "meter box: not an answer of protocol 1");
}

Bytes encode_transaction(const Transaction& transaction) {
  FieldWriter out;
  out.array(16).natural(kProtocol).bytes(transaction.box).natural(transaction.version);
  out.natural(transaction.issuer).natural(transaction.meter).natural(transaction.number);
  out.natural(transaction.operation).time(transaction.at);
  out.registers(transaction.before).registers(transaction.after);
  out.natural(static_cast<std::uint64_t>(transaction.state)).money(transaction.fund_limit);
  out.array(transaction.tokens.size());
  for (const Sha256& token : transaction.tokens) out.bytes(token);
  out.natural(transaction.refunded).text(transaction.mailer_id).bytes(transaction.public_key);
  return out.take();
}

Result<Transaction> decode_transaction(ByteView payload) {
  FieldReader in(payload);
  in.array(16);
  in.refuse_unless(in.natural(kMost64) == kProtocol);
  Transaction transaction;
  transaction.box = in.hash();
  transaction.version = in.natural(kMost64);
  transaction.issuer = in.natural32();
  transaction.meter = in.natural32();
  transaction.number = in.natural(kMost64);
  transaction.operation = static_cast<std::uint8_t>(in.natural(std::variant_size_v<Request> - 1));
  transaction.at = in.time();
  transaction.before = in.registers();
  transaction.after = in.registers();
  transaction.state = static_cast<AccountState>(in.natural(kStates - 1));
  transaction.fund_limit = in.money();
  const std::size_t count = in.count(kPiecesPerDispense);
  for (std::size_t i = 0; i < count && in.good(); ++i) transaction.tokens.push_back(in.hash());
  transaction.refunded = in.natural(kMost64);
  transaction.mailer_id = in.text(kMailerDigits);
  transaction.public_key = in.bytes(kKeyBytes);
  if (in.at_good_end()) return transaction;
  return fail(ErrorKind::invalid, "meter box: not a transaction record");
}

Result<Transaction> open_transaction(ByteView record, ByteView transaction_key) {
  const auto payload = postal::open_message(record, transaction_key);
  if (!payload) return std::unexpected(payload.error());
  return decode_transaction(*payload);
}

}  // namespace backstamp::datacenter::meterbox
