#include "meter/symbols/encode.h"

#include <zint.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "postal/bar_letters.h"
#include "postal/codes.h"
#include "postal/mailmark.h"
#include "postal/mailmark_bars.h"

namespace backstamp::meter {
namespace {

using postal::Symbology;

struct DeleteSymbol {
  void operator()(zint_symbol* symbol) const { ZBarcode_Delete(symbol); }
};
using ZintSymbol = std::unique_ptr<zint_symbol, DeleteSymbol>;

/// What libzint is asked for.
struct Order {
  int symbology = 0;
  std::string content;
  int mode = DATA_MODE;
  int option_1 = 0;
  int option_2 = 0;
  int option_3 = 0;
};

struct MatrixSize {
  int rows;
  int columns;
};
// The sizes of ECC 200 in the order of libzint's option: square, rectangular (ISO/IEC 16022), then
// the extension of ISO/IEC 21471.
constexpr std::array<MatrixSize, 48> kMatrixSizes = {
    {{10, 10}, {12, 12}, {14, 14}, {16, 16}, {18, 18},   {20, 20},   {22, 22},   {24, 24},
     {26, 26}, {32, 32}, {36, 36}, {40, 40}, {44, 44},   {48, 48},   {52, 52},   {64, 64},
     {72, 72}, {80, 80}, {88, 88}, {96, 96}, {104, 104}, {120, 120}, {132, 132}, {144, 144},
     {8, 18},  {8, 32},  {12, 26}, {12, 36}, {16, 36},   {16, 48},   {8, 48},    {8, 64},
     {8, 80},  {8, 96},  {8, 120}, {8, 144}, {12, 64},   {12, 88},   {16, 64},   {20, 36},
     {20, 44}, {20, 64}, {22, 48}, {24, 48}, {24, 64},   {26, 40},   {26, 48},   {26, 64}}};

std::string text_of(const Bytes& content) {
  return std::string(as_text(content));
}

Error refusal(std::string_view name, std::string why) {
  return Error{ErrorKind::invalid, std::string(name) + " " + std::move(why)};
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<Modules> encode(const Order& order, std::string_view name) {
  const ZintSymbol symbol(ZBarcode_Create());
  if (!symbol) return fail(ErrorKind::internal, "libzint has no memory for a symbol");
  symbol->symbology = order.symbology;
  symbol->input_mode = order.mode;
  symbol->show_hrt = 0;
  if (order.option_1 != 0) symbol->option_1 = order.option_1;
  symbol->option_2 = order.option_2;
  symbol->option_3 = order.option_3;
  const int status =
      ZBarcode_Encode(symbol.get(), reinterpret_cast<const unsigned char*>(order.content.data()),
                      static_cast<int>(order.content.size()));
  if (status >= ZINT_ERROR) {
    return fail(ErrorKind::invalid, std::string(name) + " cannot hold these " +
                                        std::to_string(order.content.size()) +
                                        " bytes: " + symbol->errtxt);
  }
  Modules modules{symbol->width, symbol->rows, {}};
  for (int row = 0; row < symbol->rows; ++row) {
    for (int column = 0; column < symbol->width; ++column) {
      modules.dark.push_back(symbol->encoded_data[row][column / 8] >> (column % 8) & 1);
    }
  }
  return modules;
}

Result<Order> order_data_matrix(const SymbolPlan& plan) {
  Order order{BARCODE_DATAMATRIX, text_of(plan.content)};
  order.option_3 = DM_SQUARE;
  if (plan.rows == 0 && plan.columns == 0) return order;
  const auto size = std::ranges::find_if(kMatrixSizes, [&](const MatrixSize& s) {
    return s.rows == plan.rows && s.columns == plan.columns;
  });
  if (size == kMatrixSizes.end()) {
    return std::unexpected(refusal("DataMatrix", "has no size of " + std::to_string(plan.rows) +
                                                     " x " + std::to_string(plan.columns)));
  }
  order.option_2 = static_cast<int>(size - kMatrixSizes.begin()) + 1;
  order.option_3 = 0;
  return order;
}

/// libzint wants every element string with its application identifier in brackets and puts FNC1
/// where an element of no fixed length ends; the brackets themselves are not drawn.
Result<Order> order_gs1(const SymbolPlan& plan) {
  Order order{BARCODE_GS1_128, {}};
  order.mode = GS1_MODE | GS1NOCHECK_MODE;
  std::string_view rest = as_text(plan.content);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\x1D'), rest.size());
    const std::string_view element = rest.substr(0, end);
    const bool three = element.starts_with("4") || element.starts_with("2");
    const std::size_t digits = three && !element.starts_with("20") ? 3 : 2;
    if (element.size() <= digits || !all_digits(element.substr(0, digits)) ||
        element.find_first_of("[]") != std::string_view::npos) {
      return std::unexpected(refusal("GS1-128", "is made of element strings, 1D between them"));
    }
    order.content += '[' + std::string(element.substr(0, digits)) + ']';
    order.content += element.substr(digits);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return order;
}

/// Leitcode and Identcode with their check digit: weights 4 and 9 from the right.
Result<Order> order_itf(const SymbolPlan& plan) {
  const std::string digits = text_of(plan.content);
  if ((digits.size() != 12 && digits.size() != 14) || !all_digits(digits)) {
    return std::unexpected(refusal("ITF", "of the post has 12 or 14 digits"));
  }
  int sum = 0;
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
    sum += (digits[digits.size() - 2 - i] - '0') * (i % 2 == 0 ? 4 : 9);
  }
  if ((10 - sum % 10) % 10 != digits.back() - '0') {
    return std::unexpected(refusal("ITF", "has a wrong check digit"));
  }
  return Order{BARCODE_C25INTER, digits};
}

Result<Order> order_imb(const SymbolPlan& plan) {
  const std::string digits = text_of(plan.content);
  if (const auto code = postal::Imb::parse(digits); !code) {
    return fail("IMb to be drawn", code.error());
  }
  const std::string routing = digits.size() > 20 ? "-" + digits.substr(20) : "";
  return Order{BARCODE_USPS_IMAIL, digits.substr(0, 20) + routing};
}

/// The format control code chooses libzint's kind; it adds the same one again.
Result<Order> order_australia_post(const SymbolPlan& plan) {
  const std::string text = text_of(plan.content);
  const std::string control = text.substr(0, 2);
  int kind = 0;
  if (control == "11" || control == "59" || control == "62") kind = BARCODE_AUSPOST;
  if (control == "45") kind = BARCODE_AUSREPLY;
  if (control == "87") kind = BARCODE_AUSROUTE;
  if (control == "92") kind = BARCODE_AUSREDIRECT;
  const std::size_t customer = text.size() < 10 ? 0 : text.size() - 10;
  const bool fits = control == "59"   ? customer == 5 || customer == 8
                    : control == "62" ? customer == 10 || customer == 15
                                      : customer == 0;
  if (kind == 0 || text.size() < 10 || !fits) {
    return std::unexpected(
        refusal("AustraliaPost", "begins with a known format control code and a sorting code"));
  }
  return Order{kind, text.substr(2)};
}

Result<Order> order_digits(const SymbolPlan& plan, int symbology,
                           std::initializer_list<std::size_t> lengths) {
  const std::string digits = text_of(plan.content);
  if (std::ranges::find(lengths, digits.size()) == lengths.end() || !all_digits(digits)) {
    return std::unexpected(
        refusal(postal::to_string(plan.symbology), "has another count of digits"));
  }
  return Order{symbology, digits};
}

Result<Order> order_matrix(const SymbolPlan& plan) {
  Order order{0, text_of(plan.content)};
  order.option_1 = plan.correction;
  if (plan.symbology == Symbology::qr_code) order.symbology = BARCODE_QRCODE;
  if (plan.symbology == Symbology::aztec) order.symbology = BARCODE_AZTEC;
  if (plan.symbology == Symbology::pdf417) {
    order.symbology = BARCODE_PDF417;
    order.option_2 = plan.columns;
  }
  return order;
}

/// libzint of this age knows no 4-state Mailmark; the post's own encoder does.
Result<Modules> encode_mailmark_modules(const SymbolPlan& plan) {
  const auto code = postal::Mailmark::parse(as_text(plan.content));
  if (!code) return fail("Mailmark to be drawn", code.error());
  const std::string letters = postal::encode_mailmark(*code);
  const auto bars = static_cast<int>(letters.size());
  Modules modules{2 * bars - 1, 3, {}};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < modules.columns; ++column) {
      const char letter = letters[static_cast<std::size_t>(column / 2)];
      const bool dark = row == 0   ? postal::has_ascender(letter)
                        : row == 1 ? true
                                   : postal::has_descender(letter);
      modules.dark.push_back(column % 2 == 0 && dark ? 1 : 0);
    }
  }
  return modules;
}

