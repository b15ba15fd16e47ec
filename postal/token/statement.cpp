#include "postal/token/statement.h"

#include <algorithm>

#include "postal/token/days.h"
#include "postal/token/public_key.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kMost63 = ~std::uint64_t{0} >> 1;
constexpr std::uint64_t kKeyFields = 4;     // and a fifth, the day of revocation
constexpr std::uint64_t kIssuerFields = 4;  // and two more where it is revoked

Result<std::uint64_t> to_microseconds(UtcTime time) {
  const auto count = time.time_since_epoch().count();
  if (count < 0) return fail(ErrorKind::limit, "key bundle: issued before 1970");
  return static_cast<std::uint64_t>(count);
}

/// First and last day of a validity. Fails when it cannot be meant.
Result<void> append_validity(cbor::Writer& writer, Date from, Date until) {
  const auto first = to_days(from);
  const auto last = to_days(until);
  if (!first || !last) return fail(ErrorKind::limit, "key bundle: a date is not in 1970 to 2149");
  if (*first > *last) return refuse_bundle("a key's validity ends before it begins");
  writer.natural(*first);
  writer.natural(*last);
  return {};
}

/// Both days; none when they are out of range or in the wrong order.
bool read_validity(cbor::Reader& reader, Date& from, Date& until) {
  const auto first = reader.natural(kLastDay);
  const auto last = first ? reader.natural(kLastDay) : std::nullopt;
  if (!last || *first > *last) return false;
  from = from_days(*first);
  until = from_days(*last);
  return true;
}

std::optional<Bytes> read_public_key(cbor::Reader& reader) {
  const auto public_key = reader.bytes();
  if (!public_key || !public_key_algorithm(*public_key)) return std::nullopt;
  return Bytes(public_key->begin(), public_key->end());
}

Result<void> append_issuer(cbor::Writer& writer, const IssuerKey& key) {
  if (const auto usable = PublicKey::parse(key.public_key); !usable) {
    return fail("issuer's key", usable.error());
  }
  writer.head(Major::array, kIssuerFields + (key.revoked ? 2 : 0));
  writer.natural(key.issuer);
  writer.bytes(key.public_key);
  if (auto dated = append_validity(writer, key.valid_from, key.valid_until); !dated) return dated;
  if (!key.revoked) return {};
  const auto from = to_days(key.revoked->from);
  if (!from) return fail(ErrorKind::limit, "key bundle: a date is not in 1970 to 2149");
  if (key.revoked->last_sequence > kLargestSequence) {
    return fail(ErrorKind::limit, "key bundle: a sequence number is over 2^53 - 1");
  }
  writer.natural(*from);
  writer.natural(key.revoked->last_sequence);
  return {};
}

std::optional<IssuerKey> read_issuer(cbor::Reader& reader) {
  const auto fields = reader.head(Major::array);
  if (!fields || (*fields != kIssuerFields && *fields != kIssuerFields + 2)) return std::nullopt;
  const auto issuer = reader.natural(kMost32);
  auto public_key = issuer ? read_public_key(reader) : std::nullopt;
  IssuerKey key;
  if (!public_key || !read_validity(reader, key.valid_from, key.valid_until)) return std::nullopt;
  key.public_key = *std::move(public_key);
  key.issuer = static_cast<std::uint32_t>(*issuer);
  if (*fields == kIssuerFields) return key;
  const auto from = reader.natural(kLastDay);
  const auto last = from ? reader.natural(kLargestSequence) : std::nullopt;
  if (!last) return std::nullopt;
  key.revoked = IssuerRevocation{from_days(*from), *last};
  return key;
}

bool before(const IssuerKey& a, const IssuerKey& b) {
  return a.issuer != b.issuer ? a.issuer < b.issuer : comes_before(a.public_key, b.public_key);
}

