// Where postage is dispensed: between those who ask and the secure meter box, with every order on
// record before the box hears of it and nothing handed out that is not stored.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "datacenter/config.h"
#include "datacenter/meterbox/client.h"
#include "datacenter/store/store.h"

namespace backstamp::datacenter {

/// Thread-safe. Orders of one meter go to the box one after the other.
///
/// An order whose answer was lost (a crash of the box, of this process, of the line between) is
/// asked again under its number, and the box, which remembers, answers the same: nothing is debited
/// twice and no token is lost. Until that is settled, its meter's next order waits.
class PostageDesk {
 public:
  /// `store` must outlive it. Nothing is connected yet.
  PostageDesk(Store& store, Config::MeterBox box) : store_(store), address_(std::move(box)) {}

  /// Connects to the box unless that is done. Fails: unavailable (not there: each order tries
  /// again), refused (this user may not, or the box is older than what is on record here).
  Result<void> connect();

  /// Asks the box for something small. Fails as connect, and timeout.
  Result<void> reach();

  /// POST …/postage: pays for pieces. The JSON of what the box minted, the same whenever the same
  /// request comes again. The pieces are registered with it. Fails: invalid, limit (the body),
  /// refused (funds, a locked account, the request's name used for something else), unavailable
  /// (the box is not there: ask again), io.
  Result<std::string> dispense(std::uint32_t meter, std::string_view body);

  // The administrator's orders, each with a request name of its own; JSON of the account.
  // Fail as `dispense` does.
  Result<std::string> open_account(std::uint32_t meter, const std::string& request,
                                   const std::string& mailer_id, postal::Money fund_limit);
  Result<std::string> fund(std::uint32_t meter, const std::string& request, postal::Money amount);
  Result<std::string> refund(const postal::TokenIdentity& token, const std::string& request,
                             postal::Money amount);
  Result<std::string> lock(std::uint32_t meter, const std::string& request);
  Result<std::string> unlock(std::uint32_t meter, const std::string& request);
  Result<std::string> withdraw(std::uint32_t meter, const std::string& request);

  /// Registers and public key, as the box has them.
  Result<std::string> account(std::uint32_t meter);

  /// POST …/bindings: {"bound": true} when the token's address field is that of the address.
  Result<std::string> check_binding(std::string_view body);

  /// Asks the box again what was not answered: at start, and now and then. Returns how many orders
  /// are still open.
  Result<std::size_t> complete_open_orders();

 private:
  Result<std::string> carry_out(std::uint32_t meter, OrderKind kind, const std::string& request,
                                const std::string& body);
  /// With the meter's lock held. What the box answers for good is settled; fails with it, or with
  /// unavailable, and then the order stays open.
  Result<OrderOutcome> ask_box(const Order& order);
  static Result<Settlement> perform(const meterbox::Client& box, const Order& order);
  Result<void> finish_older(std::uint32_t meter, std::uint64_t before);
  std::mutex& lock_of(std::uint32_t meter) { return locks_[meter % locks_.size()]; }

  Result<meterbox::Client*> box();

  Store& store_;
  Config::MeterBox address_;
  std::mutex connecting_;
  std::optional<meterbox::Client> client_;  ///< once it is there, it stays
  std::array<std::mutex, 64> locks_;
};

}  // namespace backstamp::datacenter
