#include "meter/indicium.h"

namespace backstamp::meter {
namespace {

constexpr double kModule_mm = 0.5;
constexpr double kImbPitch_mm = 25.4 / 22;
constexpr PointMm kIndicium = {207, 8};  // 22 mm of symbol end 12 mm from the right edge
constexpr PointMm kIndiciumText = {207, 32};
constexpr PointMm kAddress = {105, 52};
constexpr double kAddressToImb_mm = 4;

/// The Intelligent Mail barcode under an address.
SymbolPlan imb_below(const postal::Imb& code, std::size_t address_lines, const TextPlan& address) {
  const std::string digits = code.digits();
  SymbolPlan imb;
  imb.symbology = postal::Symbology::imb;
  imb.content.assign(digits.begin(), digits.end());
  imb.top_left = {
      kAddress.x_mm,
      kAddress.y_mm + static_cast<double>(address_lines) * address.spacing_mm + kAddressToImb_mm};
  imb.module_mm = kImbPitch_mm;
  return imb;
}

}  // namespace

FacePlan indicium_face(const PrintedPiece& piece, const std::vector<std::string>& address) {
  FacePlan face;
  face.fim_d = true;
  SymbolPlan indicium;
  indicium.content = piece.token;
  indicium.top_left = kIndicium;
  indicium.module_mm = kModule_mm;
  face.symbols.push_back(std::move(indicium));

  TextPlan lines;
  lines.lines = address;
  lines.top_left = kAddress;
  if (const auto* imb = std::get_if<postal::Imb>(&piece.code)) {
    face.symbols.push_back(imb_below(*imb, address.size(), lines));
  }
  face.texts.push_back(std::move(lines));

  TextPlan paid;
  paid.lines = {"US POSTAGE $" + piece.record.postage.to_string(), format_date(piece.record.mailed),
                "METER " + std::to_string(piece.identity.issuer) + "-" +
                    std::to_string(piece.identity.meter) + " NO. " +
                    std::to_string(piece.identity.counter)};
  if (const auto* code = std::get_if<postal::MeterSerial>(&piece.code)) {
    paid.lines.push_back(code->to_string());
  }
  paid.top_left = kIndiciumText;
  paid.size_mm = 2;
  paid.spacing_mm = 2.6;
  face.texts.push_back(std::move(paid));
  return face;
}

}  // namespace backstamp::meter
