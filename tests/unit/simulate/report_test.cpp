#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "programs/simulate/mark.h"
#include "programs/simulate/mix.h"
#include "programs/simulate/report.h"
#include "tests/support/unruly.h"

namespace backstamp::simulate {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

/// A run in which all went well.
RunResult good_run() {
  RunResult run;
  run.seconds = 20;
  run.machine.passed = run.machine.triggered = run.machine.decided = 1000;
  run.machine.in_time = run.machine.decisions = 1000;
  run.records.events = run.records.compared = run.records.as_in_calm = 1000;
  for (int i = 0; i < 1000; ++i) run.figures.latency.record_ns(4'000'000);
  run.memory = {{5, 900'000'000}, {10, 500'000'000}, {15, 510'000'000}, {20, 520'000'000}};
  return run;
}

Json json_of(const RunResult& run) {
  Report report;
  report.paced = run;
  return Json::parse(report_to_json(report));
}

}  // namespace

TEST_CASE("the report has the figures that everybody compares, under their names") {
  const Json json = json_of(good_run());
  CHECK(json.at("triggers") == 1000);
  CHECK(json.at("events") == 1000);
  CHECK(json.at("in_time") == 1.0);
  CHECK(json.at("pieces_per_s") == 50.0);
  CHECK(json.at("resident_mb").at("start") == 500.0);
  CHECK(json.at("resident_mb").at("end") == 520.0);
  for (const char* key : {"p50", "p99", "p999"}) {
    const double ms = json.at("latency_ms").at(key);
    CHECK(ms > 3.9);
    CHECK(ms < 4.1);
  }
}

TEST_CASE("a run in which all went well broke no promise") {
  CHECK(broken_promises(good_run(), {}).empty());
}

TEST_CASE("each promise that is broken is told, and nothing makes up for it") {
  const auto broken_by = [](auto&& change) {
    RunResult run = good_run();
    change(run);
    return broken_promises(run, {});
  };
  CHECK(broken_by([](RunResult& run) { run.records.events = 999; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.records.events = 1001; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.records.repeated = 1; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.machine.repeated = 1; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.machine.unknown = 1; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.machine.decisions = 1001; }).size() == 1);
  CHECK(broken_by([](RunResult& run) { run.records.different = 1; }).size() == 1);
  CHECK_FALSE(broken_by([](RunResult& run) { run.machine.lost = 1; }).empty());
  CHECK_FALSE(broken_by([](RunResult& run) { run.machine.passed = 0; }).empty());
}

TEST_CASE("one decision in a thousand too late is too many, and one in a hundred thousand is not") {
  RunResult run = good_run();
  run.machine.in_time = 999;
  run.machine.too_late = 1;
  CHECK(broken_promises(run, {}).size() == 1);
  run.machine.in_time = 99'999;
  CHECK(broken_promises(run, {}).empty());
}

TEST_CASE("a simulation that was itself too late says so, and does not pass for a good run") {
  RunResult run = good_run();
  run.machine.not_shown = 1;
  CHECK(broken_promises(run, {}).empty());
  run.machine.not_shown = 2;
  CHECK(broken_promises(run, {}).size() == 1);
}

TEST_CASE("a worker that was to fail and did not is a broken promise") {
  RunResult run = good_run();
  Options options;
  options.worker_faults.crash = 100;
  run.records.planted = run.records.planted_lost = 10;
  CHECK(broken_promises(run, options).empty());
  run.records.planted_lost = 9;
  CHECK(broken_promises(run, options).size() == 1);
}

TEST_CASE("the table for people tells of every promise that was not kept") {
  RunResult run = good_run();
  run.machine.lost = 3;
  Report report;
  report.paced = run;
  const std::string text = report_to_text(report);
  CHECK(text.find("NOT KEPT: 3 decisions lost") != std::string::npos);
}

TEST_CASE("a mix has its shares, and a copy bears the token of a genuine piece") {
  const auto faces = plan_mix("postal", 300, 1);
  REQUIRE(faces);
  REQUIRE(faces->size() == 300);
  std::map<FaceKind, int> kinds;
  for (const PlannedFace& face : *faces) {
    ++kinds[face.kind];
    if (face.kind != FaceKind::copied) continue;
    CHECK(face.token_of != face.minted);
    CHECK((*faces)[face.token_of].kind == FaceKind::genuine);
  }
  CHECK(kinds[FaceKind::genuine] == 267);
  CHECK(kinds[FaceKind::foreign] == 15);
  CHECK(kinds[FaceKind::blank] == 9);
  CHECK(kinds[FaceKind::copied] == 6);
  CHECK(kinds[FaceKind::damaged] == 3);
  CHECK_FALSE(plan_mix("letters", 300, 1));
}

TEST_CASE("an unruly worker finds on a marked picture what the plan means it to do") {
  const std::map<WorkerFault, test::Unruly> meant{{WorkerFault::crash, test::Unruly::abort},
                                                  {WorkerFault::hang, test::Unruly::spin},
                                                  {WorkerFault::bloat, test::Unruly::leak}};
  for (const auto& [fault, what] : meant) {
    vision::Frame picture(64, 64);
    CHECK_FALSE(test::mark_of(picture.view()));
    mark_for_unruly_worker(picture, fault);
    const auto mark = test::mark_of(picture.view());
    REQUIRE(mark);
    CHECK(mark->what == what);
    CHECK((mark->amount > 256) == (fault == WorkerFault::bloat));
  }
}

TEST_CASE("memory counts this process, and its share of what it started") {
  CHECK(resident_bytes() > 1'000'000);
  const CpuTimes before = cpu_times();
  const SteadyTime end = std::chrono::steady_clock::now() + 200ms;
  std::uint64_t work = 1;
  while (std::chrono::steady_clock::now() < end) work = work * 3 + 1;
  CHECK(work != 0);
  const CpuTimes spent = cpu_times() - before;
  CHECK(spent.station > 0);
  CHECK(spent.simulation == 0);
}

}  // namespace backstamp::simulate
