#include "station/station_watch.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace {

using namespace backstamp;
using namespace backstamp::station;
using namespace std::chrono_literals;

struct Watched {
  std::vector<Alarm> told;
  StationWatch watch{[this](const Alarm& alarm) { told.push_back(alarm); }};
  StationFigures figures;
  SteadyTime now = SteadyTime{} + 1h;

  void look(std::chrono::nanoseconds later) {
    now += later;
    watch.look(figures, now);
  }
  bool only(const char* name, bool raised) {
    const bool is = told.size() == 1 && told[0].name == name && told[0].raised == raised;
    if (is && raised && (told[0].cause.empty() || told[0].remedy.empty())) return false;
    told.clear();
    return is;
  }
};

}  // namespace

TEST_CASE("a journal is slow when what was appended is not committed two seconds later") {
  Watched station;
  station.figures.appended = 100;
  station.look(0s);
  station.figures.appended = 5000;  // it goes on, and the disk keeps up
  station.figures.committed = 4900;
  station.look(1s);
  station.look(1s);
  CHECK(station.told.empty());
  station.look(1s);
  station.look(1s);
  station.look(1s);
  CHECK(station.only("journal-slow", true));
  station.look(10s);
  CHECK(station.told.empty());  // told once
  station.figures.committed = 5000;
  station.look(1s);
  CHECK(station.only("journal-slow", false));
}

TEST_CASE("a link is down after its patience, and refused at once") {
  Watched station;
  station.figures.link = uplink::LinkState::down;
  station.look(0s);
  station.look(60s);
  CHECK(station.told.empty());  // there is no uplink
  station.figures.has_uplink = true;
  station.look(0s);
  station.look(9s);
  CHECK(station.told.empty());
  station.look(1s);
  CHECK(station.only("uplink-down", true));
  station.figures.link = uplink::LinkState::connected;
  station.look(1s);
  CHECK(station.only("uplink-down", false));
  station.figures.link = uplink::LinkState::refused;
  station.look(1s);
  CHECK(station.only("uplink-refused", true));
}

TEST_CASE("crashes are one alarm until there has been none for a while") {
  Watched station;
  station.figures.workers.crashes = 1;
  station.look(0s);
  CHECK(station.only("decoder-crashed", true));
  station.figures.workers.crashes = 7;
  station.look(20s);
  station.look(29s);
  CHECK(station.told.empty());
  station.look(1s);
  CHECK(station.only("decoder-crashed", false));
  station.figures.workers.crashes = 8;
  station.look(1s);
  CHECK(station.only("decoder-crashed", true));
}

TEST_CASE("keys and clock are told while they are in doubt") {
  Watched station;
  station.figures.keys_stale = true;
  station.look(0s);
  CHECK(station.only("keys-stale", true));
  station.figures.keys_stale = false;
  station.figures.clock = "three hours behind the data center";
  station.look(1s);
  REQUIRE(station.told.size() == 2);
  CHECK(station.told[1].name == "clock-untrusted");
  CHECK(station.told[1].cause.find("three hours") != std::string::npos);
}