Result<IssuerStatement> decode_issuers(ByteView payload) {
  cbor::Reader reader(payload);
  if (!read_statement(reader, StatementKind::issuers, 3)) {
    return refuse_bundle("no statement of issuers");
  }
  const auto sequence = reader.natural(kLargestSequence);
  if (!sequence || *sequence == 0) return refuse_bundle("a statement without a sequence number");
  const auto issued_at = read_time(reader);
  if (!issued_at) return refuse_bundle("a statement without a time of issue");
  const auto count = reader.head(Major::array);
  if (!count || *count > kIssuersLimit) return refuse_bundle("no list of issuers");
  IssuerStatement statement{*sequence, *issued_at, {}};
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto key = read_issuer(reader);
    if (!key || (i > 0 && !before(statement.issuers.back(), *key))) {
      return refuse_bundle("issuer " + std::to_string(i + 1) +
                           " is malformed, out of order or there twice");
    }
    statement.issuers.push_back(*std::move(key));
  }
  if (!reader.at_end()) return refuse_bundle("bytes are left over after the issuers");
  return statement;
}

}  // namespace

std::unexpected<Error> refuse_bundle(std::string why) {
  return fail(ErrorKind::invalid, "key bundle: " + std::move(why));
}

void begin_statement(cbor::Writer& writer, StatementKind kind, std::uint64_t more) {
  writer.head(Major::array, 2 + more);
  writer.natural(kStatementVersion);
  writer.natural(static_cast<std::uint64_t>(kind));
}

bool read_statement(cbor::Reader& reader, StatementKind kind, std::uint64_t more) {
  return reader.expect(Major::array, 2 + more) &&
         reader.expect(Major::natural, kStatementVersion) &&
         reader.expect(Major::natural, static_cast<std::uint64_t>(kind));
}

Result<void> append_key(cbor::Writer& writer, const BundleKey& key) {
  if (const auto known = public_key_algorithm(key.public_key); !known) {
    return fail("key bundle", known.error());
  }
  writer.head(Major::array, kKeyFields + (key.revoked_from ? 1 : 0));
  writer.bytes(key.public_key);
  writer.natural(key.meter);
  if (auto dated = append_validity(writer, key.valid_from, key.valid_until); !dated) return dated;
  if (!key.revoked_from) return {};
  const auto revoked = to_days(*key.revoked_from);
  if (!revoked) return fail(ErrorKind::limit, "key bundle: a date is not in 1970 to 2149");
  writer.natural(*revoked);
  return {};
}

std::optional<BundleKey> read_key(cbor::Reader& reader, std::uint32_t issuer) {
  const auto fields = reader.head(Major::array);
  if (!fields || (*fields != kKeyFields && *fields != kKeyFields + 1)) return std::nullopt;
  auto public_key = read_public_key(reader);
  const auto meter = public_key ? reader.natural(kMost32) : std::nullopt;
  BundleKey key;
  if (!meter || !read_validity(reader, key.valid_from, key.valid_until)) return std::nullopt;
  key.public_key = *std::move(public_key);
  key.issuer = issuer;
  key.meter = static_cast<std::uint32_t>(*meter);
  if (*fields == kKeyFields) return key;
  const auto revoked = reader.natural(kLastDay);
  if (!revoked) return std::nullopt;
  key.revoked_from = from_days(*revoked);
  return key;
}

Result<void> append_time_keys(cbor::Writer& writer, std::vector<Bytes> keys) {
  if (keys.size() > kTimeKeysLimit) return refuse_bundle("over 8 time keys");
  std::sort(keys.begin(), keys.end(), comes_before);
  writer.head(Major::array, keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0 && keys[i - 1] == keys[i]) return refuse_bundle("a time key is there twice");
    if (const auto usable = PublicKey::parse(keys[i]); !usable) {
      return fail("time key", usable.error());
    }
    writer.bytes(keys[i]);
  }
  return {};
}

std::optional<std::vector<Bytes>> read_time_keys(cbor::Reader& reader) {
  const auto count = reader.head(Major::array);
  if (!count || *count > kTimeKeysLimit) return std::nullopt;
  std::vector<Bytes> keys;
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto key = read_public_key(reader);
    if (!key || (i > 0 && !comes_before(keys.back(), *key))) return std::nullopt;
    keys.push_back(*std::move(key));
  }
  return keys;
}

