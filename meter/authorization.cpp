#include "meter/authorization.h"

#include <algorithm>
#include <limits>

#include "postal/cbor.h"
#include "postal/signed_message.h"

namespace backstamp::meter {
namespace {

using postal::cbor::Major;

// Says what the message is, so that no other thing that this key signs can be taken for it.
constexpr std::string_view kKind = "backstamp fund authorization 1";
constexpr auto kMillsLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

Result<Bytes> sign_authorization(const FundAuthorization& authorization,
                                 const postal::SigningKey& authority) {
  if (authorization.number == 0 || authorization.amount.mills <= 0 ||
      authorization.total < authorization.amount) {
    return fail(ErrorKind::invalid,
                "an authorization has a number from 1, an amount above zero and a total that "
                "includes it");
  }
  postal::cbor::Writer out;
  out.head(Major::array, 6);
  out.bytes(as_bytes(kKind));
  out.natural(authorization.issuer);
  out.natural(authorization.meter);
  out.natural(authorization.number);
  out.natural(static_cast<std::uint64_t>(authorization.amount.mills));
  out.natural(static_cast<std::uint64_t>(authorization.total.mills));
  return postal::sign_message(out.take(), authority);
}

Result<FundAuthorization> open_authorization(ByteView message, ByteView authority) {
  const auto refuse = [] { return fail(ErrorKind::invalid, "this is no authorization of funds"); };
  if (message.size() > kAuthorizationBytes) return refuse();
  const auto payload = postal::open_message(message, authority);
  if (!payload) return fail("the authorization of funds", payload.error());
  postal::cbor::Reader in(*payload);
  if (!in.expect(Major::array, 6)) return refuse();
  const auto kind = in.bytes();
  if (!kind || !std::ranges::equal(*kind, as_bytes(kKind))) return refuse();
  const auto issuer = in.natural(std::numeric_limits<std::uint32_t>::max());
  const auto meter = in.natural(std::numeric_limits<std::uint32_t>::max());
  const auto number = in.natural(std::numeric_limits<std::uint64_t>::max());
  const auto amount = in.natural(kMillsLast);
  const auto total = in.natural(kMillsLast);
  if (!issuer || !meter || !number || !amount || !total || !in.at_end()) return refuse();
  if (*number == 0 || *amount == 0 || *total < *amount) return refuse();
  return FundAuthorization{static_cast<std::uint32_t>(*issuer), static_cast<std::uint32_t>(*meter),
                           *number, postal::Money{static_cast<std::int64_t>(*amount)},
                           postal::Money{static_cast<std::int64_t>(*total)}};
}

}  // namespace backstamp::meter
