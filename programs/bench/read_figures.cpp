#include "programs/bench/read_figures.h"

#include <algorithm>
#include <numeric>

#include "vision/zxing_adapter.h"

namespace backstamp::bench {
namespace {

using datasets::Count;
using datasets::ScoreSheet;

Times times_of(std::vector<double> ms) {
  Times times;
  std::sort(ms.begin(), ms.end());
  if (!ms.empty())
    times.mean_ms = std::accumulate(ms.begin(), ms.end(), 0.0) / static_cast<double>(ms.size());
  times.sorted_ms = std::move(ms);
  return times;
}

std::string class_of(const datasets::FaceTruth& truth) {
  return truth.has_code ? truth.face_class : "blank";
}

void add(ReaderFigures& figures, const datasets::FaceTruth& truth, const Attempt& attempt) {
  figures.sheet.add(truth, attempt.score);
  if (!attempt.answered) figures.crashed.push_back(truth.image);
  for (const std::size_t at : attempt.score.misreads) {
    figures.misreads.push_back(
        {truth.image, truth.face_class, !truth.has_code, attempt.seen[at], attempt.rungs[at]});
  }
}

/// `attempt` gives a reader's attempt on a face.
template <typename AttemptOf>
ReaderFigures figures_of(const ReadRun& run, std::string name, AttemptOf attempt) {
  ReaderFigures figures;
  figures.name = std::move(name);
  std::vector<double> all;
  std::map<std::string, std::vector<double>> by_class;
  for (const FaceResult& face : run.faces) {
    const Attempt& made = attempt(face);
    add(figures, face.truth, made);
    if (!made.answered) continue;
    all.push_back(made.ms);
    by_class[class_of(face.truth)].push_back(made.ms);
  }
  figures.all = times_of(std::move(all));
  for (const char* known : {"clean", "typical", "hard", "extreme", "blank"}) {
    auto found = by_class.extract(known);
    if (found) figures.by_class.emplace_back(known, times_of(std::move(found.mapped())));
  }
  for (auto& [other, ms] : by_class) figures.by_class.emplace_back(other, times_of(std::move(ms)));
  return figures;
}

void add_rows(const ScoreSheet& sheet, const std::string& what,
              std::span<const std::string_view> types, std::vector<RateRow>& rows) {
  for (const std::string& face_class : sheet.classes()) {
    const Count count = sheet.sum(types, face_class);
    if (count.total > 0) rows.push_back({what, face_class, count});
  }
  const Count all = sheet.sum(types, "");
  if (all.total > 0) rows.push_back({what, "all", all});
}

}  // namespace

ReaderFigures figures_of_ours(const ReadRun& run) {
  return figures_of(run, std::string("Backstamp ") + BACKSTAMP_VERSION,
                    [](const FaceResult& face) -> const Attempt& { return face.ours; });
}

ReaderFigures figures_of_peer(const ReadRun& run) {
  return figures_of(run, "ZXing-cpp " + vision::zxing_version(),
                    [](const FaceResult& face) -> const Attempt& { return *face.peer; });
}

Speedup speedup_over_peer(const ReadRun& run) {
  std::vector<double> ours;
  std::vector<double> peer;
  for (const FaceResult& face : run.faces) {
    if (!face.peer || !face.ours.answered || !face.peer->answered) continue;
    ours.push_back(face.ours.ms);
    peer.push_back(face.peer->ms);
  }
  const double sum = std::accumulate(ours.begin(), ours.end(), 0.0);
  if (sum <= 0) return {};
  return {ours.size(), std::accumulate(peer.begin(), peer.end(), 0.0) / sum,
          bootstrap_ratio(peer, ours, 0.95)};
}

std::vector<RateRow> rate_rows(const ScoreSheet& sheet) {
  std::vector<RateRow> rows;
  const std::vector<std::string> names = sheet.types();
  for (const std::string& type : names) {
    const std::string_view one[] = {type};
    add_rows(sheet, type, one, rows);
  }
  for (const auto& family : datasets::type_families())
    add_rows(sheet, std::string(family.name), family.types, rows);
  const std::vector<std::string_view> all(names.begin(), names.end());
  add_rows(sheet, "all", all, rows);
  return rows;
}

std::vector<RateRow> face_rows(const ScoreSheet& sheet) {
  std::vector<RateRow> rows;
  Count all;
  for (const std::string& face_class : sheet.classes()) {
    const auto found = sheet.faces.find(face_class);
    if (found == sheet.faces.end()) continue;
    rows.push_back({"faces complete", face_class, found->second});
    all += found->second;
  }
  if (all.total > 0) rows.push_back({"faces complete", "all", all});
  return rows;
}

}  // namespace backstamp::bench