std::optional<UtcTime> read_time(cbor::Reader& reader) {
  const auto time = reader.natural(kMost63);
  if (!time) return std::nullopt;
  return UtcTime(std::chrono::microseconds(*time));
}

Result<Bytes> encode_key_list(const KeyList& list) {
  if (list.sequence == 0 || list.sequence > kLargestSequence) {
    return fail(ErrorKind::limit, "key bundle: a list's sequence is 1 to 2^53 - 1");
  }
  if (list.keys.size() > kKeysLimit) return fail(ErrorKind::limit, "key bundle: over 1000000 keys");
  const auto issued_at = to_microseconds(list.issued_at);
  if (!issued_at) return std::unexpected(issued_at.error());
  std::vector<const BundleKey*> order;
  for (const BundleKey& key : list.keys) order.push_back(&key);
  std::sort(order.begin(), order.end(), [](const BundleKey* a, const BundleKey* b) {
    return comes_before(a->public_key, b->public_key);
  });
  cbor::Writer writer;
  begin_statement(writer, StatementKind::key_list, 5);
  writer.natural(list.issuer);
  writer.natural(list.sequence);
  writer.natural(*issued_at);
  if (auto appended = append_time_keys(writer, list.time_keys); !appended) {
    return std::unexpected(appended.error());
  }
  writer.head(Major::array, order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i]->issuer != list.issuer) return refuse_bundle("a key of another issuer");
    if (i > 0 && order[i - 1]->public_key == order[i]->public_key) {
      return refuse_bundle("a key is there twice");
    }
    if (const auto appended = append_key(writer, *order[i]); !appended) {
      return std::unexpected(appended.error());
    }
  }
  return writer.take();
}

Result<Sign1> open_sign1(ByteView item, ByteView public_key, std::string_view what) {
  const auto key = PublicKey::parse(public_key);
  if (!key) return fail(what, key.error());
  const auto message = parse_sign1(item);
  if (!message) {
    return refuse_bundle(std::string(what) + ": not a COSE_Sign1 in our deterministic form");
  }
  if (message->key != public_key_id(public_key)) {
    return fail(ErrorKind::refused, "key bundle: " + std::string(what) + ": signed by " +
                                        to_hex(message->key) + ", not by the key " +
                                        to_hex(public_key_id(public_key)));
  }
  // The signature first: nothing inside is believed, or even looked at, without it.
  if (message->algorithm != key->algorithm() ||
      !key->verify(to_be_signed(message->protected_item, message->payload_item),
                   message->signature)) {
    return fail(ErrorKind::refused, "key bundle: " + std::string(what) +
                                        ": the signature is not that of the key " +
                                        to_hex(message->key));
  }
  return *message;
}

Result<Bytes> sign_issuers(const IssuerStatement& statement, const SigningKey& root) {
  if (statement.sequence == 0 || statement.sequence > kLargestSequence) {
    return fail(ErrorKind::limit, "key bundle: a statement's sequence is 1 to 2^53 - 1");
  }
  if (statement.issuers.size() > kIssuersLimit) {
    return fail(ErrorKind::limit, "key bundle: over 256 keys of issuers");
  }
  const auto issued_at = to_microseconds(statement.issued_at);
  if (!issued_at) return std::unexpected(issued_at.error());
  std::vector<IssuerKey> order = statement.issuers;
  std::sort(order.begin(), order.end(), before);
  cbor::Writer writer;
  begin_statement(writer, StatementKind::issuers, 3);
  writer.natural(statement.sequence);
  writer.natural(*issued_at);
  writer.head(Major::array, order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && !before(order[i - 1], order[i])) return refuse_bundle("an issuer is there twice");
    if (auto appended = append_issuer(writer, order[i]); !appended) {
      return std::unexpected(appended.error());
    }
  }
  return make_sign1(writer.take(), root);
}

Result<IssuerStatement> open_issuers(ByteView item, ByteView root_public_key) {
  const auto message = open_sign1(item, root_public_key, "statement of issuers");
  if (!message) return std::unexpected(message.error());
  return decode_issuers(message->payload);
}

}  // namespace backstamp::postal
