#include "postal/money.h"

#include <charconv>
#include <limits>

namespace backstamp::postal {

Result<Money> Money::plus(Money other) const {
  Money sum;
  if (__builtin_add_overflow(mills, other.mills, &sum.mills)) {
    return fail(ErrorKind::limit, "money: the sum is too large");
  }
  return sum;
}

std::string Money::to_string() const {
  const auto magnitude =
      mills < 0 ? 0 - static_cast<std::uint64_t>(mills) : static_cast<std::uint64_t>(mills);
  std::string fraction = std::to_string(magnitude % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return (mills < 0 ? "-" : "") + std::to_string(magnitude / 1000) + "." + fraction;
}

Result<Money> Money::parse(std::string_view text) {
  const auto refuse = [&] {
    return fail(ErrorKind::invalid, "money \"" + std::string(text.substr(0, 40)) +
                                        "\": digits with at most three decimals are wanted");
  };
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point == text.npos ? "0" : text.substr(point + 1);
  if (whole.empty() || decimals.empty() || decimals.size() > 3) return refuse();
  std::int64_t value = 0;
  const auto append = [&](std::string_view digits) {
    for (const char digit : digits) {
      if (digit < '0' || digit > '9') return false;
      if (__builtin_mul_overflow(value, 10, &value)) return false;
      if (__builtin_add_overflow(value, digit - '0', &value)) return false;
    }
    return true;
  };
  const std::string padding(3 - decimals.size(), '0');
  if (!append(whole) || !append(decimals) || !append(padding)) return refuse();
  return Money{value};
}

}  // namespace backstamp::postal
