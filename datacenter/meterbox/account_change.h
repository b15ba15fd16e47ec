// What each operation does to an account, and each order to a box.
#pragma once

#include "datacenter/meterbox/state.h"

namespace backstamp::datacenter::meterbox {

struct AccountContext {
  const BoxState& state;
  std::uint32_t meter;
  const Change& change;
};

/// The change's effect on `account` (a copy), and in `plan` what is to be minted.
/// Fails: refused, invalid, limit, unavailable.
Result<void> change_registers(const AccountContext& in, Account& account, Plan& plan);

/// Does what a verified order says; what it touches of accounts is put into `undo` first.
Result<void> obey(BoxState& state, const Order& order, const Change& change, Undo& undo);

}  // namespace backstamp::datacenter::meterbox
