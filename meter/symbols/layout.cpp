#include "meter/symbols/layout.h"

#include <zint.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/limits.h"

namespace backstamp::meter {
namespace {

constexpr double kInch_mm = 25.4;
constexpr double kModuleLimit_mm = 50;
constexpr double kHeightLimit_mm = 500;
constexpr double kNominalLinearHeight_mm = 12.7;
constexpr double kPdf417RowModules = 3;  // ISO/IEC 15438 section 5.8.2: a row is at least 3 X

// USPS-B-3200 Rev H section 2.3.1, nominal values.
constexpr double kImbBarOfPitch = 0.020 * 22;
constexpr double kImbFullBar_mm = 0.145 * kInch_mm;
constexpr double kImbTrackerOfFull = 0.048 / 0.145;

constexpr double kFimBar_mm = kInch_mm / 32;
constexpr double kFimHeight_mm = kInch_mm * 5 / 8;

struct DeleteSymbol {
  void operator()(zint_symbol* symbol) const { ZBarcode_Delete(symbol); }
};
using ZintSymbol = std::unique_ptr<zint_symbol, DeleteSymbol>;

int zint_number(postal::Symbology symbology) {
  switch (symbology) {
    case postal::Symbology::data_matrix:
      return BARCODE_DATAMATRIX;
    case postal::Symbology::qr_code:
      return BARCODE_QRCODE;
    case postal::Symbology::aztec:
      return BARCODE_AZTEC;
    case postal::Symbology::pdf417:
      return BARCODE_PDF417;
    case postal::Symbology::code128:
      return BARCODE_CODE128;
    case postal::Symbology::imb:
      return BARCODE_USPS_IMAIL;
    default:
      return 0;
  }
}

Result<ZintSymbol> encode(int symbology, ByteView content, std::string_view name) {
  ZintSymbol symbol(ZBarcode_Create());
  if (!symbol) return fail(ErrorKind::internal, "libzint has no memory for a symbol");
  symbol->symbology = symbology;
  symbol->input_mode = DATA_MODE;
  symbol->show_hrt = 0;
  if (symbology == BARCODE_DATAMATRIX) symbol->option_3 = DM_SQUARE;
  const int status =
      ZBarcode_Encode(symbol.get(), content.data(), static_cast<int>(content.size()));
  if (status >= ZINT_ERROR) {
    return fail(ErrorKind::invalid, std::string(name) + " cannot hold these " +
                                        std::to_string(content.size()) +
                                        " bytes: " + symbol->errtxt);
  }
  return symbol;
}

bool module_is_set(const zint_symbol& symbol, int row, int column) {
  return (symbol.encoded_data[row][column / 8] >> (column % 8)) & 1;
}

/// The runs of ink of one row of modules.
void add_row(const zint_symbol& symbol, int row, double module_mm, double y_mm, double height_mm,
             std::vector<InkRect>& ink) {
  for (int column = 0; column < symbol.width;) {
    if (!module_is_set(symbol, row, column)) {
      ++column;
      continue;
    }
    const int first = column;
    while (column < symbol.width && module_is_set(symbol, row, column)) ++column;
    ink.push_back({first * module_mm, y_mm, (column - first) * module_mm, height_mm});
  }
}

SymbolLayout lay_out_rows(const zint_symbol& symbol, double module_mm, double row_mm) {
  SymbolLayout layout{symbol.width * module_mm, symbol.rows * row_mm, {}};
  for (int row = 0; row < symbol.rows; ++row) {
    add_row(symbol, row, module_mm, row * row_mm, row_mm, layout.ink);
  }
  return layout;
}

/// libzint gives a 4-state code as three rows (ascenders, trackers, descenders) of two modules a
/// bar; only which half-bars there are is taken from it, the measures are ours.
SymbolLayout lay_out_four_state(const zint_symbol& symbol, double pitch_mm, double full_mm) {
  const double tracker_mm = full_mm * kImbTrackerOfFull;
  const double extension_mm = (full_mm - tracker_mm) / 2;
  const double bar_mm = pitch_mm * kImbBarOfPitch;
  const int bars = (symbol.width + 1) / 2;
  SymbolLayout layout{(bars - 1) * pitch_mm + bar_mm, full_mm, {}};
  for (int bar = 0; bar < bars; ++bar) {
    const bool ascender = module_is_set(symbol, 0, 2 * bar);
    const bool descender = module_is_set(symbol, 2, 2 * bar);
    const double top_mm = ascender ? 0 : extension_mm;
    const double bottom_mm = descender ? full_mm : full_mm - extension_mm;
    layout.ink.push_back({bar * pitch_mm, top_mm, bar_mm, bottom_mm - top_mm});
  }
  return layout;
}

Result<SymbolLayout> lay_out_imb(const SymbolPlan& plan, double height_mm) {
  const auto digits = as_text(plan.content);
  const auto code = postal::Imb::parse(digits);
  if (!code) return fail("IMb to be drawn", code.error());
  std::string text(digits.substr(0, 20));
  if (digits.size() > 20) text += '-' + std::string(digits.substr(20));
  const auto symbol = encode(BARCODE_USPS_IMAIL, as_bytes(text), "IMb");
  if (!symbol) return std::unexpected(symbol.error());
  return lay_out_four_state(**symbol, plan.module_mm, height_mm > 0 ? height_mm : kImbFullBar_mm);
}

}  // namespace

Result<SymbolLayout> lay_out_symbol(const SymbolPlan& plan) {
  const std::string name(postal::to_string(plan.symbology));
  if (!(plan.module_mm > 0 && plan.module_mm <= kModuleLimit_mm)) {
    return fail(ErrorKind::invalid, name + ": a module must be over 0 and at most 50 mm");
  }
  if (!(plan.height_mm >= 0 && plan.height_mm <= kHeightLimit_mm)) {
    return fail(ErrorKind::invalid, name + ": its height must be 0 to 500 mm");
  }
  if (plan.content.empty()) return fail(ErrorKind::invalid, name + ": there is no content");
  if (plan.content.size() > limits::kSymbolContentBytes) {
    return fail(ErrorKind::limit, name + ": its content is over the limit of " +
                                      std::to_string(limits::kSymbolContentBytes) + " bytes");
  }
  if (plan.symbology == postal::Symbology::imb) return lay_out_imb(plan, plan.height_mm);
  const int number = zint_number(plan.symbology);
  if (number == 0) return fail(ErrorKind::invalid, name + " is not drawn by meters");
  const auto symbol = encode(number, plan.content, name);
  if (!symbol) return std::unexpected(symbol.error());
  double row_mm = plan.module_mm;
  if (plan.symbology == postal::Symbology::pdf417) row_mm *= kPdf417RowModules;
  if (plan.symbology == postal::Symbology::code128) {
    row_mm = plan.height_mm > 0 ? plan.height_mm : kNominalLinearHeight_mm;
  }
  return lay_out_rows(**symbol, plan.module_mm, row_mm);
}

Result<SymbolLayout> lay_out_fim_d() {
  const auto symbol = encode(BARCODE_FIM, as_bytes("D"), "FIM");
  if (!symbol) return std::unexpected(symbol.error());
  return lay_out_rows(**symbol, kFimBar_mm, kFimHeight_mm);
}

}  // namespace backstamp::meter
