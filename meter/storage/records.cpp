#include "meter/storage/records.h"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <type_traits>

#include "base/assert.h"
#include "base/crc32c.h"
#include "meter/authorization.h"

namespace backstamp::meter {
namespace {

constexpr std::uint64_t kRecordBytes = 256ull << 20;
constexpr std::size_t kHeaderBytes = 8;  // length and CRC, 32 bits each
constexpr std::uint8_t kVersion = 2;
constexpr std::int32_t kMailedLast_days = 65535;  // as in a token
constexpr std::size_t kKeyBytes = 128;            // a public key; none of ours is longer
enum class Type : std::uint8_t {
  snapshot = 1,
  funded = 2,
  printed = 3,
  registered = 4,
  heard = 5,
  behind = 6,
  authorized = 7
};

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::invalid, "the journal is damaged: " + std::string(what));
}

class Writer {
 public:
  template <std::integral Number>
  void number(Number value) {
    const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
    }
  }
  void text(std::string_view text) {
    BACKSTAMP_ASSERT(text.size() <= 255);
    number(static_cast<std::uint8_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void bytes(ByteView content) {
    BACKSTAMP_ASSERT(content.size() <= 65535);
    number(static_cast<std::uint16_t>(content.size()));
    bytes_.insert(bytes_.end(), content.begin(), content.end());
  }
  template <typename Time>
  void time(Time value) {
    number(static_cast<std::int64_t>(value.time_since_epoch().count()));
  }
  void moment(const Moment& value) {
    time(value.utc);
    number(value.boot);
    number(static_cast<std::int64_t>(value.up.count()));
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what Writer wrote; past the end it gives zeros and says so in `good()`.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  template <std::integral Number>
  Number number() {
    std::make_unsigned_t<Number> bits = 0;
    const ByteView bytes = take(sizeof(Number));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bits = static_cast<std::make_unsigned_t<Number>>(
          bits | static_cast<std::make_unsigned_t<Number>>(bytes[i]) << (8 * i));
    }
    return static_cast<Number>(bits);
  }
  std::string text() { return std::string(as_text(take(number<std::uint8_t>()))); }
  Bytes bytes(std::size_t most) {
    const auto size = number<std::uint16_t>();
    if (size > most) good_ = false;
    const ByteView content = take(good_ ? size : 0);
    return {content.begin(), content.end()};
  }
  /// An instant between 1970 and 9999: sums of those and of durations cannot overflow.
  template <typename Time>
  Time time() {
    constexpr auto kLast = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);
    const Time value{typename Time::duration(number<std::int64_t>())};
    if (value >= Time{} && value <= kLast) return value;
    good_ = false;
    return {};
  }
  Moment moment() {
    Moment value;
    value.utc = time<UtcTime>();
    value.boot = number<std::uint64_t>();
    value.up = time<UtcTime>().time_since_epoch();
    return value;
  }
  bool good() const { return good_; }
  std::size_t left() const { return rest_.size(); }

 private:
  ByteView take(std::size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  ByteView rest_;
  bool good_ = true;
};

template <typename Pieces>
void write_pieces(Writer& out, const Pieces& pieces) {
  out.number(static_cast<std::uint32_t>(pieces.size()));
  for (const PieceRecord& piece : pieces) {
    out.number(piece.counter);
    out.number(piece.postage.mills);
    out.number(
        static_cast<std::int32_t>(std::chrono::sys_days(piece.mailed).time_since_epoch().count()));
    out.number(piece.service);
    out.text(piece.code);
  }
}

template <typename Pieces>
bool read_pieces(Reader& in, Pieces& pieces) {
  constexpr std::size_t kLeastPieceBytes = 23;
  const auto count = in.number<std::uint32_t>();
  if (count > in.left() / kLeastPieceBytes) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    PieceRecord piece;
    piece.counter = in.number<std::uint64_t>();
    piece.postage.mills = in.number<std::int64_t>();
    const auto days = in.number<std::int32_t>();
    if (days < 0 || days > kMailedLast_days) return false;
    piece.mailed = Date(std::chrono::sys_days(std::chrono::days(days)));
    piece.service = in.number<std::uint16_t>();
    piece.code = in.text();
    if (!in.good()) return false;
    pieces.push_back(std::move(piece));
  }
  return true;
}

struct BodyWriter {
  Writer& out;
  void operator()(const SnapshotRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::snapshot));
    out.number(kVersion);
    const VaultState& state = record.state;
    out.number(state.identity.issuer);
    out.number(state.identity.meter);
    out.text(state.identity.mailer_id);
    out.number(state.offline.limit.mills);
    out.number(static_cast<std::int64_t>(state.offline.period.count()));
    out.bytes(state.fund_authority);
    const Registers& registers = state.registers;
    out.number(registers.ascending.mills);
    out.number(registers.descending.mills);
    out.number(registers.funded.mills);
    out.number(registers.counter);
    out.number(registers.registered_through);
    out.time(state.heard_at);
    out.number(state.spent.mills);
    out.moment(state.latest);
    out.time(state.last_second);
    out.number(state.behind);
    out.number(state.authorization);
    out.bytes(state.authorization_message);
    write_pieces(out, state.pending);
  }
  void operator()(const FundedRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::funded));
    out.number(record.amount.mills);
  }
  void operator()(const PrintedRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::printed));
    out.moment(record.at);
    out.time(record.last_second);
    write_pieces(out, record.pieces);
  }
  void operator()(const HeardRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::heard));
    out.moment(record.at);
  }
  void operator()(const BehindRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::behind));
    out.number(record.counter);
  }
  void operator()(const AuthorizedRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::authorized));
    out.number(record.number);
    out.number(record.amount.mills);
    out.bytes(record.message);
  }
  void operator()(const RegisteredRecord& record) const {
    out.number(static_cast<std::uint8_t>(Type::registered));
    out.number(record.through);
  }
};

