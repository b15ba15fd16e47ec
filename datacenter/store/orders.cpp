#include "datacenter/store/orders.h"

#include <algorithm>
#include <array>

#include "datacenter/store/guard.h"
#include "datacenter/store/registrar.h"

namespace backstamp::datacenter {

namespace {

constexpr std::int64_t kDone = 0;  // else 1 + the ErrorKind

#define ORDER_COLUMNS "SELECT meter, number, kind, request, body, outcome, answer FROM orders "

Order order_of(const Query& query) {
  Order order{static_cast<std::uint32_t>(query.integer(0)),
              from_column(query.integer(1)),
              static_cast<OrderKind>(query.integer(2)),
              query.text(3),
              query.text(4),
              {}};
  if (const auto outcome = query.integer_if(5)) {
    order.outcome = {*outcome == kDone,
                     *outcome == kDone ? ErrorKind::internal : static_cast<ErrorKind>(*outcome - 1),
                     query.text(6)};
  }
  return order;
}

std::optional<Order> find_request(Database& database, std::uint32_t meter,
                                  const std::string& request) {
  Query query(database, ORDER_COLUMNS "WHERE meter = ?1 AND request = ?2", meter, request);
  if (!query.step()) return std::nullopt;
  return order_of(query);
}

/// The anchor only ever goes forward: answers may come in another order than their versions.
void advance_anchor(Database& database, const meterbox::Anchor& anchor) {
  Query(database,
        "INSERT INTO box_anchor (id, version, chain) VALUES (0, ?1, ?2) "
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, chain = excluded.chain "
        "WHERE excluded.version > version",
        to_column(anchor.version), anchor.chain)
      .run();
}

}  // namespace

std::string_view to_string(OrderKind kind) {
  constexpr std::array<std::string_view, 7> kNames{"open_account", "fund",   "dispense", "refund",
                                                   "lock",         "unlock", "withdraw"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Order> Store::record_order(std::uint32_t meter, OrderKind kind, const std::string& request,
                                  const std::string& body, UtcTime now) {
  return writing([&](Database& database) {
    Transaction transaction(database);
    if (auto known = find_request(database, meter, request)) {
      if (known->kind == kind && known->body == body) return std::move(*known);
      throw SqlFailure(ErrorKind::refused,
                       "request " + request + " stands for something else already");
    }
    Query last(database, "SELECT coalesce(max(number), 0) FROM orders WHERE meter = ?1", meter);
    last.step();
    Order order{meter, from_column(last.integer(0)) + 1, kind, request, body, {}};
    Query(database,
          "INSERT INTO orders (meter, number, kind, request, body, asked_at) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          meter, to_column(order.number), kind, request, body, to_column(now))
        .run();
    transaction.commit();
    return order;
  });
}

Result<std::vector<Order>> Store::open_orders(std::optional<std::uint32_t> meter) {
  return writing([&](Database& database) {  // the writer's view: nothing is newer
    std::vector<Order> orders;
    Query query(database,
                ORDER_COLUMNS
                "WHERE outcome IS NULL AND (?1 IS NULL OR meter = ?1) "
                "ORDER BY meter, number",
                meter);
    while (query.step()) orders.push_back(order_of(query));
    return orders;
  });
}

Result<void> Store::settle_order(std::uint32_t meter, std::uint64_t number,
                                 const Settlement& settlement, UtcTime now) {
  bool announced = false;
  const Result<bool> settled = writing([&](Database& database) {
    Transaction transaction(database);
    Query(database,
          "UPDATE orders SET outcome = 0, answer = ?3, record = ?4 "
          "WHERE meter = ?1 AND number = ?2 AND outcome IS NULL",
          meter, to_column(number), settlement.answer, settlement.record)
        .run();
    if (database.changes() == 0) return false;  // it was settled before
    PieceBook book(database);
    for (const Registration& piece : settlement.registered) {
      register_within(database, book, piece, now);
    }
    book.flush();
    advance_anchor(database, settlement.anchor);
    transaction.commit();
    announced = book.announced();
    return true;
  });
  if (!settled) return std::unexpected(settled.error());
  woke(announced);
  return {};
}

Result<void> Store::refuse_order(std::uint32_t meter, std::uint64_t number, const Error& why) {
  const Result<bool> refused = writing([&](Database& database) {
    Transaction transaction(database);
    Query(database,
          "UPDATE orders SET outcome = ?3, answer = ?4 "
          "WHERE meter = ?1 AND number = ?2 AND outcome IS NULL",
          meter, to_column(number), 1 + static_cast<std::int64_t>(why.kind), why.message)
        .run();
    transaction.commit();
    return true;
  });
  if (!refused) return std::unexpected(refused.error());
  return {};
}

Result<meterbox::Anchor> Store::box_anchor() {
  return writing([](Database& database) {
    meterbox::Anchor anchor;
    Query query(database, "SELECT version, chain FROM box_anchor WHERE id = 0");
    if (!query.step()) return anchor;
    anchor.version = from_column(query.integer(0));
    const ByteView chain = query.blob(1);
    if (chain.size() != anchor.chain.size()) {
      throw SqlFailure(ErrorKind::invalid, database.name() + ": the box's anchor is damaged");
    }
    std::copy(chain.begin(), chain.end(), anchor.chain.begin());
    return anchor;
  });
}

Result<void> Store::each_transaction(const std::function<void(const TransactionRecord&)>& visit) {
  const Result<bool> done = reading([&](Database& database) {
    Query query(database,
                "SELECT meter, number, kind, record FROM orders WHERE record IS NOT NULL "
                "ORDER BY meter, number");
    while (query.step()) {
      const ByteView record = query.blob(3);
      visit({static_cast<std::uint32_t>(query.integer(0)), from_column(query.integer(1)),
             static_cast<OrderKind>(query.integer(2)), Bytes(record.begin(), record.end())});
    }
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace backstamp::datacenter
