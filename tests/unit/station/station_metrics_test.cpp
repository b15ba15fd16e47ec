#include "station/station_metrics.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <set>
#include <sstream>

namespace {

using namespace backstamp;
using namespace backstamp::station;
using Catch::Matchers::ContainsSubstring;

/// Everything a station tells, with a different number for each count.
std::string whole_page() {
  metrics::Page page;
  for (const char* lane : {"LANE-1", "LANE-2"}) {
    LineCounters line;
    line.triggers = 101;
    line.in_time = 99;
    line.late = 2;
    line.shed[static_cast<std::size_t>(postal::Shed::effort)] = 7;
    add_metrics(page, line, {{"lane", lane}});
    CameraCounters camera;
    camera.frames = 104;
    camera.up = true;
    add_metrics(page, camera, {{"lane", lane}, {"camera", "front"}});
  }
  Line::Latencies times;
  times.from_image.record_ns(3'000'000);
  times.from_image.record_ns(300'000'000);
  add_metrics(page, times, {});
  SorterCounters link;
  link.dropped = 5;
  add_metrics(page, link, {{"link", "telegram"}});
  Evidence::Counters evidence;
  evidence.kept_by[static_cast<std::size_t>(EvidenceClass::no_read)] = 6;
  evidence.left_out = 8;
  add_metrics(page, evidence, {});
  vision::PoolCounters workers;
  workers.crashes = 3;
  workers.spare_start_max = std::chrono::microseconds(21'500);
  add_metrics(page, workers, {});
  add_metrics(page, RingFigures{64, 3, 1}, {});
  add_metrics(page, JournalFigures{12, 11, 10, 5'000'000'000}, {});
  uplink::SenderStatus uplink;
  uplink.state = uplink::LinkState::refused;
  add_metrics(page, uplink, {});
  add_metrics(page, KeyFigures{9, true, false}, {});
  add_metrics(page, std::map<std::string, std::uint64_t>{{"camera-lost", 4}}, {});
  add_metrics(page, VisionState::ready, {});
  return page.text();
}

}  // namespace

TEST_CASE("what a station counts is told under names of its own") {
  const std::string text = whole_page();
  for (const char* line : {
           "backstamp_triggers_total{lane=\"LANE-2\"} 101\n",
           "backstamp_decisions_total{lane=\"LANE-1\",in_time=\"yes\"} 99\n",
           "backstamp_decisions_total{lane=\"LANE-1\",in_time=\"no\"} 2\n",
           "backstamp_shed_pieces_total{lane=\"LANE-1\",what=\"effort\"} 7\n",
           "backstamp_camera_up{lane=\"LANE-1\",camera=\"front\"} 1\n",
           "backstamp_decision_seconds_bucket{le=\"0.005\"} 1\n",
           "backstamp_decision_seconds_bucket{le=\"0.25\"} 1\n",
           "backstamp_decision_seconds_bucket{le=\"0.5\"} 2\n",
           "backstamp_sorter_dropped_total{link=\"telegram\"} 5\n",
           "backstamp_evidence_kept_total{class=\"no-read\"} 6\n",
           "backstamp_evidence_left_out_total 8\n",
           "backstamp_worker_start_max_seconds 0.0215\n",
           "backstamp_journal_free_bytes 5000000000\n",
           "backstamp_uplink_state{state=\"refused\"} 1\n",
           "backstamp_uplink_state{state=\"connected\"} 0\n",
           "backstamp_keys_stale 1\n",
           "backstamp_clock_trusted 0\n",
           "backstamp_alarm_raised_total{name=\"camera-lost\"} 4\n",
           "backstamp_station_state{state=\"Ready\"} 1\n",
       }) {
    CHECK_THAT(text, ContainsSubstring(line));
  }
}

TEST_CASE("no sample stands twice on a page, and no family in two places") {
  std::istringstream text(whole_page());
  std::set<std::string> samples;
  std::set<std::string> families;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) {
      CHECK(families.insert(line).second);
    } else if (line[0] != '#') {
      CHECK(samples.insert(line.substr(0, line.rfind(' '))).second);
    }
  }
  CHECK(families.size() > 40);
}