Result<Record> read_snapshot(Reader& in) {
  if (const auto version = in.number<std::uint8_t>(); version != kVersion) {
    return fail(ErrorKind::invalid, "the vault is of version " + std::to_string(version) +
                                        ", this program knows version " + std::to_string(kVersion) +
                                        ": finish its mail with the program that made it, and make "
                                        "a new meter");
  }
  SnapshotRecord record;
  VaultState& state = record.state;
  state.identity.issuer = in.number<std::uint32_t>();
  state.identity.meter = in.number<std::uint32_t>();
  state.identity.mailer_id = in.text();
  state.offline.limit.mills = in.number<std::int64_t>();
  state.offline.period = in.time<std::chrono::sys_seconds>().time_since_epoch();
  state.fund_authority = in.bytes(kKeyBytes);
  Registers& registers = state.registers;
  registers.ascending.mills = in.number<std::int64_t>();
  registers.descending.mills = in.number<std::int64_t>();
  registers.funded.mills = in.number<std::int64_t>();
  registers.counter = in.number<std::uint64_t>();
  registers.registered_through = in.number<std::uint64_t>();
  state.heard_at = in.time<UtcTime>();
  state.spent.mills = in.number<std::int64_t>();
  state.latest = in.moment();
  state.last_second = in.time<std::chrono::sys_seconds>();
  state.behind = in.number<std::uint64_t>();
  state.authorization = in.number<std::uint64_t>();
  state.authorization_message = in.bytes(kAuthorizationBytes);
  if (!in.good() || !read_pieces(in, state.pending)) return damaged("a snapshot");
  return record;
}

Result<Record> read_printed(Reader& in) {
  PrintedRecord record;
  record.at = in.moment();
  record.last_second = in.time<std::chrono::sys_seconds>();
  if (!read_pieces(in, record.pieces)) return damaged("the pieces of a record");
  return record;
}

Result<Record> read_record(Reader& in) {
  switch (static_cast<Type>(in.number<std::uint8_t>())) {
    case Type::snapshot:
      return read_snapshot(in);
    case Type::funded:
      return FundedRecord{postal::Money{in.number<std::int64_t>()}};
    case Type::printed:
      return read_printed(in);
    case Type::registered:
      return RegisteredRecord{in.number<std::uint64_t>()};
    case Type::heard:
      return HeardRecord{in.moment()};
    case Type::behind:
      return BehindRecord{in.number<std::uint64_t>()};
    case Type::authorized: {
      AuthorizedRecord record;
      record.number = in.number<std::uint64_t>();
      record.amount.mills = in.number<std::int64_t>();
      record.message = in.bytes(kAuthorizationBytes);
      return record;
    }
  }
  return damaged("a record of unknown type");
}

/// A whole record whose CRC agrees, or none: the end, a torn write or damage.
struct Framed {
  std::uint64_t sequence = 0;
  ByteView body;
  std::size_t size = 0;  ///< header and all
};
std::optional<Framed> next_frame(ByteView bytes) {
  if (bytes.size() < kHeaderBytes) return {};
  Reader header(bytes);
  const auto length = header.number<std::uint32_t>();
  const auto crc = header.number<std::uint32_t>();
  if (length < 9 || length > kRecordBytes || length > bytes.size() - kHeaderBytes) return {};
  const ByteView body = bytes.subspan(kHeaderBytes, length);
  if (crc32c(body) != crc) return {};
  Reader in(body);
  const auto sequence = in.number<std::uint64_t>();
  return Framed{sequence, body.subspan(8), kHeaderBytes + length};
}

bool balanced(const Registers& registers) {
  std::int64_t sum = 0;
  return registers.ascending.mills >= 0 && registers.descending.mills >= 0 &&
         !__builtin_add_overflow(registers.ascending.mills, registers.descending.mills, &sum) &&
         sum == registers.funded.mills;
}

/// The pending pieces are those after `registered_through`, up to `counter`, without a gap.
bool follow_on(const VaultState& state) {
  const Registers& registers = state.registers;
  if (registers.registered_through > registers.counter) return false;
  if (state.pending.size() != registers.counter - registers.registered_through) return false;
  std::uint64_t counter = registers.registered_through;
  return std::all_of(state.pending.begin(), state.pending.end(), [&](const PieceRecord& piece) {
    return piece.counter == ++counter && piece.postage.mills >= 0;
  });
}

