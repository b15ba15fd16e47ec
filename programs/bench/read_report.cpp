// The report for people.
#include <algorithm>
#include <cstdio>

#include "base/bytes.h"
#include "programs/bench/read_figures.h"

namespace backstamp::bench {
namespace {

constexpr std::size_t kListed = 20;  // of misreads and other faults

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  char line[400];
  std::snprintf(line, sizeof line, format, values...);
  return line;
}

std::string time_line(const std::string& what, const Times& times) {
  return formatted("  %-16s %7zu %10.1f %9.2f %9.2f %9.2f %9.2f %9.2f\n", what.c_str(),
                   times.sorted_ms.size(), times.faces_per_s(), times.mean_ms, times.at(0.5),
                   times.at(0.9), times.at(0.99), times.max_ms());
}

std::string times_table(const ReadPlan& plan, const ReaderFigures& figures) {
  std::string out =
      formatted("\n%s, one core, locate and decode alone (ms%s)\n", figures.name.c_str(),
                plan.processor_time ? " of processor time" : "");
  out += formatted("  %-16s %7s %10s %9s %9s %9s %9s %9s\n", "class", "faces", "faces/s", "mean",
                   "p50", "p90", "p99", "max");
  for (const auto& [face_class, times] : figures.by_class) out += time_line(face_class, times);
  return out + time_line("all", figures.all);
}

std::string rate_cell(const datasets::Count& count) {
  const Interval interval = wilson_interval(count.read, count.total);
  return formatted("%5llu/%-5llu %5.1f %%  [%5.1f %5.1f]",
                   static_cast<unsigned long long>(count.read),
                   static_cast<unsigned long long>(count.total),
                   100.0 * static_cast<double>(count.read) / static_cast<double>(count.total),
                   100 * interval.low, 100 * interval.high);
}

std::string rate_table(const ReaderFigures& ours, const ReaderFigures* peer) {
  std::vector<RateRow> rows = rate_rows(ours.sheet);
  std::vector<RateRow> peer_rows = peer ? rate_rows(peer->sheet) : std::vector<RateRow>();
  const auto append = [](std::vector<RateRow>& to, std::vector<RateRow> from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(rows, face_rows(ours.sheet));
  if (peer) append(peer_rows, face_rows(peer->sheet));
  std::string out = formatted("\n%-26s %-34s%s\n", "read, 95 % interval", ours.name.c_str(),
                              peer ? peer->name.c_str() : "");
  std::string last;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += formatted("  %-15s %-8s %s", rows[i].what == last ? "" : rows[i].what.c_str(),
                     rows[i].face_class.c_str(), rate_cell(rows[i].count).c_str());
    // Both were scored on the same truth, so the rows are the same.
    out += (peer ? "   " + rate_cell(peer_rows[i].count) : "") + "\n";
    last = rows[i].what;
  }
  return out;
}

std::string faults(const ReaderFigures& figures) {
  std::string out = formatted(
      "\n%s: %zu misreads, %llu of them on blanks; same read twice %llu; crashed on %zu\n",
      figures.name.c_str(), figures.misreads.size(),
      static_cast<unsigned long long>(figures.sheet.on_blanks),
      static_cast<unsigned long long>(figures.sheet.twice), figures.crashed.size());
  for (std::size_t i = 0; i < std::min(figures.misreads.size(), kListed); ++i) {
    const Misread& one = figures.misreads[i];
    out += "  misread  " + one.image + "  " + one.face_class + (one.on_blank ? " (blank)" : "") +
           "  " + one.seen.type + "  " + to_hex(one.seen.content).substr(0, 80) +
           (one.rung.empty() ? "" : "  rung " + one.rung) + "\n";
  }
  for (std::size_t i = 0; i < std::min(figures.crashed.size(), kListed); ++i)
    out += "  crashed  " + figures.crashed[i] + "\n";
  if (std::max(figures.misreads.size(), figures.crashed.size()) > kListed)
    out += "  … (all of them are in the JSON)\n";
  return out;
}

std::string rung_table(const ReadRun& run, const ReaderFigures& ours) {
  if (run.rungs.empty()) return "";
  double total_us = 0;
  for (const double ms : ours.all.sorted_ms) total_us += 1000 * ms;
  std::string out = formatted("\n%-26s %9s %9s %9s %10s %10s %7s\n", "rungs of the ladder", "tries",
                              "reads", "right", "us/try", "us/read", "time");
  double rest_us = total_us;
  for (const RungTotal& rung : run.rungs) {
    const auto per = [&](std::uint64_t count) {
      return count > 0 && rung.us > 0 ? formatted("%.1f", rung.us / static_cast<double>(count))
                                      : std::string("-");
    };
    out += formatted("  %-24s %9llu %9llu %9llu %10s %10s %5.1f %%\n", rung.rung.c_str(),
                     static_cast<unsigned long long>(rung.tries),
                     static_cast<unsigned long long>(rung.reads),
                     static_cast<unsigned long long>(rung.right), per(rung.tries).c_str(),
                     per(rung.reads).c_str(), total_us > 0 ? 100 * rung.us / total_us : 0.0);
    rest_us -= rung.us;
  }
  return out + formatted("  %-24s %61.1f %%\n", "not in any rung",
                         total_us > 0 ? 100 * rest_us / total_us : 0.0);
}

std::string scaling_table(const ReadRun& run) {
  if (run.scaling.empty()) return "";
  const auto rate = [](const ThreadRate& one) {
    return one.seconds > 0 ? static_cast<double>(one.faces) / one.seconds : 0.0;
  };
  std::string out = formatted("\n%-26s %10s %8s\n", "threads", "faces/s", "factor");
  for (const ThreadRate& one : run.scaling) {
    const double base = rate(run.scaling.front());
    out += formatted("  %-24u %10.1f %8.2f\n", one.threads, rate(one),
                     base > 0 ? rate(one) / base : 0.0);
  }
  return out;
}

}  // namespace

std::string read_report(const ReadPlan& plan, const ReadRun& run) {
  const ReaderFigures ours = figures_of_ours(run);
  std::optional<ReaderFigures> peer;
  if (plan.peer) peer = figures_of_peer(run);
  std::string out =
      formatted("%zu faces, %llu of them blank: %s\n", run.faces.size(),
                static_cast<unsigned long long>(ours.sheet.blanks), plan.mail.string().c_str());
  out += times_table(plan, ours);
  if (peer) out += times_table(plan, *peer);
  if (peer) {
    const Speedup speedup = speedup_over_peer(run);
    out +=
        formatted("\n%.2f times as fast as %s (ratio of means on %zu faces; 95 %% [%.2f %.2f])\n",
                  speedup.ratio, peer->name.c_str(), speedup.faces, speedup.interval.low,
                  speedup.interval.high);
  }
  out += rate_table(ours, peer ? &*peer : nullptr);
  out += faults(ours);
  if (peer) out += faults(*peer);
  out += rung_table(run, ours);
  out += scaling_table(run);
  for (std::size_t i = 0; i < std::min(run.unreadable.size(), kListed); ++i)
    out += (i == 0 ? "\nnot readable:\n  " : "  ") + run.unreadable[i] + "\n";
  return out;
}

}  // namespace backstamp::bench
