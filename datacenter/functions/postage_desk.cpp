#include "datacenter/functions/postage_desk.h"

#include "datacenter/communication/strict_json.h"
#include "datacenter/functions/postage_json.h"

namespace backstamp::datacenter {

namespace {

/// Will the box answer otherwise when it is asked again later? Then the order stays open.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::unavailable || kind == ErrorKind::timeout || kind == ErrorKind::io ||
         kind == ErrorKind::internal;
}

/// A member of an order's body, which this process wrote itself.
template <typename Value>
Result<Value> member(const std::string& body, const char* key) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains(key)) {
    return fail(ErrorKind::internal, "a stored order without " + std::string(key));
  }
  return json[key].get<Value>();
}

Result<postal::Money> amount_of(const std::string& body) {
  const auto text = member<std::string>(body, "amount");
  if (!text) return std::unexpected(text.error());
  return postal::Money::parse(*text);
}

Settlement settlement_of(std::uint32_t meter, meterbox::AccountAnswer answer) {
  Settlement settlement;
  settlement.answer = account_json(meter, answer);
  settlement.record = std::move(answer.record);
  settlement.anchor = answer.anchor;
  return settlement;
}

std::vector<Registration> registrations_of(const std::vector<meterbox::PieceOrder>& orders,
                                           const std::vector<meterbox::MintedPiece>& minted) {
  std::vector<Registration> registrations;
  for (std::size_t i = 0; i < minted.size() && i < orders.size(); ++i) {
    registrations.push_back({postal::canonical(minted[i].code), minted[i].identity,
                             orders[i].postage, orders[i].mailed, orders[i].service});
  }
  return registrations;
}

}  // namespace

Result<meterbox::Client*> PostageDesk::box() {
  const std::scoped_lock guard(connecting_);
  if (!client_) {
    const auto anchor = store_.box_anchor();
    if (!anchor) return std::unexpected(anchor.error());
    auto connected = meterbox::Client::connect(address_.socket, *anchor, address_.timeout);
    if (!connected) return std::unexpected(connected.error());
    client_.emplace(std::move(*connected));
  }
  return &*client_;
}

Result<void> PostageDesk::connect() {
  const auto connected = box();
  if (!connected) return std::unexpected(connected.error());
  return {};
}

Result<void> PostageDesk::reach() {
  const auto connected = box();
  if (!connected) return std::unexpected(connected.error());
  const auto answer = (*connected)->transaction_key();
  if (!answer) return std::unexpected(answer.error());
  return {};
}

Result<std::string> PostageDesk::dispense(std::uint32_t meter, std::string_view body) {
  const auto asked = parse_postage(body);
  if (!asked) return std::unexpected(asked.error());
  return carry_out(meter, OrderKind::dispense, asked->request, std::string(body));
}

Result<std::string> PostageDesk::open_account(std::uint32_t meter, const std::string& request,
                                              const std::string& mailer_id,
                                              postal::Money fund_limit) {
  const Json body{{"mailer_id", mailer_id}, {"fund_limit", fund_limit.to_string()}};
  return carry_out(meter, OrderKind::open_account, request, body.dump());
}

Result<std::string> PostageDesk::fund(std::uint32_t meter, const std::string& request,
                                      postal::Money amount) {
  return carry_out(meter, OrderKind::fund, request, Json{{"amount", amount.to_string()}}.dump());
}

Result<std::string> PostageDesk::refund(const postal::TokenIdentity& token,
                                        const std::string& request, postal::Money amount) {
  const Json body{
      {"amount", amount.to_string()}, {"issuer", token.issuer}, {"counter", token.counter}};
  return carry_out(token.meter, OrderKind::refund, request, body.dump());
}

Result<std::string> PostageDesk::lock(std::uint32_t meter, const std::string& request) {
  return carry_out(meter, OrderKind::lock, request, "{}");
}

Result<std::string> PostageDesk::unlock(std::uint32_t meter, const std::string& request) {
  return carry_out(meter, OrderKind::unlock, request, "{}");
}

Result<std::string> PostageDesk::withdraw(std::uint32_t meter, const std::string& request) {
  return carry_out(meter, OrderKind::withdraw, request, "{}");
}

Result<std::string> PostageDesk::account(std::uint32_t meter) {
  const auto box = this->box();
  if (!box) return std::unexpected(box.error());
  const auto answer = (*box)->audit(meter);
  if (!answer) return std::unexpected(answer.error());
  return account_json(meter, *answer);
}

Result<std::string> PostageDesk::check_binding(std::string_view body) {
  const auto question = parse_binding(body);
  if (!question) return std::unexpected(question.error());
  const auto box = this->box();
  if (!box) return std::unexpected(box.error());
  const auto bound = (*box)->verify_address(question->token, question->address);
  if (!bound) return std::unexpected(bound.error());
  return Json{{"bound", *bound}}.dump();
}

