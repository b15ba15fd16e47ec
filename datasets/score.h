// What readings are worth against the truth: read, given twice, or a misread.
//
// The rules are those of the independent scorer that truth.jsonl was made for, so that its counts
// and ours agree on the same readings.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "datasets/face_truth.h"

namespace backstamp::datasets {

/// What a reader gave: the name of a symbology and the content bytes.
struct SeenSymbol {
  std::string type;
  Bytes content;
};

/// The one name of a type: letters and digits in lower case, other usual names taken for the same
/// ("GS1-128" is "code128", "USPS IMb" is "imb").
std::string folded_type(std::string_view type);

/// The content without what may be written in several ways: FNC1 separators and the brackets of
/// application identifiers in a Code 128, blanks at the end of a Mailmark, anything but the digits
/// of an IMb, leading zeros of a UPC/EAN. `type` as folded_type gives it.
Bytes comparable_content(std::string_view type, ByteView content);

/// What one face's readings are worth.
struct FaceScore {
  std::vector<bool> read;             ///< by symbol of the truth: some reading gives it
  std::vector<std::size_t> misreads;  ///< places among the readings: no such symbol is on the face
  std::vector<std::size_t> right;     ///< places among the readings that the truth has, once each
  std::size_t twice = 0;              ///< right readings given again
};

/// A reading is right when a symbol of the truth has its type and content; else it is a misread,
/// also where the content is right and the type is not. Decoys of the truth may be read.
FaceScore score_face(const FaceTruth& truth, std::span<const SeenSymbol> seen);

struct Count {
  std::uint64_t read = 0;
  std::uint64_t total = 0;
  Count& operator+=(const Count& other) {
    read += other.read;
    total += other.total;
    return *this;
  }
};

/// Counts over many faces.
struct ScoreSheet {
  using Cell = std::pair<std::string, std::string>;  ///< type as the truth writes it, class
  std::map<Cell, Count> symbols;                     ///< postal symbols that were read, of all
  std::map<std::string, Count> faces;  ///< by class: faces with every postal symbol read, of those
                                       ///< that have one
  std::uint64_t images = 0;
  std::uint64_t blanks = 0;  ///< images without a postal symbol
  std::uint64_t twice = 0;
  std::uint64_t misreads = 0;
  std::uint64_t on_blanks = 0;  ///< misreads on blanks

  void add(const FaceTruth& truth, const FaceScore& score);

  /// All cells of these types together, of one class or (empty) of all.
  Count sum(std::span<const std::string_view> types, std::string_view face_class) const;
  std::vector<std::string> types() const;    ///< that occur, in the order of reports
  std::vector<std::string> classes() const;  ///< that occur, from clean to extreme
};

/// The families that rates are stated for.
struct TypeFamily {
  std::string_view name;  ///< "2-D", "linear", "4-state"
  std::span<const std::string_view> types;
};
std::span<const TypeFamily> type_families();

}  // namespace backstamp::datasets
