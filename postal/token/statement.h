// Statements of the hierarchy of keys: what their payloads are, and who may have signed them.
//   payload = [2, kind, …]: version 2. The payload of a token is a map, so neither is the other.
#pragma once

#include <optional>

#include "postal/cbor.h"
#include "postal/key_bundle.h"
#include "postal/token/cose.h"

namespace backstamp::postal {

/// The second element of a statement, a bundle or a delta.
enum class StatementKind : std::uint8_t {
  issuers = 1,
  key_list = 2,
  delta = 3,
  time = 4,
  bundle = 5
};

inline constexpr std::uint64_t kStatementVersion = 2;
inline constexpr std::uint64_t kKeysLimit = 1'000'000;

std::unexpected<Error> refuse_bundle(std::string why);

/// [2, kind, and `more` elements, which the caller appends.
void begin_statement(cbor::Writer& writer, StatementKind kind, std::uint64_t more);
/// Reads the same; false when it is anything else.
bool read_statement(cbor::Reader& reader, StatementKind kind, std::uint64_t more);

/// A meter's key as an entry of a list. Fails when it cannot be meant; that its point lies on the
/// curve is not looked at.
Result<void> append_key(cbor::Writer& writer, const BundleKey& key);
/// The next entry; `issuer` is whose list it is.
std::optional<BundleKey> read_key(cbor::Reader& reader, std::uint32_t issuer);
/// The payload of a list; the keys are sorted. Fails when the list cannot be meant.
Result<Bytes> encode_key_list(const KeyList& list);
/// An array of at most kTimeKeysLimit public keys in ascending order.
Result<void> append_time_keys(cbor::Writer& writer, std::vector<Bytes> keys);
std::optional<std::vector<Bytes>> read_time_keys(cbor::Reader& reader);

/// Microseconds since 1970 that fit 63 bits.
std::optional<UtcTime> read_time(cbor::Reader& reader);

/// The message in `item` when its signature is that of `public_key`. Fails: invalid, refused.
Result<Sign1> open_sign1(ByteView item, ByteView public_key, std::string_view what);

/// In ascending order of bytes? (g++ 14 warns of comparing vectors.)
inline bool comes_before(const Bytes& a, const Bytes& b) {
  return as_text(a) < as_text(b);
}

}  // namespace backstamp::postal
