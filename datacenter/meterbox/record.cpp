#include "datacenter/meterbox/record.h"

#include "base/crc32c.h"
#include "base/limits.h"
#include "datacenter/meterbox/fields.h"
#include "postal/signed_message.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kPeople = 64;
constexpr std::size_t kKeyBytes = 256;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::invalid, "meter box: not a record (" + std::string(what) + ")");
}

void put32(Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}
std::uint32_t get32(ByteView bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | bytes[static_cast<std::size_t>(i)];
  return value;
}

void write_what(FieldWriter& out, const Founding& founding) {
  out.array(7).natural(0).natural(founding.issuer).money(founding.open_limit);
  out.bytes(founding.transaction_key).bytes(founding.issuer_key).bytes(founding.nonce);
  write_people(out, founding.people);
}

void write_what(FieldWriter& out, const Done& done) {
  out.array(5).natural(1);
  write_request(out, done.request);
  out.bytes(done.new_key).bytes(done.record).array(done.tokens.size());
  for (const Bytes& token : done.tokens) out.bytes(token);
}

Founding read_founding(FieldReader& in) {
  Founding founding;
  founding.issuer = in.natural32();
  founding.open_limit = in.money();
  founding.transaction_key = in.bytes(kKeyBytes);
  founding.issuer_key = in.bytes(kKeyBytes);
  founding.nonce = in.hash();
  founding.people = read_people(in, kPeople);
  return founding;
}

Done read_done(FieldReader& in) {
  Done done;
  done.request = read_request(in);
  done.new_key = in.bytes(kDocumentBytes);
  done.record = in.bytes(kMessageBytes);
  const std::size_t count = in.count(kPiecesPerDispense);
  for (std::size_t i = 0; i < count && in.good(); ++i) {
    done.tokens.push_back(in.bytes(limits::kTokenBytes));
  }
  return done;
}

/// Are these tokens those that the plan wanted? Their bindings only the HSM can make.
Result<void> compare_tokens(const Plan& plan, const Done& done) {
  if (plan.tokens.size() != done.tokens.size()) return malformed("the number of tokens");
  for (std::size_t i = 0; i < plan.tokens.size(); ++i) {
    auto parsed = postal::parse_token(done.tokens[i]);
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->token.address.has_value() == plan.addresses[i].empty()) {
      return malformed("an address binding");
    }
    parsed->token.address.reset();
    if (parsed->token != plan.tokens[i]) return malformed("a token that was not ordered");
  }
  return {};
}

Result<void> compare_transaction(Plan& plan, const Done& done) {
  if (!plan.transaction) return {};
  for (const Bytes& token : done.tokens) plan.transaction->tokens.push_back(sha256(token));
  const auto message = postal::parse_signed_message(done.record);
  if (!message) return std::unexpected(message.error());
  if (message->payload != encode_transaction(*plan.transaction)) {
    return malformed("a transaction that the rules do not give");
  }
  return {};
}

}  // namespace

Bytes encode_entry(const Entry& entry) {
  FieldWriter out;
  out.array(4).natural(entry.version).bytes(entry.before).time(entry.at);
  std::visit([&](const auto& what) { write_what(out, what); }, entry.what);
  return out.take();
}

Result<Entry> decode_entry(ByteView body) {
  FieldReader in(body);
  in.array(4);
  Entry entry;
  entry.version = in.natural(kMost64);
  entry.before = in.hash();
  entry.at = in.time();
  const std::size_t items = in.count(std::size_t{8});
  const std::uint64_t kind = in.natural(1);
  in.refuse_unless(items == (kind == 0 ? 7 : 5));
  if (kind == 0) {
    entry.what = read_founding(in);
  } else {
    entry.what = read_done(in);
  }
  if (!in.at_good_end() || entry.version == 0) return malformed("its fields");
  return entry;
}

Bytes sealed_content(std::string_view domain, const Sha256& body_hash) {
  Bytes content(domain.begin(), domain.end());
  content.push_back(0);
  content.insert(content.end(), body_hash.begin(), body_hash.end());
  return content;
}

std::uint64_t peek_version(ByteView body) {
  FieldReader in(body);
  in.array(4);
  return in.natural(kMost64);
}

Bytes frame_entry(ByteView body, const Sha256& seal) {
  Bytes frame;
  frame.reserve(kFrameHeadBytes + body.size() + seal.size());
  put32(frame, static_cast<std::uint32_t>(body.size() + seal.size()));
  put32(frame, crc32c(seal, crc32c(body)));
  frame.insert(frame.end(), body.begin(), body.end());
  frame.insert(frame.end(), seal.begin(), seal.end());
  return frame;
}

std::optional<Frame> read_frame(ByteView bytes) {
  if (bytes.size() < kFrameHeadBytes) return {};
  const std::size_t length = get32(bytes);
  if (length <= kSealBytes || length > kEntryBytes || length > bytes.size() - kFrameHeadBytes) {
    return {};
  }
  const ByteView content = bytes.subspan(kFrameHeadBytes, length);
  if (crc32c(content) != get32(bytes.subspan(4))) return {};
  return Frame{content.first(length - kSealBytes), content.last(kSealBytes),
               kFrameHeadBytes + length};
}

Result<void> replay_entry(BoxState& state, const Entry& entry, const Sha256& hash) {
  if (const auto* founding = std::get_if<Founding>(&entry.what)) {
    if (state.anchor.version != 0 || entry.version != 1 || entry.before != Sha256{}) {
      return malformed("a box is founded once");
    }
    auto founded = found_box(*founding, entry.at);
    if (!founded) return std::unexpected(founded.error());
    state = *std::move(founded);
    state.settings.box = hash;
    state.anchor.chain = hash;
    return {};
  }
  if (state.anchor.version == 0 || entry.before != state.anchor.chain) {
    return malformed("it does not follow the one before it");
  }
  const Done& done = std::get<Done>(entry.what);
  Undo undo;
  auto plan = make_change(state, {done.request, entry.at, done.new_key}, undo);
  if (!plan) return std::unexpected(plan.error());
  auto same = compare_tokens(*plan, done);
  if (same) same = compare_transaction(*plan, done);
  if (same && state.anchor.version != entry.version) same = malformed("its number");
  if (!same) {
    undo_change(state, std::move(undo));
    return same;
  }
  state.anchor.chain = hash;
  return {};
}

Result<Answer> answer_of(const BoxState& state, const Done& done, const Anchor& anchor) {
  const auto of = account_number(done.request);
  if (!of) {
    const auto* submit = std::get_if<SubmitOrder>(&done.request);
    return Statement{submit == nullptr ? done.record : done.new_key, anchor};
  }
  const auto message = postal::parse_signed_message(done.record);
  if (!message) return std::unexpected(message.error());
  const auto transaction = decode_transaction(message->payload);
  if (!transaction) return std::unexpected(transaction.error());
  if (std::holds_alternative<Dispense>(done.request)) {
    return MintedTokens{transaction->after, done.tokens, done.record, anchor};
  }
  const auto account = state.accounts.find(of->first);
  if (account == state.accounts.end()) return fail(ErrorKind::internal, "meter box: no account");
  return AccountAnswer{transaction->after,         transaction->state, transaction->fund_limit,
                       account->second.public_key, done.record,        anchor};
}

}  // namespace backstamp::datacenter::meterbox
