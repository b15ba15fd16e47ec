// What an administrator orders of the secure meter box, on behalf of a meter's account.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "datacenter/config.h"

namespace backstamp::datacenter {

/// An order. Which of the particulars count depends on the action.
struct PostageOrder {
  enum class Action { open, fund, refund, lock, unlock, withdraw, show };
  Action action = Action::show;
  std::uint32_t meter = 0;
  std::string request;        ///< its name for ever; a new one is made when it is empty
  std::string mailer_id;      ///< open
  std::string amount;         ///< open (the limit of funds), fund, refund: "50.00"
  std::uint32_t issuer = 0;   ///< refund: of the piece's token
  std::uint64_t counter = 0;  ///< refund: of the piece's token
};

/// Carries an order out, on record before the box hears of it; a data center may be running. The
/// account after it, as JSON. The same request again changes nothing and gives the same answer.
/// Fails: invalid (no meter box in the configuration, the particulars), refused, not_found,
/// unavailable (the box is away: ask again with the same request), io.
Result<std::string> order_postage(const Config& config, const PostageOrder& order);

/// Is the token (hexadecimal) bound to this address? Fails as order_postage does.
Result<bool> token_is_bound(const Config& config, const std::string& token_hex,
                            const std::vector<std::string>& address, const std::string& routing);

}  // namespace backstamp::datacenter
