// Synthetic mail: whole faces as a meter prints them and a camera sees them, with the exact truth.
//
// Everything follows from seeds: the same request and seed give the same pixels wherever the same
// fonts and the same cairo draw the letters. Names, streets and towns are invented.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::datasets {

/// How a face is printed and carried: from a test print to what makes readers fail, and beyond
/// (`extreme`). `blank` has no postal symbol but things that look like one.
enum class FaceClass { clean, typical, hard, extreme, blank };

/// Which envelopes a mailing has.
enum class MailShape { any, letter, flat };

/// "clean", "typical", "hard", "extreme", "blank".
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
  /// A face of the postal mix instead: every symbology, all that mail bears, printed and seen by
  /// the ranges of docs/formats/dataset.md. It invents its own symbols; of `symbols` a Data Matrix
  /// is used now and then, of `address_lines` the lines. postage, imitations and damaged have no
  /// meaning there.
  bool mailing = false;
  MailShape shape = MailShape::any;  ///< of a mailing
};

/// What the print of a symbol suffered.
struct SymbolDamage {
  float ink = 0;         ///< what full ink sends back of the paper's light
  float spread = 0;      ///< growth of a bar or module, of its width
  float ragged = 0;      ///< standard deviation of the edges, of the module
  float satellites = 0;  ///< specks of ink to a square millimetre
  float band = 0;        ///< how much paler the print gets in bands
  float voids = 0;       ///< how much of the ink has holes
  int dead_nozzles = 0;
  bool dots = false;  ///< every module is a dot
  bool smudged = false;
  bool postmarked = false;
  float covered = 0;  ///< share of its area
};

/// A symbol as it came to lie on the picture.
struct SymbolTruth {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  Bytes content;
  vision::Quad outline{};  ///< pixels of the picture (convention of vision/frame.h)
  float module_px = 0;     ///< module, X-dimension or (of bars) pitch
  // of a mailing
  std::string role;    ///< "indicium" or "id"
  bool gs1 = false;    ///< a GS1-128
  float contrast = 0;  ///< between its lightest and darkest tenth, of 255
  std::optional<SymbolDamage> damage;
};

/// How a face of a mailing was made, by name: "sigma_px", "motion_px", "noise", …
struct MailTruth {
  std::string format;       ///< "DL", "C5", …
  std::string paper;        ///< "white", "kraft", …
  std::string print_class;  ///< of a blank face the class of its print
  std::vector<std::pair<std::string, double>> conditions;
};

struct SynthesizedFace {
  vision::Frame picture;
  std::vector<SymbolTruth> symbols;
  bool upside_down = false;
  float skew_deg = 0;             ///< clockwise, without the 180 degrees
  float contrast = 0;             ///< ink against paper, 0..1
  float blur_px = 0;              ///< standard deviation of the optics' blur
  std::string decoys;             ///< what else is on it, comma-separated: "fim", "hatching", …
  std::optional<MailTruth> mail;  ///< of a mailing
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
