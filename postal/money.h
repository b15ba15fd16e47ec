// Money without floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

/// An amount in tenths of the currency's minor unit (mills: $0.406 is 406), as postage is rated.
/// Never negative in an indicium; differences may be.
struct Money {
  std::int64_t mills = 0;

  auto operator<=>(const Money&) const = default;
  /// The sum; Error{limit} on overflow.
  Result<Money> plus(Money other) const;
  /// "0.406", "12.000": always three decimals.
  std::string to_string() const;
  /// The strict inverse: digits, optionally a point and one to three decimals; no sign.
  static Result<Money> parse(std::string_view text);
};

}  // namespace backstamp::postal
