// Everything about a run, for machines (docs/benchmarks.md).
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "programs/bench/read_figures.h"
#include "programs/bench/run_file.h"

namespace backstamp::bench {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

Json times_json(const Times& times) {
  return {{"faces", times.sorted_ms.size()},   {"faces_per_s", rounded(times.faces_per_s())},
          {"mean_ms", rounded(times.mean_ms)}, {"p50_ms", rounded(times.at(0.5))},
          {"p90_ms", rounded(times.at(0.9))},  {"p99_ms", rounded(times.at(0.99))},
          {"max_ms", rounded(times.max_ms())}};
}

Json rows_json(const std::vector<RateRow>& rows) {
  Json out = Json::array();
  for (const RateRow& row : rows) {
    const Interval interval = wilson_interval(row.count.read, row.count.total);
    const double rate = static_cast<double>(row.count.read) / static_cast<double>(row.count.total);
    out.push_back({{"type", row.what},
                   {"class", row.face_class},
                   {"read", row.count.read},
                   {"total", row.count.total},
                   {"rate", rounded(rate)},
                   {"low", rounded(interval.low)},
                   {"high", rounded(interval.high)}});
  }
  return out;
}

Json seen_json(const datasets::SeenSymbol& seen) {
  return {{"format", seen.type}, {"hex", to_hex(seen.content)}};
}

Json figures_json(const ReaderFigures& figures) {
  Json out{{"name", figures.name}, {"time", {{"all", times_json(figures.all)}}}};
  for (const auto& [face_class, times] : figures.by_class)
    out["time"][face_class] = times_json(times);
  out["rates"] = rows_json(rate_rows(figures.sheet));
  out["faces_complete"] = rows_json(face_rows(figures.sheet));
  for (Json& row : out["faces_complete"]) row.erase("type");
  out["misreads"] = Json::array();
  for (const Misread& one : figures.misreads) {
    Json misread{{"image", one.image}, {"class", one.face_class}, {"blank", one.on_blank}};
    misread.update(seen_json(one.seen));
    if (!one.rung.empty()) misread["rung"] = one.rung;
    out["misreads"].push_back(std::move(misread));
  }
  out["on_blanks"] = figures.sheet.on_blanks;
  out["twice"] = figures.sheet.twice;
  out["crashed"] = figures.crashed;
  return out;
}

Json rungs_json(const ReadRun& run) {
  double total_us = 0;
  for (const FaceResult& face : run.faces) total_us += 1000 * face.ours.ms;
  Json out = Json::array();
  for (const RungTotal& rung : run.rungs) {
    Json entry{{"rung", rung.rung},
               {"tries", rung.tries},
               {"reads", rung.reads},
               {"right", rung.right},
               {"us", std::round(rung.us)}};
    if (rung.tries > 0) entry["us_per_try"] = rounded(rung.us / static_cast<double>(rung.tries));
    if (rung.reads > 0) entry["us_per_read"] = rounded(rung.us / static_cast<double>(rung.reads));
    entry["share_of_time"] = total_us > 0 ? rounded(rung.us / total_us) : 0;
    out.push_back(std::move(entry));
  }
  return out;
}

Json scaling_json(const ReadRun& run) {
  Json out = Json::array();
  const auto rate = [](const ThreadRate& one) {
    return one.seconds > 0 ? static_cast<double>(one.faces) / one.seconds : 0.0;
  };
  for (const ThreadRate& one : run.scaling) {
    const double base = rate(run.scaling.front());
    out.push_back({{"threads", one.threads},
                   {"faces_per_s", rounded(rate(one))},
                   {"factor", base > 0 ? rounded(rate(one) / base) : 0}});
  }
  return out;
}

Json attempt_json(const Attempt& attempt) {
  Json out{{"ms", rounded(attempt.ms)}};
  if (!attempt.answered) out["crashed"] = true;
  out["reads"] = Json::array();
  for (std::size_t i = 0; i < attempt.seen.size(); ++i) {
    Json read = seen_json(attempt.seen[i]);
    if (!attempt.rungs[i].empty()) read["rung"] = attempt.rungs[i];
    out["reads"].push_back(std::move(read));
  }
  out["misreads"] = attempt.score.misreads;
  return out;
}

Json face_json(const FaceResult& face) {
  Json out{{"image", face.truth.image},
           {"class", face.truth.face_class},
           {"blank", !face.truth.has_code}};
  out.update(attempt_json(face.ours));
  out["symbols"] = Json::array();
  for (std::size_t i = 0; i < face.truth.symbols.size(); ++i) {
    const datasets::TrueSymbol& symbol = face.truth.symbols[i];
    Json entry{{"type", symbol.type}, {"hex", to_hex(symbol.content)}, {"role", symbol.role}};
    entry["read"] = static_cast<bool>(face.ours.score.read[i]);
    if (face.peer) entry["read_by_peer"] = static_cast<bool>(face.peer->score.read[i]);
    out["symbols"].push_back(std::move(entry));
  }
  if (face.peer) out["peer"] = attempt_json(*face.peer);
  return out;
}

}  // namespace

std::string read_report_json(const ReadPlan& plan, const ReadRun& run) {
  Json out{{"bench", kRunFormat},
           {"version", kRunVersion},
           {"mail", plan.mail.string()},
           {"rounds", plan.rounds},
           {"clock", plan.processor_time ? "cpu" : "wall"},
           {"budget_ms", std::chrono::duration<double, std::milli>(plan.how.budget).count()},
           {"faces", run.faces.size()}};
  out["ours"] = figures_json(figures_of_ours(run));
  if (plan.peer) {
    out["peer"] = figures_json(figures_of_peer(run));
    const Speedup speedup = speedup_over_peer(run);
    out["speedup"] = {{"faces", speedup.faces},
                      {"ratio_of_means", rounded(speedup.ratio)},
                      {"low", rounded(speedup.interval.low)},
                      {"high", rounded(speedup.interval.high)}};
  }
  out["rungs"] = rungs_json(run);
  if (!run.scaling.empty()) out["scaling"] = scaling_json(run);
  out["unreadable"] = run.unreadable;
  out["results"] = Json::array();
  for (const FaceResult& face : run.faces) out["results"].push_back(face_json(face));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace backstamp::bench
