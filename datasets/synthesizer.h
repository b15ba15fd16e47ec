// Synthetic mail: whole faces as a meter prints them and a camera sees them, with the exact truth.
//
// Everything follows from seeds: the same request and seed give the same pixels wherever the same
// fonts and the same cairo draw the letters. Names, streets and towns are invented.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::datasets {

/// How a face is printed and carried: from a test print to what makes readers fail. `blank` has no
/// postal symbol but things that look like one.
enum class FaceClass { clean, typical, hard, blank };

/// "clean", "typical", "hard", "blank".
std::string_view to_string(FaceClass face_class);
Result<FaceClass> parse_face_class(std::string_view name);

/// What a symbol on the face holds.
struct SymbolContent {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  Bytes content;  ///< of an IMb its digits
};

/// One face to be made.
struct FaceRequest {
  FaceClass face_class = FaceClass::typical;
  /// At most one indicium (a matrix code or PDF417) and one identification code (IMb or Code 128).
  /// Of a blank face they are ignored.
  std::vector<SymbolContent> symbols;
  std::vector<std::string> address_lines;  ///< at most 6 of at most 60 bytes; empty: invented ones
  std::string postage;                     ///< printed beside the indicium, "0.730"; may be empty
  double px_per_mm = 8;                    ///< 6 to 24
  std::string name;                        ///< the caller's name of the piece, kept in the truth
  std::string kind;                        ///< the caller's label, kept in the truth
  bool imitations = true;  ///< decoys of a blank face may imitate symbols: bar fences, module noise
  bool damaged = false;    ///< symbols smeared and torn so that reading may well fail
};

/// A symbol as it came to lie on the picture.
struct SymbolTruth {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  Bytes content;
  vision::Quad outline{};  ///< pixels of the picture (convention of vision/frame.h)
  float module_px = 0;     ///< module, X-dimension or (IMb) pitch
};

struct SynthesizedFace {
  vision::Frame picture;
  std::vector<SymbolTruth> symbols;
  bool upside_down = false;
  float skew_deg = 0;  ///< clockwise, without the 180 degrees
  float contrast = 0;  ///< ink against paper, 0..1
  float blur_px = 0;   ///< standard deviation of the optics' blur
  std::string decoys;  ///< what else is on it, comma-separated: "fim", "hatching", …
};

/// Makes a face. A pure function of its arguments; reentrant. Fails: invalid (a symbol cannot hold
/// its content, too many symbols or lines), limit (size).
Result<SynthesizedFace> synthesize_face(const FaceRequest& request, std::uint64_t seed);

/// The truth of a face as it stands in KEY.json (docs/formats/dataset.md).
std::string truth_json(const SynthesizedFace& face, const FaceRequest& request,
                       std::string_view image_name, std::uint64_t seed);

/// A KEY.json as one line of truth.jsonl, the layout that independent scorers read (image,
/// difficulty, has_code, symbols with type, role, hex, text, polygon, pitch_px). Fails (invalid).
Result<std::string> truth_line(ByteView truth);

}  // namespace backstamp::datasets
