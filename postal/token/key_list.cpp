#include <algorithm>

#include "postal/token/public_key.h"
#include "postal/token/statement.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;

std::unexpected<Error> refuse_list(const KeyList& list, std::string why) {
  return fail(ErrorKind::refused, "key bundle: list " + std::to_string(list.sequence) +
                                      " of issuer " + std::to_string(list.issuer) + ": " +
                                      std::move(why));
}

Result<KeyList> decode(ByteView payload) {
  cbor::Reader reader(payload);
  if (!read_statement(reader, StatementKind::key_list, 5)) return refuse_bundle("no list of keys");
  KeyList list;
  const auto issuer = reader.natural(kMost32);
  const auto sequence = issuer ? reader.natural(kLargestSequence) : std::nullopt;
  if (!sequence || *sequence == 0) return refuse_bundle("a list without a sequence number");
  list.issuer = static_cast<std::uint32_t>(*issuer);
  list.sequence = *sequence;
  const auto issued_at = read_time(reader);
  if (!issued_at) return refuse_bundle("a list without a time of issue");
  list.issued_at = *issued_at;
  auto time_keys = read_time_keys(reader);
  if (!time_keys) return refuse_bundle("a list without its time keys");
  list.time_keys = *std::move(time_keys);
  const auto count = reader.head(Major::array);
  if (!count) return refuse_bundle("a list without keys");
  if (*count > kKeysLimit) return fail(ErrorKind::limit, "key bundle: over 1000000 keys");
  for (std::uint64_t i = 0; i < *count; ++i) {  // nothing is reserved: the count may lie
    auto key = read_key(reader, list.issuer);
    if (!key) return refuse_bundle("entry " + std::to_string(i + 1) + " is malformed");
    if (i > 0 && !comes_before(list.keys.back().public_key, key->public_key)) {
      return refuse_bundle("entry " + std::to_string(i + 1) + " is out of order or there twice");
    }
    list.keys.push_back(*std::move(key));
  }
  if (!reader.at_end()) return refuse_bundle("bytes are left over after a list");
  return list;
}

/// May this key have signed this list?
Result<void> check_signer(const KeyList& list, const IssuerKey& signer) {
  if (list.issuer != signer.issuer) {
    return refuse_list(list, "signed by a key of issuer " + std::to_string(signer.issuer));
  }
  const auto issued = std::chrono::floor<std::chrono::days>(list.issued_at);
  if (issued < std::chrono::sys_days(signer.valid_from) ||
      issued > std::chrono::sys_days(signer.valid_until)) {
    return refuse_list(list, "its signer's key was not valid when it was issued");
  }
  if (signer.revoked && list.sequence > signer.revoked->last_sequence) {
    return refuse_list(list, "its signer's key is revoked; it signed up to " +
                                 std::to_string(signer.revoked->last_sequence));
  }
  return {};
}

}  // namespace

Result<Bytes> sign_key_list(const KeyList& list, const SigningKey& issuer) {
  for (const BundleKey& key : list.keys) {
    if (const auto usable = PublicKey::parse(key.public_key); !usable) {
      return fail("key bundle", usable.error());
    }
  }
  const auto payload = encode_key_list(list);
  if (!payload) return std::unexpected(payload.error());
  return make_sign1(*payload, issuer);
}

Result<KeyList> open_key_list(ByteView item, const IssuerStatement& issuers) {
  const auto envelope = parse_sign1(item);
  if (!envelope) return refuse_bundle("a list is no COSE_Sign1 in our deterministic form");
  const auto signer = std::find_if(
      issuers.issuers.begin(), issuers.issuers.end(),
      [&](const IssuerKey& key) { return public_key_id(key.public_key) == envelope->key; });
  if (signer == issuers.issuers.end()) {
    return fail(ErrorKind::refused, "key bundle: a list is signed by " + to_hex(envelope->key) +
                                        ", which the root does not name");
  }
  const auto message = open_sign1(item, signer->public_key, "list of keys");
  if (!message) return std::unexpected(message.error());
  auto list = decode(message->payload);
  if (!list) return list;
  if (auto allowed = check_signer(*list, *signer); !allowed) {
    return std::unexpected(allowed.error());
  }
  return list;
}

Result<Bytes> sign_time(const TimeStatement& statement, const SigningKey& time_key) {
  const auto count = statement.time.time_since_epoch().count();
  if (count < 0) return fail(ErrorKind::limit, "time statement: before 1970");
  cbor::Writer writer;
  begin_statement(writer, StatementKind::time, 2);
  writer.natural(static_cast<std::uint64_t>(count));
  writer.natural(statement.sequence);
  return make_sign1(writer.take(), time_key);
}

Result<TimeStatement> open_time(ByteView statement, const SignedBundle& bundle) {
  const auto envelope = parse_sign1(statement);
  if (!envelope) return fail(ErrorKind::invalid, "time statement: not a COSE_Sign1 of our form");
  for (const auto& part : bundle.lists) {
    for (const Bytes& key : part.list.time_keys) {
      if (public_key_id(key) != envelope->key) continue;
      const auto message = open_sign1(statement, key, "time statement");
      if (!message) return std::unexpected(message.error());
      cbor::Reader reader(message->payload);
      if (!read_statement(reader, StatementKind::time, 2)) {
        return fail(ErrorKind::invalid, "time statement: it says something else");
      }
      const auto time = read_time(reader);
      const auto sequence = time ? reader.natural(~std::uint64_t{0}) : std::nullopt;
      if (!sequence || !reader.at_end()) {
        return fail(ErrorKind::invalid, "time statement: a time and a sequence are wanted");
      }
      return TimeStatement{*time, *sequence};
    }
  }
  return fail(ErrorKind::refused, "time statement: signed by " + to_hex(envelope->key) +
                                      ", which is no time key of the bundle");
}

}  // namespace backstamp::postal
