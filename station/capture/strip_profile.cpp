#include "station/capture/strip_profile.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace backstamp::station::capture {
namespace {

constexpr int kWindow = 24;     ///< lines in which an edge must be steady
constexpr int kTransition = 8;  ///< lines that a step may take: its own edge is skewed, too
constexpr int kSteady_px = 16;  ///< skew of 10° and the grain of 8 pixels
constexpr int kStep_px = 32;
constexpr int kSeamLines = 2;  ///< one dark line may be the camera's

/// One edge that is steady at one place, then at another.
struct Step {
  int row = 0;
  int before_px = 0;
  int after_px = 0;
};

/// Where the edge lies in the window from `begin`, when it is steady there.
std::optional<int> steady(std::span<const RowExtent> rows, int begin, int RowExtent::*edge) {
  std::array<int, kWindow> places{};
  for (int i = 0; i < kWindow; ++i) {
    const RowExtent& row = rows[static_cast<std::size_t>(begin + i)];
    if (!row.mail()) return std::nullopt;
    places[static_cast<std::size_t>(i)] = row.*edge;
  }
  const auto [least, most] = std::minmax_element(places.begin(), places.end());
  if (*most - *least > kSteady_px) return std::nullopt;
  std::nth_element(places.begin(), places.begin() + kWindow / 2, places.end());
  return places[kWindow / 2];
}

std::vector<Step> steps_of(std::span<const RowExtent> rows, int first, int last,
                           int RowExtent::*edge) {
  std::vector<Step> steps;
  for (int row = first + kWindow; row + kTransition + kWindow <= last + 1; ++row) {
    const auto before = steady(rows, row - kWindow, edge);
    if (!before) continue;
    const auto after = steady(rows, row + kTransition, edge);
    if (!after || std::abs(*after - *before) < kStep_px) continue;
    int at = row;  // where the edge is nearer to its new place
    while (std::abs(rows[static_cast<std::size_t>(at)].*edge - *after) >
           std::abs(rows[static_cast<std::size_t>(at)].*edge - *before)) {
      ++at;
    }
    steps.push_back({at, *before, *after});
    row += kTransition + kWindow / 2;  // the same step is seen from several lines
  }
  return steps;
}

/// Lines between two steps of an edge, and where it lies there.
struct Reach {
  int begin = 0;
  int end = 0;
  int place_px = 0;
};

/// Steps without trifles: what is shorter than any piece is dirt beside mail, and what goes inwards
/// and comes back to where the edge was is dark print.
std::vector<int> steps_that_count(const std::vector<Step>& steps, int first, int last,
                                  int shortest_px, bool left) {
  if (steps.empty()) return {};
  std::vector<Reach> reaches{{first, steps.front().row, steps.front().before_px}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int end = i + 1 < steps.size() ? steps[i + 1].row : last + 1;
    reaches.push_back({steps[i].row, end, steps[i].after_px});
  }
  std::erase_if(reaches, [&](const Reach& r) { return r.end - r.begin < shortest_px; });
  const auto same = [](const Reach& a, const Reach& b) {
    return std::abs(a.place_px - b.place_px) < kStep_px;
  };
  std::vector<int> rows;
  for (std::size_t i = 1; i < reaches.size(); ++i) {
    if (same(reaches[i - 1], reaches[i])) continue;
    const bool inwards = (reaches[i].place_px > reaches[i - 1].place_px) == left;
    if (inwards && i + 1 < reaches.size() && same(reaches[i - 1], reaches[i + 1])) {
      ++i;  // print
    } else {
      rows.push_back(reaches[i].begin);
    }
  }
  return rows;
}

void add_dark_seams(std::span<const RowExtent> rows, int first, int last, std::vector<int>& seams) {
  int belt = 0;
  for (int row = first; row <= last; ++row) {
    if (!rows[static_cast<std::size_t>(row)].mail()) {
      ++belt;
      continue;
    }
    if (belt >= kSeamLines) seams.push_back(row - belt / 2);
    belt = 0;
  }
}

}  // namespace

ProfileFinding read_profile(std::span<const RowExtent> rows, int first, int last, int shortest_px) {
  ProfileFinding finding;
  std::vector<int> seams;
  add_dark_seams(rows, first, last, seams);
  const auto steps = [&](int RowExtent::*edge) {
    return steps_that_count(steps_of(rows, first, last, edge), first, last, shortest_px,
                            edge == &RowExtent::left_px);
  };
  auto right = steps(&RowExtent::right_px);
  for (const int step : steps(&RowExtent::left_px)) {
    const auto partner = std::ranges::find_if(
        right, [&](int other) { return std::abs(other - step) <= kTransition; });
    if (partner == right.end()) {
      finding.overlaps.push_back(step);
    } else {
      seams.push_back((step + *partner) / 2);
      right.erase(partner);
    }
  }
  finding.overlaps.insert(finding.overlaps.end(), right.begin(), right.end());
  std::ranges::sort(seams);
  int begin = first;
  for (const int seam : seams) {
    if (seam - begin < shortest_px || last + 1 - seam < shortest_px) continue;
    finding.seams.push_back(seam);
    begin = seam;
  }
  return finding;
}

}  // namespace backstamp::station::capture
