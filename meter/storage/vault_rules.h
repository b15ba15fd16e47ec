// What a new vault and an old one have in common.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "postal/money.h"

namespace backstamp::meter {

inline constexpr std::int64_t kFundsLimit_mills = 1'000'000'000'000;  ///< $1,000,000,000

/// Where the key of a vault without a device lies.
inline std::filesystem::path key_file(const std::filesystem::path& folder) {
  return folder / "key.pem";
}

/// Can these be all funds that a meter ever had? Fails: limit.
inline Result<void> check_funds(postal::Money amount) {
  if (amount.mills >= 0 && amount.mills <= kFundsLimit_mills) return {};
  return fail(ErrorKind::limit, "funds must be 0 to 1000000000.000");
}

}  // namespace backstamp::meter
