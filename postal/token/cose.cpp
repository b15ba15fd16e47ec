#include "postal/token/cose.h"

#include <algorithm>

#include "postal/cbor.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

// Labels of RFC 9052 section 3.1 and algorithms of RFC 9053 section 2: -7 is ES256, -8 EdDSA.
constexpr std::uint64_t kTagSign1 = 18;
constexpr std::uint64_t kLabelAlgorithm = 1;
constexpr std::uint64_t kLabelKeyId = 4;
constexpr std::uint64_t kMinusOneMinusEs256 = 6;
constexpr std::uint64_t kMinusOneMinusEddsa = 7;

struct Header {
  SignatureAlgorithm algorithm;
  KeyId key;
};

std::optional<Header> parse_header(ByteView bytes) {
  cbor::Reader reader(bytes);
  Header header{};
  if (!reader.expect(Major::map, 2) || !reader.expect(Major::natural, kLabelAlgorithm)) return {};
  if (reader.expect(Major::negative, kMinusOneMinusEs256)) {
    header.algorithm = SignatureAlgorithm::es256;
  } else if (reader.expect(Major::negative, kMinusOneMinusEddsa)) {
    header.algorithm = SignatureAlgorithm::eddsa;
  } else {
    return {};
  }
  if (!reader.expect(Major::natural, kLabelKeyId)) return {};
  const auto key = reader.bytes();
  if (!key || key->size() != header.key.size() || !reader.at_end()) return {};
  std::copy(key->begin(), key->end(), header.key.begin());
  return header;
}

Bytes header_item(SignatureAlgorithm algorithm, const KeyId& key) {
  cbor::Writer header;
  header.head(Major::map, 2);
  header.natural(kLabelAlgorithm);
  header.head(Major::negative,
              algorithm == SignatureAlgorithm::es256 ? kMinusOneMinusEs256 : kMinusOneMinusEddsa);
  header.natural(kLabelKeyId);
  header.bytes(key);
  cbor::Writer item;
  item.bytes(header.take());
  return item.take();
}

}  // namespace

std::optional<Sign1> parse_sign1(ByteView content) {
  cbor::Reader reader(content);
  if (!reader.expect(Major::tag, kTagSign1) || !reader.expect(Major::array, 4)) return {};
  const auto position = [&] { return content.size() - reader.remaining(); };

  const std::size_t header_from = position();
  const auto header_bytes = reader.bytes();
  if (!header_bytes) return {};
  const std::size_t header_to = position();
  const auto header = parse_header(*header_bytes);
  if (!header || !reader.expect(Major::map, 0)) return {};

  const std::size_t payload_from = position();
  const auto payload = reader.bytes();
  if (!payload) return {};
  const std::size_t payload_to = position();
  const auto signature = reader.bytes();
  Sign1 message;
  if (!signature || signature->size() != message.signature.size() || !reader.at_end()) return {};

  message.algorithm = header->algorithm;
  message.key = header->key;
  message.protected_item = content.subspan(header_from, header_to - header_from);
  message.payload_item = content.subspan(payload_from, payload_to - payload_from);
  message.payload = *payload;
  std::copy(signature->begin(), signature->end(), message.signature.begin());
  return message;
}

std::size_t put_to_be_signed(ByteView protected_item, ByteView payload_item,
                             std::span<std::uint8_t> out) {
  // An array of 4, and the text "Signature1"; then, between the two items, no external data.
  constexpr std::string_view kContext = "\x84\x6ASignature1";
  constexpr std::string_view kExternal = "\x40";
  std::size_t size = 0;
  for (const ByteView part :
       {as_bytes(kContext), protected_item, as_bytes(kExternal), payload_item}) {
    if (part.size() > out.size() - size) return 0;
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
    size += part.size();
  }
  return size;
}

Bytes to_be_signed(ByteView protected_item, ByteView payload_item) {
  cbor::Writer structure;
  structure.head(Major::array, 4);
  structure.text("Signature1");
  structure.raw(protected_item);
  structure.bytes({});  // no external data
  structure.raw(payload_item);
  return structure.take();
}

Bytes join_sign1(ByteView protected_item, ByteView payload,
                 const std::array<std::uint8_t, 64>& signature) {
  cbor::Writer message;
  message.head(Major::tag, kTagSign1);
  message.head(Major::array, 4);
  message.raw(protected_item);
  message.head(Major::map, 0);
  message.bytes(payload);
  message.bytes(signature);
  return message.take();
}

Result<Bytes> make_sign1(ByteView payload, const SigningKey& key) {
  const Bytes protected_item = header_item(key.algorithm(), key.id());
  cbor::Writer payload_writer;
  payload_writer.bytes(payload);
  const auto signature = key.sign(to_be_signed(protected_item, payload_writer.take()));
  if (!signature) return std::unexpected(signature.error());
  return join_sign1(protected_item, payload, *signature);
}

}  // namespace backstamp::postal
