#include "datacenter/postage.h"

#include <sys/random.h>

#include <array>

#include "datacenter/communication/strict_json.h"
#include "datacenter/functions/postage_desk.h"

namespace backstamp::datacenter {

using Action = PostageOrder::Action;

namespace {

/// A name that no other order has.
Result<std::string> new_request_name() {
  std::array<std::uint8_t, 8> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return fail(ErrorKind::internal, "no random numbers from the system");
  }
  return "admin-" + to_hex(random);
}

template <typename Work>
auto at_desk(const Config& config, Work work) -> decltype(work(std::declval<PostageDesk&>())) {
  if (!config.meterbox) {
    return fail(ErrorKind::invalid,
                "this data center has no meter box: its configuration wants meterbox.socket");
  }
  const auto store = Store::open(config.database, DatabaseMode::existing);
  if (!store) return std::unexpected(store.error());
  PostageDesk desk(**store, *config.meterbox);
  return work(desk);
}

Result<std::string> carry_out(PostageDesk& desk, const PostageOrder& order) {
  const std::string& request = order.request;
  if (order.action == Action::lock) return desk.lock(order.meter, request);
  if (order.action == Action::unlock) return desk.unlock(order.meter, request);
  if (order.action == Action::withdraw) return desk.withdraw(order.meter, request);
  const auto amount = postal::Money::parse(order.amount);
  if (!amount) return std::unexpected(amount.error());
  if (order.action == Action::open) {
    return desk.open_account(order.meter, request, order.mailer_id, *amount);
  }
  if (order.action == Action::fund) return desk.fund(order.meter, request, *amount);
  return desk.refund({order.issuer, order.meter, order.counter}, request, *amount);
}

}  // namespace

Result<std::string> order_postage(const Config& config, const PostageOrder& order) {
  return at_desk(config, [&](PostageDesk& desk) -> Result<std::string> {
    if (order.action == Action::show) return desk.account(order.meter);
    PostageOrder named = order;
    if (named.request.empty()) {
      auto made = new_request_name();
      if (!made) return made;
      named.request = std::move(*made);
    }
    auto done = carry_out(desk, named);
    const bool open = !done && (done.error().kind == ErrorKind::unavailable ||
                                done.error().kind == ErrorKind::timeout);
    if (!open) return done;
    return fail(done.error().kind,
                done.error().message +
                    "; it is done once, now or later: ask again with --request " + named.request);
  });
}

Result<bool> token_is_bound(const Config& config, const std::string& token_hex,
                            const std::vector<std::string>& address, const std::string& routing) {
  return at_desk(config, [&](PostageDesk& desk) -> Result<bool> {
    const Json question{{"token", token_hex}, {"to", address}, {"routing", routing}};
    const auto answer =
        desk.check_binding(question.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!answer) return std::unexpected(answer.error());
    return Json::parse(*answer).at("bound").get<bool>();
  });
}

}  // namespace backstamp::datacenter
