#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "programs/bench/compare.h"

namespace backstamp::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kListed = 20;

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char line[400];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

std::string listed(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string out = formatted("\n%zu %s\n", names.size(), what);
  for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i)
    out += "  " + names[i].substr(0, 160) + "\n";
  if (names.size() > kListed) out += "  …\n";
  return out;
}

std::string rate_line(const RateChange& one) {
  return formatted(
      "  %-15s %-8s %5llu %6llu -> %-6llu lost %-5llu gained %-5llu p %.2g%s\n", one.type.c_str(),
      one.face_class.c_str(), static_cast<unsigned long long>(one.symbols),
      static_cast<unsigned long long>(one.read_before),
      static_cast<unsigned long long>(one.read_after), static_cast<unsigned long long>(one.lost),
      static_cast<unsigned long long>(one.gained), one.probability, one.loss ? "  LOSS" : "");
}

std::string time_lines(const TimeChange& time, const GateOptions& options) {
  const double percent = 100 * (1 - options.significance);
  std::string out = formatted("\ntime on %zu faces, new to old", time.faces);
  if (time.machine != 1) {
    out += formatted(" (the machine itself %.3f by the peer's time, divided out)", time.machine);
  }
  return out +
         formatted("\n  median %.3f  %.4g %% [%.3f %.3f]\n  mean   %.3f  %.4g %% [%.3f %.3f]%s\n",
                   time.median, percent, time.median_interval.low, time.median_interval.high,
                   time.mean, percent, time.mean_interval.low, time.mean_interval.high,
                   time.loss ? "  LOSS" : "");
}

/// Infinity is no number in JSON.
Json interval_json(const Interval& interval) {
  const auto end = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {end(interval.low), end(interval.high)};
}

}  // namespace

std::string compare_report(const Comparison& comparison, const GateOptions& options) {
  std::string out = formatted("%zu faces in both runs, %zu only in the new one\n", comparison.faces,
                              comparison.added);
  out += "\nsymbols whose reading changed, by type and class\n";
  bool changed = false;
  for (const RateChange& one : comparison.rates) {
    if (one.lost + one.gained > 0) out += rate_line(one);
    changed = changed || one.lost + one.gained > 0;
  }
  if (!changed) out += "  none\n";
  out += time_lines(comparison.time, options);
  out += listed("symbols lost", comparison.lost);
  out += listed("symbols gained", comparison.gained);
  out += listed("new misreads: LOSS", comparison.new_misreads);
  out += listed("faces crashed on that were not before: LOSS", comparison.new_crashes);
  out += listed("faces are missing from the new run: LOSS", comparison.missing);
  return out + (comparison.loss() ? "\nLOSS\n" : "\nno significant loss\n");
}

std::string compare_report_json(const Comparison& comparison, const GateOptions& options) {
  Json out{{"loss", comparison.loss()}, {"significance", options.significance},
           {"slower", options.slower},  {"faces", comparison.faces},
           {"added", comparison.added}, {"missing", comparison.missing}};
  out["rates"] = Json::array();
  for (const RateChange& one : comparison.rates) {
    out["rates"].push_back({{"type", one.type},
                            {"class", one.face_class},
                            {"symbols", one.symbols},
                            {"read_before", one.read_before},
                            {"read_after", one.read_after},
                            {"lost", one.lost},
                            {"gained", one.gained},
                            {"p", one.probability},
                            {"loss", one.loss}});
  }
  const TimeChange& time = comparison.time;
  out["time"] = {{"faces", time.faces},   {"machine", time.machine},
                 {"median", time.median}, {"median_interval", interval_json(time.median_interval)},
                 {"mean", time.mean},     {"mean_interval", interval_json(time.mean_interval)},
                 {"loss", time.loss}};
  out["lost"] = comparison.lost;
  out["gained"] = comparison.gained;
  out["new_misreads"] = comparison.new_misreads;
  out["new_crashes"] = comparison.new_crashes;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace backstamp::bench
