// The figures of a run: times, rates and faults of one reader, and how two readers compare.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/statistics.h"
#include "datasets/score.h"
#include "programs/bench/read_run.h"

namespace backstamp::bench {

struct Times {
  std::vector<double> sorted_ms;
  double mean_ms = 0;

  double at(double fraction) const { return percentile(sorted_ms, fraction); }
  double max_ms() const { return sorted_ms.empty() ? 0 : sorted_ms.back(); }
  double faces_per_s() const { return mean_ms > 0 ? 1000 / mean_ms : 0; }
};

struct Misread {
  std::string image;
  std::string face_class;
  bool on_blank = false;
  datasets::SeenSymbol seen;
  std::string rung;
};

/// Of one reader on all faces. Faces that it died on have no time.
struct ReaderFigures {
  std::string name;
  Times all;
  /// By class, from clean to extreme; "blank" is every face without a postal symbol.
  std::vector<std::pair<std::string, Times>> by_class;
  datasets::ScoreSheet sheet;
  std::vector<Misread> misreads;
  std::vector<std::string> crashed;  ///< images
};

ReaderFigures figures_of_ours(const ReadRun& run);
/// As if the peer had been asked; only of a run that did.
ReaderFigures figures_of_peer(const ReadRun& run);

/// The peer's time to ours on the faces that both answered: the ratio of the means, and where it
/// lies with 95 % when other faces of this kind are drawn.
struct Speedup {
  std::size_t faces = 0;
  double ratio = 0;
  Interval interval;
};
Speedup speedup_over_peer(const ReadRun& run);

/// A line of the table of rates: a type or a family of types, in one class or ("all") in all.
struct RateRow {
  std::string what;
  std::string face_class;
  datasets::Count count;
};
/// Types first, then families, then all types; of each the classes that occur, then "all".
std::vector<RateRow> rate_rows(const datasets::ScoreSheet& sheet);
/// Faces with every postal symbol read: the classes, then "all".
std::vector<RateRow> face_rows(const datasets::ScoreSheet& sheet);

/// The report for people.
std::string read_report(const ReadPlan& plan, const ReadRun& run);
/// Everything, as docs/benchmarks.md describes it.
std::string read_report_json(const ReadPlan& plan, const ReadRun& run);

}  // namespace backstamp::bench
