// The report for people: tables.
#include <algorithm>
#include <cstdio>

#include "programs/simulate/report.h"

namespace backstamp::simulate {
namespace {

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char line[300];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

unsigned long long n(std::uint64_t value) {
  return static_cast<unsigned long long>(value);
}

double ms(std::uint64_t value_ns) {
  return static_cast<double>(value_ns) / 1e6;
}

std::string times(const char* what, const Histogram& times) {
  return formatted("  %-34s %8.2f %8.2f %8.2f %8.2f\n", what, ms(times.percentile_ns(0.5)),
                   ms(times.percentile_ns(0.99)), ms(times.percentile_ns(0.999)),
                   ms(times.max_ns()));
}

std::string head(const Report& report) {
  const Options& options = report.options;
  std::string out =
      formatted("%u %s, %u pieces/h each, deadline %u ms, %u camera(s) a lane, %u processors\n",
                options.lanes, options.lanes == 1 ? "lane" : "lanes", options.rate,
                options.deadline_ms, options.cameras_per_lane, processors());
  return out +
         formatted("%llu faces (%.0f MB): ", n(report.faces),
                   static_cast<double>(report.face_bytes) / 1e6) +
         report.mix + "\n";
}

std::string counts(const RunResult& run) {
  const LedgerSums& sums = run.machine;
  std::string out = formatted("  pieces %llu, events %llu, decisions %llu", n(sums.passed),
                              n(run.records.events), n(sums.decisions));
  if (sums.untriggered > 0) out += formatted(" (%llu without a trigger)", n(sums.untriggered));
  if (sums.unseen > 0) out += formatted("; seen by nothing: %llu", n(sums.unseen));
  if (sums.not_shown > 0) {
    out += formatted("; pictures that the simulation was too late for: %llu", n(sums.not_shown));
  }
  out +=
      formatted("\n  pieces/s %.1f in %.1f s\n",
                run.seconds > 0 ? static_cast<double>(sums.passed) / run.seconds : 0, run.seconds);
  if (!run.paced) return out;
  out += formatted("  in time %.4f %%: %llu too late, %llu lost, %llu repeated", 100 * in_time(run),
                   n(sums.too_late), n(sums.lost), n(sums.repeated));
  if (sums.excused > 0) {
    out += formatted("; %llu late while the link was broken on purpose", n(sums.excused));
  }
  return out + "\n";
}

std::string latencies(const RunResult& run) {
  std::string out = formatted("  %-34s %8s %8s %8s %8s\n", "ms", "p50", "p99", "p99.9", "max");
  out += times("last line of image to decision", run.figures.latency);
  out += times("  of it locating and decoding", run.figures.reading);
  out += times("  of it waiting, verifying, deciding", run.figures.waiting);
  out += times("trigger sent to decision received", run.machine.from_trigger);
  if (!run.paced) return out;
  out += times("late by itself: triggers", run.triggers_late);
  return out + times("late by itself: pictures", run.pictures_late);
}

std::string memory(const RunResult& run) {
  const MemorySample first = settled_memory(run);
  const MemorySample last = last_memory(run);
  std::uint64_t most = 0;
  for (const MemorySample& sample : run.memory) {
    if (sample.at_s >= first.at_s) most = std::max(most, sample.bytes);
  }
  const auto mb = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  return formatted("  memory of all processes: %.1f MB at %.0f s, %.1f MB at the end, most %.1f\n",
                   mb(first.bytes), first.at_s, mb(last.bytes), mb(most));
}

std::string listed(const char* what, const std::map<std::string, std::uint64_t>& counted) {
  if (counted.empty()) return "";
  std::string out;
  for (const auto& [name, count] : counted) {
    out += (out.empty() ? "" : ", ") + name + formatted(" %llu", n(count));
  }
  return formatted("  %s: ", what) + out + "\n";
}

std::string readings(const RunResult& run, const Options& options) {
  const RecordSums& records = run.records;
  std::string out = formatted(
      "  of %llu pieces %llu were read as the same face in calm, %llu with less effort, "
      "%llu otherwise\n",
      n(records.compared), n(records.as_in_calm), n(records.shed), n(records.different));
  for (const std::string& example : records.examples) out += "    " + example + "\n";
  out += listed("decided", run.figures.reasons) + listed("not read", run.figures.causes) +
         listed("left out for want of time", run.figures.shed);
  if (run.paced && options.worker_faults.any()) {
    out += formatted(
        "  workers made to crash or hang on %llu pieces: %llu lost their reading; to "
        "grow on %llu: %llu were read\n",
        n(records.planted), n(records.planted_lost), n(records.bloated), n(records.bloated_read));
    out += formatted("  workers that crashed %llu, were killed %llu, started anew %llu\n",
                     n(run.workers.crashes), n(run.workers.killed), n(run.workers.restarts));
  }
  if (run.paced && options.faults.link()) {
    out += formatted(
        "  link: connected %llu times; %llu triggers could not be sent, %llu went into "
        "the broken link\n",
        n(run.link.connections), n(run.not_sent), n(run.machine.swallowed));
    out += formatted("  decisions that came again and were left out: %llu\n", n(run.link.repeated));
  }
  for (const std::string& alarm : run.alarms) out += "  alarm at the end: " + alarm + "\n";
  return out;
}

std::string costs(const RunResult& run) {
  const auto pieces = static_cast<double>(std::max<std::uint64_t>(1, run.machine.passed));
  const auto line = [&](const char* what, double seconds) {
    return formatted("  %-34s %8.2f s %9.3f ms a piece %6.1f %% of a core\n", what, seconds,
                     1000 * seconds / pieces, run.seconds > 0 ? 100 * seconds / run.seconds : 0);
  };
  std::string out = line("processor: workers", run.cpu.workers);
  out += line("processor: station", run.cpu.station);
  for (const auto& [name, seconds] : run.cpu.threads) {
    if (seconds >= 0.01) out += line(("  thread " + name).c_str(), seconds);
  }
  out += line("processor: the simulation itself", run.cpu.simulation);
  std::vector<std::pair<std::string, RungSum>> rungs(run.figures.rungs.begin(),
                                                     run.figures.rungs.end());
  std::sort(rungs.begin(), rungs.end(),
            [](const auto& a, const auto& b) { return a.second.spent > b.second.spent; });
  out +=
      formatted("  %-34s %10s %10s %12s\n", "rungs of the ladder", "tries", "reads", "ms a piece");
  for (const auto& [name, rung] : rungs) {
    out += formatted("  %-34s %10llu %10llu %12.3f\n", name.c_str(), n(rung.tries), n(rung.reads),
                     ms(static_cast<std::uint64_t>(rung.spent.count())) / pieces);
  }
  return out;
}

std::string run_text(const RunResult& run, const Options& options) {
  std::string out = run.paced ? "\nIn real time\n" : "\nThen without pacing\n";
  out += counts(run) + latencies(run) + memory(run) + readings(run, options) + costs(run);
  for (const std::string& broken : broken_promises(run, options)) {
    out += "  NOT KEPT: " + broken + "\n";
  }
  return out;
}

}  // namespace

std::string report_to_text(const Report& report) {
  std::string out = head(report);
  if (report.paced) out += run_text(*report.paced, report.options);
  if (report.unpaced) {
    std::string text = run_text(*report.unpaced, report.options);
    if (!report.paced) text.replace(0, sizeof "\nThen without" - 1, "\nWithout");
    out += text;
  }
  return out;
}

}  // namespace backstamp::simulate