Result<std::size_t> PostageDesk::complete_open_orders() {
  const auto open = store_.open_orders();
  if (!open) return std::unexpected(open.error());
  std::size_t left = 0;
  for (const Order& order : *open) {
    const std::scoped_lock guard(lock_of(order.meter));
    if (!ask_box(order)) ++left;
  }
  return left;
}

Result<std::string> PostageDesk::carry_out(std::uint32_t meter, OrderKind kind,
                                           const std::string& request, const std::string& body) {
  if (!valid_request_name(request)) {
    return fail(ErrorKind::invalid, "request: wanted 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  const std::scoped_lock guard(lock_of(meter));
  const auto order = store_.record_order(meter, kind, request, body, utc_now());
  if (!order) return std::unexpected(order.error());
  std::optional<OrderOutcome> outcome = order->outcome;
  if (!outcome) {
    if (auto finished = finish_older(meter, order->number); !finished) {
      return std::unexpected(finished.error());
    }
    auto asked = ask_box(*order);
    if (!asked) return std::unexpected(asked.error());
    outcome = std::move(*asked);
  }
  if (outcome->done) return std::move(outcome->text);
  return fail(outcome->kind, std::move(outcome->text));
}

Result<void> PostageDesk::finish_older(std::uint32_t meter, std::uint64_t before) {
  const auto open = store_.open_orders(meter);
  if (!open) return std::unexpected(open.error());
  for (const Order& order : *open) {
    if (order.number >= before) break;
    if (auto outcome = ask_box(order); !outcome) return std::unexpected(outcome.error());
  }
  return {};
}

Result<OrderOutcome> PostageDesk::ask_box(const Order& order) {
  const auto box = this->box();
  if (!box) return std::unexpected(box.error());
  auto settlement = perform(**box, order);
  if (!settlement) {
    const Error& why = settlement.error();
    if (may_pass(why.kind)) return std::unexpected(why);
    if (auto kept = store_.refuse_order(order.meter, order.number, why); !kept) {
      return std::unexpected(kept.error());
    }
    return OrderOutcome{false, why.kind, why.message};
  }
  if (auto kept = store_.settle_order(order.meter, order.number, *settlement, utc_now()); !kept) {
    return std::unexpected(kept.error());
  }
  return OrderOutcome{true, ErrorKind::internal, std::move(settlement->answer)};
}

Result<Settlement> PostageDesk::perform(const meterbox::Client& box, const Order& order) {
  const auto settled = [&](Result<meterbox::AccountAnswer> answer) -> Result<Settlement> {
    if (!answer) return std::unexpected(answer.error());
    return settlement_of(order.meter, std::move(*answer));
  };
  switch (order.kind) {
    case OrderKind::dispense: {
      auto asked = parse_postage(order.body);
      if (!asked) return std::unexpected(asked.error());
      auto done = box.dispense({order.meter, order.number, asked->pieces});
      if (!done) return std::unexpected(done.error());
      Settlement settlement;
      settlement.answer = postage_json(asked->request, *done);
      settlement.registered = registrations_of(asked->pieces, done->pieces);
      settlement.record = std::move(done->record);
      settlement.anchor = done->anchor;
      return settlement;
    }
    case OrderKind::open_account: {
      const auto mailer_id = member<std::string>(order.body, "mailer_id");
      if (!mailer_id) return std::unexpected(mailer_id.error());
      const auto limit_text = member<std::string>(order.body, "fund_limit");
      if (!limit_text) return std::unexpected(limit_text.error());
      const auto limit = postal::Money::parse(*limit_text);
      if (!limit) return std::unexpected(limit.error());
      return settled(box.open_account({order.meter, order.number, *mailer_id, *limit}));
    }
    case OrderKind::fund: {
      const auto amount = amount_of(order.body);
      if (!amount) return std::unexpected(amount.error());
      return settled(box.fund(order.meter, order.number, *amount));
    }
    case OrderKind::refund: {
      const auto amount = amount_of(order.body);
      const auto issuer = member<std::uint32_t>(order.body, "issuer");
      const auto counter = member<std::uint64_t>(order.body, "counter");
      if (!amount) return std::unexpected(amount.error());
      if (!issuer) return std::unexpected(issuer.error());
      if (!counter) return std::unexpected(counter.error());
      return settled(
          box.refund(order.meter, order.number, {*issuer, order.meter, *counter}, *amount));
    }
    case OrderKind::lock:
      return settled(box.lock(order.meter, order.number));
    case OrderKind::unlock:
      return settled(box.unlock(order.meter, order.number));
    case OrderKind::withdraw:
      return settled(box.withdraw(order.meter, order.number));
  }
  return fail(ErrorKind::internal, "an order of an unknown kind");
}

}  // namespace backstamp::datacenter
