#include "calibration/check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "postal/token.h"

namespace backstamp::calibration {
namespace {

constexpr auto kTimeForOneFace = std::chrono::seconds(5);
constexpr std::size_t kLeastEdges = 8;

Edge between(vision::Point from, vision::Point to, double length_mm) {
  return {static_cast<double>(to.x) - static_cast<double>(from.x),
          static_cast<double>(to.y) - static_cast<double>(from.y), length_mm};
}

double length_px(const Edge& edge) {
  return std::hypot(edge.dx_px, edge.dy_px);
}

/// A step of one pitch along the row of bars.
void add_imb_edges(const vision::Reading& reading, std::vector<Edge>& edges) {
  const Edge along = between(reading.outline[0], reading.outline[1], 0);
  const double length = length_px(along);
  if (length <= 0 || reading.module_px <= 0) return;
  const double pitch = static_cast<double>(reading.module_px);
  edges.push_back({along.dx_px / length * pitch, along.dy_px / length * pitch, kImbPitch_mm});
}

/// The four sides of a square Data Matrix, whose sizes are even numbers of modules.
void add_indicium_edges(const vision::Reading& reading, std::vector<Edge>& edges) {
  if (reading.module_px <= 0 || !postal::looks_like_token(reading.content)) return;
  for (std::size_t i = 0; i < 4; ++i) {
    Edge side = between(reading.outline[i], reading.outline[(i + 1) % 4], 0);
    const double modules =
        2 * std::round(length_px(side) / static_cast<double>(reading.module_px) / 2);
    if (modules < 10) continue;
    side.length_mm = modules * kIndiciumModule_mm;
    edges.push_back(side);
  }
}

std::string sentence(const char* format, double first, double second, double third) {
  char text[200];
  std::snprintf(text, sizeof text, format, first, second, third);
  return text;
}

void compare(const Profile& profile, CheckReport& report) {
  report.deviation_x = report.measured.px_per_mm_x / profile.px_per_mm_x - 1;
  report.deviation_y = report.measured.px_per_mm_y / profile.px_per_mm_y - 1;
  if (std::abs(report.deviation_x) > kScaleTolerance) {
    report.disagreements.push_back(
        sentence("along the belt the profile says %.3f px/mm, the symbols measure %.3f (%+.1f %%)",
                 profile.px_per_mm_x, report.measured.px_per_mm_x, 100 * report.deviation_x));
  }
  if (std::abs(report.deviation_y) > kScaleTolerance) {
    report.disagreements.push_back(
        sentence("across the belt the profile says %.3f px/mm, the symbols measure %.3f (%+.1f %%)",
                 profile.px_per_mm_y, report.measured.px_per_mm_y, 100 * report.deviation_y));
  }
  if (auto size = check_face_size(profile, report.widest_px, report.highest_px); !size) {
    report.disagreements.push_back(size.error().message);
  }
}

}  // namespace

std::vector<Edge> known_edges(const vision::Reading& reading) {
  std::vector<Edge> edges;
  if (reading.symbology == postal::Symbology::imb) add_imb_edges(reading, edges);
  if (reading.symbology == postal::Symbology::data_matrix) add_indicium_edges(reading, edges);
  return edges;
}

Result<ScaleEstimate> estimate_scale(const std::vector<Edge>& edges) {
  // (dx/sx)² + (dy/sy)² = length²: linear in a = 1/sx² and b = 1/sy². Each edge counts by its
  // relative error, and a second pass leaves out what deviates grossly.
  ScaleEstimate estimate;
  std::vector<Edge> used = edges;
  for (int pass = 0; pass < 2; ++pass) {
    double xx = 0, xy = 0, yy = 0, x1 = 0, y1 = 0;
    for (const Edge& edge : used) {
      const double x = edge.dx_px * edge.dx_px / (edge.length_mm * edge.length_mm);
      const double y = edge.dy_px * edge.dy_px / (edge.length_mm * edge.length_mm);
      xx += x * x, xy += x * y, yy += y * y, x1 += x, y1 += y;
    }
    const double determinant = xx * yy - xy * xy;
    if (used.size() < kLeastEdges || determinant <= 1e-6 * xx * yy) {
      return fail(ErrorKind::invalid,
                  "too few symbols of known size were read to measure both "
                  "directions: " +
                      std::to_string(used.size()) + " edges");
    }
    const double a = (x1 * yy - y1 * xy) / determinant;
    const double b = (y1 * xx - x1 * xy) / determinant;
    if (a <= 0 || b <= 0)
      return fail(ErrorKind::invalid, "the symbols' sizes contradict each other");
    estimate.px_per_mm_x = 1 / std::sqrt(a);
    estimate.px_per_mm_y = 1 / std::sqrt(b);
    estimate.edges = used.size();

    const auto deviation = [&](const Edge& edge) {
      const double length =
          std::hypot(edge.dx_px / estimate.px_per_mm_x, edge.dy_px / estimate.px_per_mm_y);
      return std::abs(length / edge.length_mm - 1);
    };
    std::vector<double> deviations;
    for (const Edge& edge : used) deviations.push_back(deviation(edge));
    std::nth_element(deviations.begin(), deviations.begin() + static_cast<long>(used.size() / 2),
                     deviations.end());
    estimate.spread = deviations[used.size() / 2];
    const double gross = std::max(3 * estimate.spread, 0.01);
    std::erase_if(used, [&](const Edge& edge) { return deviation(edge) > gross; });
  }
  return estimate;
}

Result<void> check_face_size(const Profile& profile, int width_px, int height_px) {
  if (width_px <= profile.width_px && height_px <= profile.height_px) return {};
  return fail(ErrorKind::refused,
              "a face of " + std::to_string(width_px) + "x" + std::to_string(height_px) +
                  " px does not fit the profile's image of " + std::to_string(profile.width_px) +
                  "x" + std::to_string(profile.height_px) + " px");
}

Result<CheckReport> check_profile(const Profile& profile, datasets::DatasetReader& dataset,
                                  vision::DecodePool& pool, std::uint64_t limit_faces) {
  CheckReport report;
  std::vector<Edge> edges;
  while (report.faces < limit_faces) {
    auto sample = dataset.next();
    if (!sample) return std::unexpected(sample.error());
    if (!*sample) break;
    const Bytes* picture = (*sample)->picture();
    if (picture == nullptr) continue;
    ++report.faces;
    const auto deadline = std::chrono::steady_clock::now() + kTimeForOneFace;
    const auto frame = pool.unpack(*picture, deadline);
    if (!frame) {
      ++report.unreadable_pictures;
      continue;
    }
    report.widest_px = std::max(report.widest_px, frame->width_px());
    report.highest_px = std::max(report.highest_px, frame->height_px());
    vision::ReadOptions options;
    options.budget = kTimeForOneFace;
    const auto reading = pool.read(frame->view(), options, deadline);
    if (!reading) return std::unexpected(reading.error());
    for (const vision::Reading& one : reading->readings) {
      const auto found = known_edges(one);
      report.symbols_used += !found.empty();
      edges.insert(edges.end(), found.begin(), found.end());
    }
  }
  auto estimate = estimate_scale(edges);
  if (!estimate) return std::unexpected(estimate.error());
  report.measured = *estimate;
  compare(profile, report);
  return report;
}

}  // namespace backstamp::calibration
