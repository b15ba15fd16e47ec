#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "station/live.h"

namespace backstamp::station {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

Json times(const Histogram& histogram) {
  return {{"p50", milliseconds(histogram.percentile_ns(0.5))},
          {"p99", milliseconds(histogram.percentile_ns(0.99))},
          {"p999", milliseconds(histogram.percentile_ns(0.999))},
          {"max", milliseconds(histogram.max_ns())}};
}

void times(std::ostream& out, const char* title, const Histogram& histogram) {
  char line[160];
  std::snprintf(
      line, sizeof line, "%-12s p50 %7.2f ms  p99 %7.2f ms  p99.9 %7.2f ms  max %7.2f ms\n", title,
      milliseconds(histogram.percentile_ns(0.5)), milliseconds(histogram.percentile_ns(0.99)),
      milliseconds(histogram.percentile_ns(0.999)), milliseconds(histogram.max_ns()));
  out << line;
}

}  // namespace

std::string live_report_to_json(const LiveReport& report) {
  const LineCounters& line = report.line;
  const Json json{
      {"triggers", line.triggers},
      {"untriggered", line.untriggered},
      {"events", line.events},
      {"in_time", line.in_time},
      {"late", line.late},
      {"read", line.read},
      {"frames", line.frames},
      {"camera_lost", line.camera_lost},
      {"decoder_crashed", line.crashed},
      {"too_close", line.gaps},
      {"jams", line.jams},
      {"faces_disagree", line.conflicts},
      {"belt_reversals", line.reversals},
      {"overflowed", line.overflowed},
      {"shed", {{"faces", line.shed[1]}, {"effort", line.shed[2]}, {"reading", line.shed[3]}}},
      {"latency_ms",
       {{"from_image", times(report.latencies.from_image)},
        {"from_trigger", times(report.latencies.from_trigger)},
        {"reading", times(report.latencies.read_time)}}},
      {"epoch", report.epoch},
      {"committed", report.committed},
      {"acknowledged", report.acknowledged},
      {"uplink", report.link},
      {"keys", {{"sequence", report.keys}, {"stale", report.keys_stale}}},
      {"clock", report.clock},
      {"evidence", {{"kept", report.evidence_kept}, {"left_out", report.evidence_left_out}}},
      {"workers",
       {{"crashes", report.workers.crashes},
        {"killed", report.workers.killed},
        {"restarts", report.workers.restarts}}},
      {"realtime", report.realtime}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string live_report_to_text(const LiveReport& report) {
  const LineCounters& line = report.line;
  std::ostringstream out;
  out << "pieces       " << line.triggers << " triggered, " << line.untriggered
      << " without a trigger, " << line.events << " events; " << line.in_time << " in time, "
      << line.late << " late; " << line.read << " read\n";
  times(out, "image", report.latencies.from_image);
  times(out, "trigger", report.latencies.from_trigger);
  times(out, "reading", report.latencies.read_time);
  out << "line         " << line.camera_lost << " without a picture, " << line.crashed
      << " cost a decoder, " << line.gaps << " too close, " << line.jams << " jams, "
      << line.conflicts << " disagree, " << line.reversals << " reversals\n"
      << "left out     " << line.shed[1] << " faces, " << line.shed[2] << " effort, "
      << line.shed[3] << " readings\n"
      << "workers      " << report.workers.crashes << " crashed, " << report.workers.killed
      << " killed, " << report.workers.restarts << " started anew\n"
      << "journal      " << report.committed << " events committed, " << report.acknowledged
      << " acknowledged";
  if (!report.link.empty()) out << "; uplink " << report.link;
  out << "\nkeys         bundle " << report.keys << (report.keys_stale ? ", STALE" : "")
      << "; clock " << report.clock << '\n';
  if (report.evidence_kept + report.evidence_left_out > 0) {
    out << "evidence     " << report.evidence_kept << " pieces kept, " << report.evidence_left_out
        << " left out\n";
  }
  for (const std::string& state : report.realtime) out << "machine      " << state << '\n';
  return out.str();
}

}  // namespace backstamp::station
