// Drawing mail in millimetres: indicia, 4-state codes and whole faces. Symbols are made by libzint,
// pages and rasters by cairo. Used by meters that print and by the synthesizer.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/codes.h"
#include "postal/symbology.h"

namespace backstamp::meter {

/// Millimetres from the top-left corner of the face, x to the right, y downwards.
struct PointMm {
  double x_mm = 0;
  double y_mm = 0;
};

/// A symbol to be drawn on a face.
struct SymbolPlan {
  postal::Symbology symbology = postal::Symbology::data_matrix;
  Bytes content;            ///< of an IMb its digits
  PointMm top_left;         ///< of the symbol without its quiet zone
  double module_mm = 0.5;   ///< module or X-dimension; of an IMb the bar pitch (1.1545 = 22/inch)
  double height_mm = 0;     ///< of linear and 4-state symbols; 0: the nominal height
  double rotation_deg = 0;  ///< clockwise about top_left
};

/// Lines of text on a face.
struct TextPlan {
  std::vector<std::string> lines;
  PointMm top_left;
  double size_mm = 3.2;     ///< height of a line's body
  double spacing_mm = 4.6;  ///< from baseline to baseline
  std::string font = "DejaVu Sans";
};

/// A whole face.
struct FacePlan {
  double width_mm = 241.3;  ///< a No. 10 envelope by default
  double height_mm = 104.8;
  std::vector<SymbolPlan> symbols;
  std::vector<TextPlan> texts;
  bool fim_d = false;  ///< a FIM D at the top edge, left of the indicium
};

/// An 8-bit grey raster, rows packed, 255 white.
struct Raster {
  int width_px = 0;
  int height_px = 0;
  std::vector<std::uint8_t> pixels;
};

/// Where a symbol came to lie: top-left, top-right, bottom-right, bottom-left of its own frame.
using OutlineMm = std::array<PointMm, 4>;

struct DrawnFace {
  Raster raster;
  std::vector<OutlineMm> outlines;  ///< of the symbols, in the order of the plan
};

/// Rasterises a face. Fails (invalid: a symbol cannot hold its content; limit: size).
Result<DrawnFace> draw_face(const FacePlan& plan, double px_per_mm);
/// The same face as a one-page PDF (vector graphics) or PNG.
Result<Bytes> draw_face_pdf(const FacePlan& plan);
Result<Bytes> draw_face_png(const FacePlan& plan, double px_per_mm);

/// The size of a symbol without its quiet zone, so that faces can be laid out.
Result<PointMm> symbol_size(const SymbolPlan& plan);

}  // namespace backstamp::meter
