// Symbols as modules: what libzint makes of a content.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "meter/drawing.h"

namespace backstamp::meter {

/// The modules of a symbol, row by row, 1 dark. Of a code with two or three heights of bars: rows
/// of half-bars (ascenders, trackers, descenders; of POSTNET the upper halves and the feet), in
/// which every second column is a gap.
struct Modules {
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> dark;

  bool at(int row, int column) const {
    return dark[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                static_cast<std::size_t>(column)] != 0;
  }
};

/// The symbol of a plan. Fails: invalid (the symbology cannot hold this content, or not in this
/// size).
Result<Modules> encode_modules(const SymbolPlan& plan);

/// EAN-13 (or UPC-A) without its digits for people, and FIM.
Result<Modules> encode_retail(std::string_view digits);
Result<Modules> encode_fim(char letter);

}  // namespace backstamp::meter
