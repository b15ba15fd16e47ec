// What a face really holds, in the one form that scoring uses, whoever wrote it down.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::datasets {

/// A symbol that is on the face.
struct TrueSymbol {
  std::string type;  ///< as the truth names it: "DataMatrix", "IMb", "UPCA"
  Bytes content;     ///< of an IMb its digits
  std::string
      role;  ///< "indicium", "id"; "decoy": not postal, so reading it is neither good nor bad

  bool postal() const { return role != "decoy"; }
};

struct FaceTruth {
  std::string image;       ///< name of the picture, without a folder
  std::string face_class;  ///< "clean", "typical", "hard", "extreme", "blank", …
  bool has_code = false;   ///< whether a postal symbol is on it
  std::vector<TrueSymbol> symbols;
};

/// Reads the truth of one face, in either form: KEY.json of a dataset (docs/formats/dataset.md:
/// `class`, symbols with `format`), or a line of truth.jsonl (`difficulty`, symbols with `type`).
/// Fails: invalid (not such an object; an image name with a folder in it; content that is no
/// hexadecimal), limit (more than 256 symbols, more than 1 MiB).
Result<FaceTruth> parse_face_truth(ByteView json);

}  // namespace backstamp::datasets
