// Orders to the meter box: on record first, settled once, never forgotten.
#include "datacenter/store/orders.h"

#include "mail.h"

namespace backstamp::datacenter {

using namespace testing;

namespace {

Order record(Store& store, const std::string& request, const std::string& body = "{}") {
  const auto order = store.record_order(kMeter, OrderKind::dispense, request, body, at(0));
  if (!order) FAIL(order.error().message);
  return *order;
}

Settlement settlement(std::uint64_t version, std::vector<Registration> pieces = {}) {
  Settlement done;
  done.answer = "{\"version\":" + std::to_string(version) + "}";
  done.record = Bytes{1, 2, static_cast<std::uint8_t>(version)};
  done.anchor.version = version;
  done.anchor.chain.fill(static_cast<std::uint8_t>(version));
  done.registered = std::move(pieces);
  return done;
}

}  // namespace

TEST_CASE("Orders of a meter are numbered in the order in which they were put on record") {
  Fixture data;
  CHECK(record(*data.store, "a").number == 1);
  CHECK(record(*data.store, "b").number == 2);
  CHECK(record(*data.store, "a").number == 1);
  const auto other = data.store->record_order(8, OrderKind::fund, "a", "{}", at(0));
  REQUIRE(other);
  CHECK(other->number == 1);
}

TEST_CASE("A request name stands for one order for ever") {
  Fixture data;
  record(*data.store, "a", "{\"x\":1}");
  const auto body = data.store->record_order(kMeter, OrderKind::dispense, "a", "{\"x\":2}", at(0));
  REQUIRE(!body);
  CHECK(body.error().kind == ErrorKind::refused);
  const auto kind = data.store->record_order(kMeter, OrderKind::fund, "a", "{\"x\":1}", at(0));
  REQUIRE(!kind);
  CHECK(kind.error().kind == ErrorKind::refused);
}

TEST_CASE("An order is open until it is settled, and then it gives its answer again") {
  Fixture data;
  record(*data.store, "a");
  record(*data.store, "b");
  REQUIRE(data.store->open_orders()->size() == 2);
  REQUIRE(data.store->settle_order(kMeter, 1, settlement(5, {registration(1)}), at(1)));
  const auto open = data.store->open_orders(kMeter);
  REQUIRE(open->size() == 1);
  CHECK(open->front().request == "b");
  CHECK(data.store->open_orders(8)->empty());
  const Order settled = record(*data.store, "a");
  REQUIRE(settled.outcome);
  CHECK(settled.outcome->done);
  CHECK(settled.outcome->text == "{\"version\":5}");
  // The piece is on the books, with its notice to the meter.
  CHECK(data.store->piece(kMeter, code(1)).value());
  CHECK(data.store->notices(kMeter, 0, 10)->size() == 1);
}

TEST_CASE("Settling twice changes nothing") {
  Fixture data;
  record(*data.store, "a");
  REQUIRE(data.store->settle_order(kMeter, 1, settlement(5, {registration(1)}), at(1)));
  REQUIRE(data.store->settle_order(kMeter, 1, settlement(9, {registration(2)}), at(2)));
  CHECK(data.store->box_anchor()->version == 5);
  CHECK(!data.store->piece(kMeter, code(2)).value());
  REQUIRE(data.store->refuse_order(kMeter, 1, {ErrorKind::refused, "no"}));
  CHECK(record(*data.store, "a").outcome->done);
}

TEST_CASE("A refusal is kept with its kind") {
  Fixture data;
  record(*data.store, "a");
  REQUIRE(data.store->refuse_order(kMeter, 1, {ErrorKind::refused, "no funds"}));
  const Order order = record(*data.store, "a");
  REQUIRE(order.outcome);
  CHECK(*order.outcome == OrderOutcome{false, ErrorKind::refused, "no funds"});
  CHECK(data.store->open_orders()->empty());
}

TEST_CASE("The anchor only goes forward, and survives a restart") {
  Fixture data;
  CHECK(*data.store->box_anchor() == meterbox::Anchor{});
  for (const char* name : {"a", "b", "c"}) record(*data.store, name);
  REQUIRE(data.store->settle_order(kMeter, 2, settlement(7), at(1)));
  REQUIRE(data.store->settle_order(kMeter, 1, settlement(6), at(1)));
  data.store.reset();
  data.store = Store::open(data.folder / "store.db", DatabaseMode::existing).value();
  CHECK(*data.store->box_anchor() == settlement(7).anchor);
}

TEST_CASE("A settlement whose piece cannot be registered changes nothing at all") {
  Fixture data;
  record(*data.store, "a");
  REQUIRE(data.store->register_pieces(kMeter, std::vector{registration(1)}, at(0)));
  Registration other = registration(1);
  other.postage.mills += 1;
  const auto settled = data.store->settle_order(kMeter, 1, settlement(5, {other}), at(1));
  REQUIRE(!settled);
  CHECK(settled.error().kind == ErrorKind::refused);
  CHECK(data.store->open_orders()->size() == 1);
  CHECK(data.store->box_anchor()->version == 0);
}

TEST_CASE("Every signed record can be listed") {
  Fixture data;
  record(*data.store, "a");
  record(*data.store, "b");
  REQUIRE(data.store->settle_order(kMeter, 1, settlement(5), at(1)));
  std::vector<TransactionRecord> records;
  REQUIRE(data.store->each_transaction([&](const auto& one) { records.push_back(one); }));
  REQUIRE(records.size() == 1);
  CHECK(records[0].number == 1);
  CHECK(records[0].record == Bytes{1, 2, 5});
}

}  // namespace backstamp::datacenter
