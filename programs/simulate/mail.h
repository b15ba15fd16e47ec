// The mail of a simulation: faces in memory as a camera would deliver them, made before any clock
// starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "postal/symbology.h"
#include "programs/simulate/options.h"
#include "vision/frame.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::simulate {

inline constexpr double kPxPerMm = 8;  ///< of synthesized mail (203 dpi)
/// Recorded mail beyond this many bytes of pixels is left out.
inline constexpr std::uint64_t kMailBytes = 4ull << 30;

/// What a face is, for the report.
enum class FaceKind : std::uint8_t { genuine, foreign, copied, damaged, blank, recorded };
std::string_view to_string(FaceKind kind);

/// What was read on a face: symbologies and contents, in an order of their own.
using ReadCodes = std::vector<std::pair<postal::Symbology, Bytes>>;
/// Of a reading, and of an event, in the same order.
ReadCodes codes_of(const vision::FaceReading& reading);
ReadCodes codes_of(std::span<const postal::SeenCode> codes);

struct Face {
  vision::Frame picture;
  FaceKind kind = FaceKind::recorded;
  /// What one worker read on it with nothing else to do.
  ReadCodes calm;
  vision::FaceReading calm_reading;  ///< its costs; readings and outlines are left out
};

struct Mail {
  std::vector<Face> faces;
  /// keys.bundle and root.pub, with which a station verifies the tokens.
  std::filesystem::path keys;
  bool recorded = false;
  std::string mix;  ///< what the mail is, for people

  std::vector<double> lengths_mm() const;
  std::uint64_t bytes() const;
  int widest_px() const;
  int highest_px() const;
};

using Progress = std::function<void(const char* what, std::uint64_t done, std::uint64_t total)>;

/// Renders or unpacks the faces on all cores; keys go to `folder` unless the mail has its own.
/// Fails: invalid (an unknown mix), and as the dataset does.
Result<Mail> make_mail(const Options& options, const std::filesystem::path& folder,
                       const Progress& progress);

/// Reads each face once, one after another, and keeps what was read and what it cost.
Result<void> read_in_calm(Mail& mail, const vision::ReadOptions& options, const Progress& progress);

}  // namespace backstamp::simulate
