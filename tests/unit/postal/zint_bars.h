// libzint as an independent encoder of bars of two and four states.
#pragma once

#include <zint.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "postal/bar_letters.h"

namespace backstamp::postal {

/// The bars of `text` as letters; a code of two states (rows tall and short) gives A and T. "" when
/// libzint refuses the text.
inline std::string letters_by_zint(int symbology, const std::string& text) {
  const std::unique_ptr<zint_symbol, void (*)(zint_symbol*)> symbol(ZBarcode_Create(),
                                                                    ZBarcode_Delete);
  symbol->symbology = symbology;
  if (ZBarcode_Encode(symbol.get(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) >= ZINT_ERROR)
    return "";
  const auto printed = [&](int row, int column) {
    return (symbol->encoded_data[row][column / 8] >> (column % 8) & 1) != 0;
  };
  std::string letters;
  for (int column = 0; column < symbol->width; column += 2)
    letters += symbol->rows == 3 ? bar_letter(printed(0, column), printed(2, column))
                                 : bar_letter(printed(0, column), false);
  return letters;
}

}  // namespace backstamp::postal
