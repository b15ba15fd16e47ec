// Does a profile say what the camera delivers? Symbols of known size on recorded faces tell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "calibration/profile.h"
#include "datasets/dataset.h"
#include "vision/decode_pool.h"
#include "vision/reading.h"

namespace backstamp::calibration {

/// Nominal sizes of what is measured. IMb: 22 bars an inch (USPS-B-3200 section 2.3.1). The native
/// indicium's Data Matrix: modules of 0.5 mm (docs/formats/token.md).
inline constexpr double kImbPitch_mm = 25.4 / 22.0;
inline constexpr double kIndiciumModule_mm = 0.5;

/// One edge of a symbol of known length: in pixels as read, in millimetres as specified.
struct Edge {
  double dx_px = 0;
  double dy_px = 0;
  double length_mm = 0;
};

/// The scale that explains a set of edges best (least squares), and how well.
struct ScaleEstimate {
  double px_per_mm_x = 0;
  double px_per_mm_y = 0;
  double spread = 0;  ///< median relative deviation of an edge from the estimate
  std::size_t edges = 0;
};

/// The edges of known length that a reading offers: none for symbols of unknown nominal size.
std::vector<Edge> known_edges(const vision::Reading& reading);

/// Fails (invalid) when the edges cannot tell both directions apart: fewer than 8, or all parallel.
Result<ScaleEstimate> estimate_scale(const std::vector<Edge>& edges);

struct CheckReport {
  std::uint64_t faces = 0;
  std::uint64_t unreadable_pictures = 0;
  std::uint64_t symbols_used = 0;
  int widest_px = 0;  ///< of the faces
  int highest_px = 0;
  ScaleEstimate measured;
  double deviation_x = 0;  ///< measured / profile − 1
  double deviation_y = 0;
  std::vector<std::string> disagreements;  ///< one sentence each; empty: the profile agrees
  bool agrees() const { return disagreements.empty(); }
};

inline constexpr double kScaleTolerance = 0.02;

/// Reads up to `limit_faces` faces and compares. Fails when nothing could be measured.
Result<CheckReport> check_profile(const Profile& profile, datasets::DatasetReader& dataset,
                                  vision::DecodePool& pool, std::uint64_t limit_faces);

/// Does a face of this size fit the profile? The station asks it of its source. Fails (refused),
/// saying what does not fit.
Result<void> check_face_size(const Profile& profile, int width_px, int height_px);

}  // namespace backstamp::calibration
