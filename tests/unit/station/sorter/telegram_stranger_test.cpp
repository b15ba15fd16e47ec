// The document is enough: a control made from it alone talks with the station.
#include "telegram_stranger.h"
#include "link_fixture.h"

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace backstamp::test;

}  // namespace

TEST_CASE("a control made from the document alone gets decisions, is cut, and goes on") {
  Told told;
  TelegramConfig config;
  config.port = 0;
  config.heartbeat = 50ms;
  auto link = serve_telegram(config, 4, told.input(), told.alarms()).value();
  link->state(VisionState::ready);
  std::uint64_t session = 0;
  std::uint64_t last = 0;
  {
    stranger::Control control(link->port());
    control.send(stranger::hello(0, 0, 7));
    const auto welcome = control.receive();
    REQUIRE(welcome.size() == 44);
    REQUIRE(welcome[3] == 17);
    session = stranger::number(welcome, 8, 8);
    CHECK(session != 0);
    CHECK(stranger::number(welcome, 16, 8) == 1);
    CHECK(stranger::number(welcome, 24, 8) == 0);
    CHECK(welcome[32] == 0);
    CHECK(stranger::number(welcome, 34, 2) == 4);
    const auto state = control.receive(20);
    REQUIRE(state.size() == 12);
    CHECK(state[8] == 6);
    control.send(stranger::trigger(501, 4'000'000'000u, 1));
    REQUIRE(soon([&] { return told.triggers().size() == 1; }));
    CHECK(told.triggers()[0].machine_piece == 501);
    CHECK(told.triggers()[0].encoder == 4'000'000'000u);
    CHECK(told.triggers()[0].lane == 1);
    link->decide(decision_of(1));
    const auto decision = control.receive(19);
    REQUIRE(decision.size() == 52);
    last = stranger::number(decision, 8, 8);
    CHECK(last == 1);
    CHECK(stranger::number(decision, 16, 8) == 1);
    CHECK(stranger::number(decision, 24, 8) == 7);
    CHECK(stranger::number(decision, 32, 4) == 1000);
    CHECK(stranger::number(decision, 40, 4) >= 20'000 + stranger::number(decision, 36, 4));
    CHECK(stranger::number(decision, 44, 2) == 1);
    CHECK(stranger::number(decision, 46, 2) == 1);
    CHECK(decision[48] == 1);
    CHECK(decision[49] == 1);
    CHECK(decision[50] == 1);
  }
  link->decide(decision_of(2));
  stranger::Control control(link->port());
  control.send(stranger::hello(session, last, 7));
  const auto welcome = control.receive();
  REQUIRE(welcome.size() == 44);
  CHECK(stranger::number(welcome, 8, 8) == session);
  CHECK(stranger::number(welcome, 16, 8) == 2);
  CHECK(welcome[32] == 1);
  const auto decision = control.receive(19);
  REQUIRE(decision.size() == 52);
  CHECK(stranger::number(decision, 8, 8) == 2);
  CHECK(stranger::number(decision, 16, 8) == 2);
  const auto heartbeat = control.receive(18);
  REQUIRE(heartbeat.size() == 16);
  CHECK(stranger::number(heartbeat, 8, 8) == 2);
  CHECK(link->counters().nonsense == 0);
}