Result<Order> order_of(const SymbolPlan& plan) {
  switch (plan.symbology) {
    case Symbology::data_matrix:
      return order_data_matrix(plan);
    case Symbology::qr_code:
    case Symbology::aztec:
    case Symbology::pdf417:
      return order_matrix(plan);
    case Symbology::code128:
      return plan.gs1 ? order_gs1(plan) : Order{BARCODE_CODE128, text_of(plan.content)};
    case Symbology::imb:
      return order_imb(plan);
    case Symbology::itf:
      return order_itf(plan);
    case Symbology::rm4scc:
      return Order{BARCODE_RM4SCC, text_of(plan.content)};
    case Symbology::kix:
      return Order{BARCODE_KIX, text_of(plan.content)};
    case Symbology::australia_post:
      return order_australia_post(plan);
    case Symbology::japan_post:
      return Order{BARCODE_JAPANPOST, text_of(plan.content)};
    case Symbology::postnet:
      return order_digits(plan, BARCODE_POSTNET, {5, 9, 11});
    case Symbology::planet:
      return order_digits(plan, BARCODE_PLANET, {11, 13});
    case Symbology::mailmark:
      break;
  }
  return std::unexpected(refusal(postal::to_string(plan.symbology), "is not drawn by meters"));
}

}  // namespace

Result<Modules> encode_modules(const SymbolPlan& plan) {
  if (plan.symbology == Symbology::mailmark) return encode_mailmark_modules(plan);
  const auto order = order_of(plan);
  if (!order) return std::unexpected(order.error());
  return encode(*order, postal::to_string(plan.symbology));
}

Result<Modules> encode_retail(std::string_view digits) {
  if (digits.size() != 12 || !all_digits(digits)) {
    return std::unexpected(refusal("EAN-13", "is made from 12 digits"));
  }
  return encode({BARCODE_EANX, std::string(digits)}, "EAN-13");
}

Result<Modules> encode_fim(char letter) {
  return encode({BARCODE_FIM, std::string(1, letter)}, "FIM");
}

}  // namespace backstamp::meter
