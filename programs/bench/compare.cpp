#include "programs/bench/compare.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace backstamp::bench {
namespace {

using Pair = std::pair<const RecordedFace*, const RecordedFace*>;  // before, after

bool same_truth(const RecordedFace& before, const RecordedFace& after) {
  return before.face_class == after.face_class &&
         std::equal(before.symbols.begin(), before.symbols.end(), after.symbols.begin(),
                    after.symbols.end(), [](const RecordedSymbol& a, const RecordedSymbol& b) {
                      return a.type == b.type && a.hex == b.hex && a.postal == b.postal;
                    });
}

class Rates {
 public:
  void add(const std::string& type, const std::string& face_class, bool before, bool after) {
    for (const std::string& one : {type, std::string("all")}) {
      for (const std::string& in : {face_class, std::string("all")}) {
        RateChange& change = cells_[{one, in}];
        ++change.symbols;
        change.read_before += before;
        change.read_after += after;
        change.lost += before && !after;
        change.gained += after && !before;
      }
    }
  }

  std::vector<RateChange> take(double significance) {
    std::vector<RateChange> changes;
    for (auto& [cell, change] : cells_) {
      change.type = cell.first;
      change.face_class = cell.second;
      change.probability = sign_test(change.lost, change.gained);
      change.loss = change.lost > change.gained && change.probability < significance;
      changes.push_back(std::move(change));
    }
    return changes;
  }

 private:
  std::map<std::pair<std::string, std::string>, RateChange> cells_;
};

double machine_change(const std::vector<Pair>& pairs) {
  std::vector<double> ratios;
  for (const auto& [before, after] : pairs)
    if (before->peer_ms && after->peer_ms && *before->peer_ms > 0)
      ratios.push_back(*after->peer_ms / *before->peer_ms);
  const double change = median(std::move(ratios));
  return change > 0 ? change : 1;
}

TimeChange time_change(const std::vector<Pair>& pairs, const GateOptions& options) {
  TimeChange change;
  change.machine = machine_change(pairs);
  std::vector<double> before_ms;
  std::vector<double> after_ms;
  std::vector<double> ratios;
  for (const auto& [before, after] : pairs) {
    if (before->crashed || after->crashed || before->ms <= 0 || after->ms <= 0) continue;
    before_ms.push_back(before->ms);
    after_ms.push_back(after->ms / change.machine);
    ratios.push_back(after_ms.back() / before_ms.back());
  }
  change.faces = ratios.size();
  if (ratios.empty()) return change;
  change.median = median(ratios);
  change.median_interval = median_interval(std::move(ratios), 1 - options.significance);
  change.mean = std::accumulate(after_ms.begin(), after_ms.end(), 0.0) /
                std::accumulate(before_ms.begin(), before_ms.end(), 0.0);
  change.mean_interval = bootstrap_ratio(after_ms, before_ms, 1 - options.significance);
  // A few faces more or less tell nothing about a mean.
  constexpr std::size_t kFewFaces = 20;
  change.loss = change.faces >= kFewFaces &&
                std::max(change.median_interval.low, change.mean_interval.low) > 1 + options.slower;
  return change;
}

std::vector<std::string> only_in_second(std::vector<std::string> first,
                                        std::vector<std::string> second) {
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  std::vector<std::string> rest;
  std::set_difference(second.begin(), second.end(), first.begin(), first.end(),
                      std::back_inserter(rest));
  return rest;
}

void compare_faces(const RecordedFace& before, const RecordedFace& after, Rates& rates,
                   Comparison& out) {
  for (std::size_t i = 0; i < before.symbols.size(); ++i) {
    const RecordedSymbol& was = before.symbols[i];
    const RecordedSymbol& is = after.symbols[i];
    if (!was.postal) continue;
    rates.add(was.type, before.face_class, was.read, is.read);
    if (was.read == is.read) continue;
    std::vector<std::string>& changed = was.read ? out.lost : out.gained;
    changed.push_back(before.image + " " + before.face_class + " " + was.type + " " + was.hex);
  }
  for (const std::string& misread : only_in_second(before.misreads, after.misreads))
    out.new_misreads.push_back(after.image + " " + misread);
  if (after.crashed && !before.crashed) out.new_crashes.push_back(after.image);
}

}  // namespace

bool Comparison::loss() const {
  return time.loss || !missing.empty() || !new_misreads.empty() || !new_crashes.empty() ||
         std::any_of(rates.begin(), rates.end(), [](const RateChange& one) { return one.loss; });
}

Result<Comparison> compare_runs(const RecordedRun& before, const RecordedRun& after,
                                const GateOptions& options) {
  if (before.clock != after.clock)
    return fail(ErrorKind::invalid, "one run has wall time, the other the processor's");
  std::map<std::string, const RecordedFace*> by_image;
  for (const RecordedFace& face : after.faces) by_image[face.image] = &face;
  Comparison out;
  Rates rates;
  std::vector<Pair> pairs;
  for (const RecordedFace& face : before.faces) {
    const auto found = by_image.find(face.image);
    if (found == by_image.end()) {
      out.missing.push_back(face.image);
      continue;
    }
    if (!same_truth(face, *found->second))
      return fail(ErrorKind::invalid, face.image + " is another face in the two runs");
    pairs.emplace_back(&face, found->second);
    compare_faces(face, *found->second, rates, out);
  }
  if (pairs.empty()) return fail(ErrorKind::invalid, "the two runs have no face in common");
  out.faces = pairs.size();
  out.added = after.faces.size() - pairs.size();
  out.rates = rates.take(options.significance);
  out.time = time_change(pairs, options);
  return out;
}

}  // namespace backstamp::bench
