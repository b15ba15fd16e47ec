// Orders to the secure meter box: on record before the box hears of them, settled once with what it
// answered. What was not settled when the data center stopped is asked again, under its number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "datacenter/meterbox/protocol.h"
#include "datacenter/store/records.h"

namespace backstamp::datacenter {

/// What the box is asked to do. The numbers are stored: only ever append.
enum class OrderKind : std::uint8_t {
  open_account,
  fund,
  dispense,
  refund,
  lock,
  unlock,
  withdraw
};

/// "open_account", "fund", …
std::string_view to_string(OrderKind kind);

/// How an order ended, to be told again whenever it is asked for.
struct OrderOutcome {
  bool done = false;
  ErrorKind kind = ErrorKind::internal;  ///< of a refusal
  std::string text;                      ///< JSON of what was done, or why it was refused
  bool operator==(const OrderOutcome&) const = default;
};

struct Order {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;  ///< from 1, in the order in which they were put on record
  OrderKind kind = OrderKind::dispense;
  std::string request;                  ///< whoever asks calls it this; unique for the meter
  std::string body;                     ///< JSON, as it was asked for
  std::optional<OrderOutcome> outcome;  ///< none: the box's answer is not known yet
};

/// What the box did for an order, and what follows from it in the same transaction.
struct Settlement {
  std::string answer;                    ///< JSON
  Bytes record;                          ///< the transaction record that the box signed
  meterbox::Anchor anchor;               ///< where the box's journal stands after it
  std::vector<Registration> registered;  ///< the pieces that were paid for
};

/// A transaction that the box signed.
struct TransactionRecord {
  std::uint32_t meter = 0;
  std::uint64_t number = 0;
  OrderKind kind = OrderKind::dispense;
  Bytes record;
};

}  // namespace backstamp::datacenter
