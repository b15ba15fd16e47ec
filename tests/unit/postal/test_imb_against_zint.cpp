// libzint is an independent encoder of the Intelligent Mail barcode.
#include <zint.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "postal/imb_bars.h"
#include "tests/unit/postal/random_codes.h"

using namespace backstamp::postal;

namespace {

struct DeleteSymbol {
  void operator()(zint_symbol* symbol) const { ZBarcode_Delete(symbol); }
};

// Rows 0 and 2 of zint's symbol are ascenders and descenders; bars stand in every other column.
ImbBars encode_by_zint(zint_symbol* symbol, const Imb& code) {
  std::string text = code.digits();
  if (!code.routing.empty()) text.insert(20, 1, '-');
  ZBarcode_Clear(symbol);
  symbol->symbology = BARCODE_USPS_IMAIL;
  REQUIRE(ZBarcode_Encode(symbol, reinterpret_cast<const unsigned char*>(text.data()),
                          static_cast<int>(text.size())) == 0);
  REQUIRE(symbol->rows == 3);
  const auto printed = [&](std::size_t row, std::size_t bar) {
    const std::size_t column = 2 * bar;
    return ((symbol->encoded_data[row][column / 8] >> (column % 8)) & 1) != 0;
  };
  ImbBars bars;
  for (std::size_t bar = 0; bar < kImbBars; ++bar) {
    bars.ascender[bar] = printed(0, bar);
    bars.descender[bar] = printed(2, bar);
  }
  return bars;
}

}  // namespace

TEST_CASE("An independent encoder draws the same bars for ten thousand random IMb codes") {
  const std::unique_ptr<zint_symbol, DeleteSymbol> symbol(ZBarcode_Create());
  std::mt19937_64 random(5);
  for (int i = 0; i < 10'000; ++i) {
    const Imb code = random_imb(random);
    REQUIRE(to_letters(encode_imb(code)) == to_letters(encode_by_zint(symbol.get(), code)));
  }
}
