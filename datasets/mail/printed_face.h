// The face of a mailpiece, printed: where its symbols lie and what their print is like.
#pragma once

#include <string>
#include <vector>

#include "datasets/mail/conditions.h"
#include "datasets/mail/surface.h"
#include "datasets/synthesizer.h"
#include "meter/drawing.h"

namespace backstamp::datasets {

/// A size of envelope.
struct Format {
  const char* name;
  double width_mm;
  double height_mm;
  bool flat;
};
const Format& draw_format(MailShape shape, Random& random);

struct PrintedSymbol {
  meter::SymbolPlan plan;  ///< what it holds; its places are in `frame`
  FrameMm frame;
  const char* role = "id";  ///< or "indicium"
  PrintConditions print;
  bool postmarked = false;
  double covered = 0;  ///< share of its area
};

struct PrintedFace {
  Surface surface;
  std::vector<PrintedSymbol> symbols;
  std::vector<std::string> decoys;
};

/// Prints a face of a mailing. `level` is the class, of blank faces that of their print. Fails
/// (invalid) only where a symbol cannot be drawn.
Result<PrintedFace> print_face(const FaceRequest& request, const Format& format, FaceClass level,
                               const MailConditions& conditions, Random& random);

}  // namespace backstamp::datasets
