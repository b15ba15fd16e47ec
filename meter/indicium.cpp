#include "meter/indicium.h"

namespace backstamp::meter {
namespace {

constexpr double kModule_mm = 0.5;
constexpr double kImbPitch_mm = 25.4 / 22;
constexpr PointMm kIndicium = {207, 8};  // 22 mm of symbol end 12 mm from the right edge
constexpr PointMm kIndiciumText = {207, 32};
constexpr PointMm kAddress = {105, 52};
constexpr double kAddressToImb_mm = 4;

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
  const std::string digits = piece.code.digits();
  SymbolPlan imb;
  imb.symbology = postal::Symbology::imb;
  imb.content.assign(digits.begin(), digits.end());
  imb.top_left = {
      kAddress.x_mm,
      kAddress.y_mm + static_cast<double>(address.size()) * lines.spacing_mm + kAddressToImb_mm};
  imb.module_mm = kImbPitch_mm;
  face.symbols.push_back(std::move(imb));
  face.texts.push_back(std::move(lines));

  TextPlan paid;
  paid.lines = {"US POSTAGE $" + piece.record.postage.to_string(), format_date(piece.record.mailed),
                "METER " + std::to_string(piece.identity.issuer) + "-" +
                    std::to_string(piece.identity.meter) + " NO. " +
                    std::to_string(piece.identity.counter)};
  paid.top_left = kIndiciumText;
  paid.size_mm = 2;
  paid.spacing_mm = 2.6;
  face.texts.push_back(std::move(paid));
  return face;
}

}  // namespace backstamp::meter
