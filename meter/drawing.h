// Drawing mail in millimetres: indicia, 4-state codes and whole faces. Symbols are made by libzint,
// pages and rasters by cairo. Used by meters that print and by the synthesizer.
//
// What a symbol's content is, each without what the symbology adds by itself (start, stop, check):
//   matrix codes, PDF417, Code 128   the bytes; of GS1-128 the element strings, 1D between them
//   ITF                              the 14 digits of a Leitcode or the 12 of an Identcode
//   IMb, POSTNET, PLANET             the digits
//   Mailmark, RM4SCC, KIX            the characters (of a Mailmark 22 or 26)
//   Australia Post                   format control code, sorting code, customer information
//   Japan Post                       the seven digits, then the address in digits, letters and '-'
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
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
  Bytes content;            ///< see above
  PointMm top_left;         ///< of the symbol without its quiet zone
  double module_mm = 0.5;   ///< module or X-dimension; of bars the pitch (IMb: 1.1545 = 22/inch)
  double height_mm = 0;     ///< of linear and 4-state symbols; 0: the nominal height
  double rotation_deg = 0;  ///< clockwise about top_left
  double bar_mm = 0;        ///< width of a bar of 4-state codes, POSTNET, PLANET; 0: nominal
  double row_modules = 3;   ///< height of a row of PDF417 (ISO/IEC 15438 section 5.8.2: at least 3)
  int rows = 0;        ///< of a Data Matrix, with `columns`: that size, rectangular and DMRE too
  int columns = 0;     ///< see `rows`; of PDF417 the data columns; 0: a good size
  int correction = 0;  ///< level of QR (1 to 4), Aztec (1 to 4), PDF417 (1 to 8); 0: usual
  bool gs1 = false;    ///< Code 128: begins with FNC1
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

/// A symbol as a grid of cells with or without ink. The borders between columns, and between rows,
/// need not be evenly spaced: the bars of a 4-state code and the gaps between them are columns. So
/// whoever prints it can let edges of the ink spread and still knows where they should be.
struct InkGrid {
  std::vector<double> x_mm;         ///< borders of the columns, ascending from 0
  std::vector<double> y_mm;         ///< borders of the rows, ascending from 0
  std::vector<std::uint8_t> inked;  ///< row by row, 1 where there is ink
  bool bars = false;                ///< 4-state, POSTNET, PLANET: rows are parts of bars

  int columns() const { return static_cast<int>(x_mm.size()) - 1; }
  int rows() const { return static_cast<int>(y_mm.size()) - 1; }
  /// False outside of the grid.
  bool at(int row, int column) const {
    return row >= 0 && column >= 0 && row < rows() && column < columns() &&
           inked[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns()) +
                 static_cast<std::size_t>(column)] != 0;
  }
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

/// The ink of a symbol, without quiet zone and rotation. Fails as draw_face.
Result<InkGrid> symbol_grid(const SymbolPlan& plan);

/// What is on mail, but no code of a piece. An EAN-13 of retail goods (an UPC-A where it begins
/// with 0) of 12 digits, its check digit is added; 22.85 mm high for 0.33 mm. Fails (invalid).
Result<InkGrid> retail_grid(std::string_view digits, double module_mm);
/// A facing identification mark, 'A' to 'E'. Fails (invalid).
Result<InkGrid> fim_grid(char letter);

/// The size of a symbol without its quiet zone, so that faces can be laid out.
Result<PointMm> symbol_size(const SymbolPlan& plan);

}  // namespace backstamp::meter
