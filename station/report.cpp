#include "station/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

namespace backstamp::station {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(std::uint64_t value_ns) {
  return static_cast<double>(value_ns) / 1e6;
}

Json percentiles(const Histogram& histogram) {
  return {{"p50", milliseconds(histogram.percentile_ns(0.50))},
          {"p90", milliseconds(histogram.percentile_ns(0.90))},
          {"p99", milliseconds(histogram.percentile_ns(0.99))},
          {"max", milliseconds(histogram.max_ns())}};
}

double pieces_per_s(const LaneReport& report) {
  const double seconds = std::chrono::duration<double>(report.elapsed).count();
  return seconds > 0 ? static_cast<double>(report.pieces) / seconds : 0.0;
}

void add_counts(std::ostream& out, const char* title,
                const std::map<std::string, std::uint64_t>& counts) {
  if (counts.empty()) return;
  out << title;
  for (const auto& [name, count] : counts) out << "  " << name << ' ' << count;
  out << '\n';
}

Json lane_json(const LaneReport& report) {
  return Json{{"pieces", report.pieces},
              {"seconds", std::chrono::duration<double>(report.elapsed).count()},
              {"pieces_per_s", pieces_per_s(report)},
              {"accepted", report.accepted},
              {"diverted", report.diverted},
              {"late", report.late},
              {"read_ms", percentiles(report.read_time)},
              {"latency_ms", percentiles(report.latency)},
              {"verdicts", report.verdicts},
              {"reasons", report.reasons},
              {"causes", report.causes},
              {"formats", report.formats}};
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string report_to_json(const LaneReport& report) {
  return line_of(lane_json(report));
}

std::string report_to_text(const LaneReport& report) {
  std::ostringstream out;
  char line[256];
  std::snprintf(line, sizeof line,
                "%llu pieces in %.1f s, %.1f a second: %llu accepted, %llu diverted, %llu late\n",
                static_cast<unsigned long long>(report.pieces),
                std::chrono::duration<double>(report.elapsed).count(), pieces_per_s(report),
                static_cast<unsigned long long>(report.accepted),
                static_cast<unsigned long long>(report.diverted),
                static_cast<unsigned long long>(report.late));
  out << line;
  const auto times = [&](const char* title, const Histogram& histogram) {
    std::snprintf(line, sizeof line, "%s  p50 %.2f ms  p90 %.2f ms  p99 %.2f ms  max %.2f ms\n",
                  title, milliseconds(histogram.percentile_ns(0.5)),
                  milliseconds(histogram.percentile_ns(0.9)),
                  milliseconds(histogram.percentile_ns(0.99)), milliseconds(histogram.max_ns()));
    out << line;
  };
  times("read    ", report.read_time);
  times("latency ", report.latency);
  add_counts(out, "symbols ", report.formats);
  add_counts(out, "verdicts", report.verdicts);
  add_counts(out, "reasons ", report.reasons);
  add_counts(out, "no-reads", report.causes);
  return out.str();
}

std::string station_report_to_json(const StationReport& report) {
  Json json = lane_json(report.lane);
  json["epoch"] = report.epoch;
  json["resumed_after"] = report.resumed_after;
  json["committed"] = report.committed;
  json["acknowledged"] = report.acknowledged;
  json["uplink"] = report.link;
  json["keys"] = {{"sequence", report.keys}, {"stale", report.keys_stale}};
  json["clock"] = report.clock;
  json["evidence"] = {{"kept", report.evidence_kept}, {"left_out", report.evidence_left_out}};
  return line_of(json);
}

std::string station_report_to_text(const StationReport& report) {
  std::ostringstream out;
  if (report.resumed_after > 0) out << "resumed after piece " << report.resumed_after << '\n';
  out << report_to_text(report.lane);
  out << "journal   " << report.committed << " events committed, " << report.acknowledged
      << " acknowledged";
  if (!report.link.empty()) out << "; uplink " << report.link;
  out << "\nkeys      bundle " << report.keys << (report.keys_stale ? ", STALE" : "") << "; clock "
      << report.clock << '\n';
  if (report.evidence_kept + report.evidence_left_out > 0) {
    out << "evidence  " << report.evidence_kept << " pieces' pictures kept, "
        << report.evidence_left_out << " left out\n";
  }
  return out.str();
}

}  // namespace backstamp::station
