#include "programs/simulate/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace backstamp::simulate {
namespace {

using Json = nlohmann::ordered_json;

double ms(std::uint64_t value_ns) {
  return static_cast<double>(value_ns) / 1e6;
}

double mb(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

Json percentiles(const Histogram& times) {
  return {{"p50", ms(times.percentile_ns(0.5))},
          {"p99", ms(times.percentile_ns(0.99))},
          {"p999", ms(times.percentile_ns(0.999))}};
}

Json worst(const Histogram& times) {
  return {{"p50", ms(times.percentile_ns(0.5))},
          {"p99", ms(times.percentile_ns(0.99))},
          {"max", ms(times.max_ns())}};
}

double pieces_per_s(const RunResult& run) {
  return run.seconds > 0 ? static_cast<double>(run.machine.passed) / run.seconds : 0;
}

/// The figures that everybody compares.
Json figures(const RunResult& run) {
  return {{"triggers", run.machine.passed},
          {"events", run.records.events},
          {"in_time", in_time(run)},
          {"latency_ms", percentiles(run.figures.latency)},
          {"resident_mb",
           {{"start", mb(settled_memory(run).bytes)}, {"end", mb(last_memory(run).bytes)}}},
          {"pieces_per_s", pieces_per_s(run)}};
}

Json machine_json(const RunResult& run) {
  const LedgerSums& sums = run.machine;
  return {{"triggered", sums.triggered},
          {"decided_once", sums.decided},
          {"lost", sums.lost},
          {"repeated", sums.repeated},
          {"unknown", sums.unknown},
          {"untriggered", sums.untriggered},
          {"unseen", sums.unseen},
          {"not_shown", sums.not_shown},

          {"too_late", sums.too_late},
          {"marked_late", sums.marked_late},
          {"link_broken", sums.excused},
          {"not_sent", run.not_sent},
          {"connections", run.link.connections},
          {"sent_again", run.link.repeated}};
}

Json records_json(const RecordSums& records) {
  return {{"compared", records.compared}, {"as_in_calm", records.as_in_calm},
          {"shed", records.shed},         {"different", records.different},
          {"planted", records.planted},   {"planted_lost", records.planted_lost},
          {"repeated", records.repeated}, {"untriggered", records.untriggered},
          {"bloated", records.bloated},   {"bloated_read", records.bloated_read},
          {"late", records.late}};
}

Json cost_json(const RunResult& run) {
  Json rungs = Json::array();
  for (const auto& [name, rung] : run.figures.rungs) {
    rungs.push_back({{"rung", name},
                     {"tries", rung.tries},
                     {"reads", rung.reads},
                     {"ms", ms(static_cast<std::uint64_t>(rung.spent.count()))}});
  }
  return {{"cpu_s",
           {{"workers", run.cpu.workers},
            {"station", run.cpu.station},
            {"simulation", run.cpu.simulation}}},
          {"threads_s", run.cpu.threads},
          {"reading_ms", percentiles(run.figures.reading)},
          {"waiting_ms", percentiles(run.figures.waiting)},
          {"rungs", std::move(rungs)}};
}

Json run_json(const RunResult& run) {
  Json json = figures(run);
  json["seconds"] = run.seconds;
  json["trigger_to_decision_ms"] = percentiles(run.machine.from_trigger);
  json["machine"] = machine_json(run);
  json["readings"] = records_json(run.records);
  json["differing"] = run.records.examples;
  json["reasons"] = run.figures.reasons;
  json["causes"] = run.figures.causes;
  json["shed"] = run.figures.shed;
  json["workers"] = {{"crashes", run.workers.crashes},
                     {"killed", run.workers.killed},
                     {"restarts", run.workers.restarts}};
  json["costs"] = cost_json(run);
  json["simulation_late_ms"] = {{"triggers", worst(run.triggers_late)},
                                {"pictures", worst(run.pictures_late)}};
  Json memory = Json::array();
  for (const MemorySample& sample : run.memory) {
    memory.push_back({{"s", sample.at_s}, {"mb", mb(sample.bytes)}});
  }
  json["memory"] = std::move(memory);
  json["alarms"] = run.alarms;
  return json;
}

}  // namespace

double in_time(const RunResult& run) {
  const LedgerSums& sums = run.machine;
  const std::uint64_t due = sums.in_time + sums.too_late + sums.lost;
  return due > 0 ? static_cast<double>(sums.in_time) / static_cast<double>(due) : 0;
}

MemorySample settled_memory(const RunResult& run) {
  for (const MemorySample& sample : run.memory) {
    if (sample.at_s >= kSettled_s) return sample;
  }
  return run.memory.empty() ? MemorySample{} : run.memory.front();
}

MemorySample last_memory(const RunResult& run) {
  return run.memory.empty() ? MemorySample{} : run.memory.back();
}

std::vector<std::string> broken_promises(const RunResult& run, const Options& options) {
  std::vector<std::string> broken;
  const auto expect = [&](bool held, const std::string& sentence) {
    if (!held) broken.push_back(sentence);
  };
  const LedgerSums& sums = run.machine;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  expect(sums.passed > 0, "no piece passed");
  expect(run.records.events == sums.passed,
         number(run.records.events) + " events of " + number(sums.passed) + " pieces");
  expect(run.records.repeated == 0, number(run.records.repeated) + " pieces with two events");
  expect(sums.lost == 0, number(sums.lost) + " decisions lost");
  expect(sums.repeated == 0, number(sums.repeated) + " pieces decided more than once");
  expect(sums.unknown == 0, number(sums.unknown) + " decisions on pieces that there were not");
  expect(sums.decisions == sums.passed || sums.lost + sums.repeated + sums.unknown > 0,
         number(sums.decisions) + " decisions on " + number(sums.passed) + " pieces");
  expect(run.records.different == 0,
         number(run.records.different) + " pieces were not read as the same face in calm");
  expect(sums.not_shown * 1000 <= sums.passed,
         "the simulation was itself too late for " + number(sums.not_shown) + " pictures");
  if (run.paced) {
    expect(in_time(run) >= kInTime || sums.too_late == 0,
           number(sums.too_late) + " decisions came too late");
  }
  if (run.paced && options.worker_faults.any()) {
    expect(run.records.planted == run.records.planted_lost,
           "of " + number(run.records.planted) + " workers that were to fail " +
               number(run.records.planted_lost) + " did");
  }
  return broken;
}

std::string report_to_json(const Report& report) {
  const RunResult& first = report.paced ? *report.paced : *report.unpaced;
  Json json = run_json(first);
  json["paced"] = first.paced;
  if (report.paced && report.unpaced) json["unpaced"] = run_json(*report.unpaced);
  json["line"] = {
      {"lanes", report.options.lanes}, {"cameras_per_lane", report.options.cameras_per_lane},
      {"rate", report.options.rate},   {"deadline_ms", report.options.deadline_ms},
      {"seed", report.options.seed},   {"processors", processors()}};
  json["mail"] = {{"faces", report.faces}, {"mb", mb(report.face_bytes)}, {"mix", report.mix}};
  Json broken = Json::array();
  for (const auto* run : {&report.paced, &report.unpaced}) {
    if (!*run) continue;
    for (const std::string& one : broken_promises(**run, report.options)) broken.push_back(one);
  }
  json["broken"] = std::move(broken);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace backstamp::simulate