/// A state that a vault can be in.
bool sound(const VaultState& state) {
  const bool by_authority = !state.fund_authority.empty();
  return balanced(state.registers) && follow_on(state) && state.offline.limit.mills >= 0 &&
         state.spent.mills >= 0 && state.spent <= state.registers.ascending &&
         (by_authority ? (state.authorization > 0) == (state.registers.funded.mills > 0)
                       : state.authorization == 0 && state.authorization_message.empty());
}

Result<void> apply_printed(VaultState& state, const PrintedRecord& record) {
  Registers& registers = state.registers;
  if (record.at.utc < state.latest.utc) return damaged("time goes back in it");
  if (record.last_second < state.last_second) return damaged("a second is used twice");
  state.latest = record.at;
  state.last_second = record.last_second;
  for (const PieceRecord& piece : record.pieces) {
    if (piece.counter != registers.counter + 1) return damaged("piece counters do not follow on");
    const std::int64_t mills = piece.postage.mills;
    if (mills < 0 || mills > registers.descending.mills) return damaged("a piece was not paid for");
    registers.counter = piece.counter;
    registers.descending.mills -= mills;
    registers.ascending.mills += mills;  // bounded by `funded`
    state.spent.mills += mills;          // and this by `ascending`
    state.pending.push_back(piece);
  }
  return {};
}

Result<void> apply_funds(VaultState& state, postal::Money amount) {
  Registers& registers = state.registers;
  const auto total = registers.funded.plus(amount);
  if (amount.mills <= 0 || !total) return damaged("an impossible amount of funds");
  registers.funded = *total;
  registers.descending.mills += amount.mills;
  return {};
}

/// What each record does to the state.
struct Effect {
  VaultState& state;

  Result<void> operator()(const SnapshotRecord& record) const {
    if (!sound(record.state)) return damaged("the registers of its snapshot do not balance");
    state = record.state;
    return {};
  }
  Result<void> operator()(const FundedRecord& record) const {
    if (!state.fund_authority.empty()) return damaged("funds that its authority did not give");
    return apply_funds(state, record.amount);
  }
  Result<void> operator()(const PrintedRecord& record) const {
    return apply_printed(state, record);
  }
  Result<void> operator()(const RegisteredRecord& record) const {
    Registers& registers = state.registers;
    if (record.through <= registers.registered_through || record.through > registers.counter) {
      return damaged("pieces are registered that are not pending");
    }
    const auto done = static_cast<std::ptrdiff_t>(record.through - registers.registered_through);
    state.pending.erase(state.pending.begin(), state.pending.begin() + done);
    registers.registered_through = record.through;
    return {};
  }
  Result<void> operator()(const HeardRecord& record) const {
    state.heard_at = record.at.utc;
    state.latest = record.at;
    state.spent = {};
    return {};
  }
  Result<void> operator()(const BehindRecord& record) const {
    if (record.counter == 0) return damaged("it is behind nothing");
    state.behind = record.counter;
    return {};
  }
  Result<void> operator()(const AuthorizedRecord& record) const {
    const bool next = record.number != 0 && record.number == state.authorization + 1;
    if (state.fund_authority.empty() || !next) {
      return damaged("an authorization of funds out of place");
    }
    state.authorization = record.number;
    state.authorization_message = record.message;
    return apply_funds(state, record.amount);
  }
};

}  // namespace

Bytes encode_record(std::uint64_t sequence, const Record& record) {
  Writer out;
  out.number(sequence);
  std::visit(BodyWriter{out}, record);
  const Bytes body = out.take();
  BACKSTAMP_ASSERT(body.size() <= kRecordBytes);
  Writer header;
  header.number(static_cast<std::uint32_t>(body.size()));
  header.number(crc32c(body));
  Bytes bytes = header.take();
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

Result<void> apply(VaultState& state, const Record& record) {
  return std::visit(Effect{state}, record);
}

Result<ReplayedJournal> replay_journal(ByteView bytes) {
  ReplayedJournal journal;
  std::size_t offset = 0;
  while (const auto frame = next_frame(bytes.subspan(offset))) {
    Reader in(frame->body);
    const auto record = read_record(in);
    if (!record) return std::unexpected(record.error());
    if (!in.good() || in.left() != 0) return damaged("a record of the wrong length");
    const bool first = journal.ends.empty();
    if (first != std::holds_alternative<SnapshotRecord>(*record)) {
      return damaged("a snapshot stands first, and only there");
    }
    if (first) journal.first_sequence = frame->sequence;
    if (frame->sequence != journal.first_sequence + journal.ends.size()) {
      return damaged("its records do not follow on");
    }
    if (auto applied = apply(journal.state, *record); !applied) {
      return std::unexpected(applied.error());
    }
    BACKSTAMP_ASSERT(balanced(journal.state.registers));
    if (std::holds_alternative<PrintedRecord>(*record)) journal.last_printed = frame->sequence;
    offset += frame->size;
    journal.ends.push_back(offset);
    journal.registers.push_back(journal.state.registers);
  }
  if (journal.ends.empty()) return damaged("it does not begin with a whole snapshot");
  return journal;
}

}  // namespace backstamp::meter
