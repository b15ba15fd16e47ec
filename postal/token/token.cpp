#include "postal/token.h"

#include <algorithm>

#include "base/limits.h"
#include "postal/cbor.h"
#include "postal/keys.h"
#include "postal/token/code_packing.h"
#include "postal/token/cose.h"
#include "postal/token/days.h"

namespace backstamp::postal {
namespace {

using cbor::Major;

constexpr std::uint64_t kVersion1 = 1;
constexpr std::uint64_t kClaims = 7;  // and an eighth, the address binding, where there is one
constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kMost64 = ~std::uint64_t{0};
constexpr std::uint16_t kMostService = 999;

std::unexpected<Error> refuse(const char* why) {
  return fail(ErrorKind::invalid, std::string("token: ") + why);
}

Result<Bytes> encode_claims(const Token& token) {
  const auto days = to_days(token.mailed);
  if (!days) return fail(ErrorKind::limit, "token: the mailing date is not in 1970 to 2149");
  if (token.identity.counter == 0) return fail(ErrorKind::limit, "token: the counter begins at 1");
  if (token.service > kMostService) return fail(ErrorKind::limit, "token: the service is over 999");
  if (token.postage.mills < 0 || static_cast<std::uint64_t>(token.postage.mills) > kMost32) {
    return fail(ErrorKind::limit, "token: the postage is negative or over 4294967.295");
  }
  const auto code = pack_code(token.code);
  if (!code) return fail("token", code.error());
  cbor::Writer claims;
  claims.head(Major::map, 1);
  claims.natural(kVersion1);
  claims.head(Major::array, kClaims + (token.address ? 1 : 0));
  claims.natural(token.identity.issuer);
  claims.natural(token.identity.meter);
  claims.natural(token.identity.counter);
  claims.natural(static_cast<std::uint64_t>(token.postage.mills));
  claims.natural(*days);
  claims.natural(token.service);
  claims.bytes(*code);
  if (token.address) claims.bytes(*token.address);
  return claims.take();
}

Result<Token> decode_claims(ByteView payload) {
  cbor::Reader reader(payload);
  if (!reader.expect(Major::map, 1) || !reader.expect(Major::natural, kVersion1)) {
    return refuse("its claims are not of version 1");
  }
  const auto count = reader.head(Major::array);
  if (!count || (*count != kClaims && *count != kClaims + 1))
    return refuse("7 or 8 claims are wanted");
  const auto issuer = reader.natural(kMost32);
  const auto meter = issuer ? reader.natural(kMost32) : std::nullopt;
  const auto counter = meter ? reader.natural(kMost64) : std::nullopt;
  const auto mills = counter ? reader.natural(kMost32) : std::nullopt;
  const auto days = mills ? reader.natural(kLastDay) : std::nullopt;
  const auto service = days ? reader.natural(kMostService) : std::nullopt;
  if (!service || *counter == 0) return refuse("a number is out of range or not in shortest form");
  const auto packed = reader.bytes();
  if (!packed) return refuse("the identification code is missing");
  auto code = unpack_code(*packed);
  if (!code) return fail("token", code.error());
  Token token{{static_cast<std::uint32_t>(*issuer), static_cast<std::uint32_t>(*meter), *counter},
              {static_cast<std::int64_t>(*mills)},
              from_days(*days),
              static_cast<std::uint16_t>(*service),
              *std::move(code),
              {}};
  if (*count == kClaims + 1) {
    const auto address = reader.bytes();
    if (!address || address->size() != sizeof(AddressBinding))
      return refuse("address: 8 bytes are wanted");
    std::copy(address->begin(), address->end(), token.address.emplace().begin());
  }
  if (!reader.at_end()) return refuse("bytes are left over after the claims");
  return token;
}

}  // namespace

bool looks_like_token(ByteView content) {
  // 18([ << {1: …: the beginning that all tokens share.
  constexpr std::array<std::uint8_t, 5> kBeginning{0xD2, 0x84, 0x4D, 0xA2, 0x01};
  return content.size() >= kBeginning.size() &&
         std::equal(kBeginning.begin(), kBeginning.end(), content.begin());
}

Result<SignedToken> parse_token(ByteView content) {
  if (content.size() > limits::kTokenBytes) {
    return fail(ErrorKind::limit, "token: longer than 142 bytes");
  }
  const auto message = parse_sign1(content);
  if (!message) return refuse("not a COSE_Sign1 in our deterministic form");
  auto claims = decode_claims(message->payload);
  if (!claims) return std::unexpected(claims.error());
  SignedToken token{*std::move(claims), message->key, message->algorithm, {}, message->signature};
  SignedBytes& bytes = token.to_be_signed;
  bytes.size = put_to_be_signed(message->protected_item, message->payload_item, bytes.bytes);
  if (bytes.size == 0) return refuse("its claims are too long");
  return token;
}

Result<Bytes> mint_token(const Token& token, const SigningKey& key) {
  const auto claims = encode_claims(token);
  if (!claims) return std::unexpected(claims.error());
  auto content = make_sign1(*claims, key);
  if (content && content->size() > limits::kTokenBytes) {
    return fail(ErrorKind::limit, "token: longer than 142 bytes");
  }
  return content;
}

}  // namespace backstamp::postal
