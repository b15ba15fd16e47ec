// Reading a face in this process: a pure function of the picture and the options, as long as the
// clock of the budget does not end it.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "vision/frame.h"
#include "vision/reading.h"
#include "vision/repair.h"

namespace backstamp::vision {

/// A set of symbologies.
struct Formats {
  std::uint32_t bits = 0;
  static Formats all();  ///< every symbology of postal/symbology.h: the postal formats
  bool has(postal::Symbology s) const { return bits >> static_cast<unsigned>(s) & 1; }
  void add(postal::Symbology s) { bits |= 1u << static_cast<unsigned>(s); }
  /// "datamatrix,imb" or "postal" (all). Fails (invalid), naming the known ones.
  static Result<Formats> parse(std::string_view list);
};

/// A budget of this much or more is none, whatever `effort` says: the library then searches large
/// pictures whole, too.
inline constexpr std::chrono::hours kNoBudget{1};

struct ReadOptions {
  Formats formats = Formats::all();
  RepairLimits repair{};
  /// Work for one face, in units of about a microsecond (vision/ladder/effort.h): steps of the
  /// ladder that would go beyond it are left out. It ends at the same step every time.
  std::uint32_t effort = 1'000'000;
  /// Time for one face: a backstop. Steps that would begin after it are left out; where it ended
  /// the work is recorded in FaceReading.
  std::chrono::microseconds budget{std::chrono::seconds(2)};
};

/// Everything on the face. Runs decoders on hostile pixels: outside tests and workers call it
/// through a DecodePool. Reentrant.
FaceReading read_face(ImageView face, const ReadOptions& options);

}  // namespace backstamp::vision
