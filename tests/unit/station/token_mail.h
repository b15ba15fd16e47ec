// Pieces that bear nothing but an indicium, each with a token of its own.
#pragma once

#include <algorithm>
#include <functional>

#include "key_fixture.h"
#include "meter/drawing.h"
#include "vision/frame_source.h"

namespace backstamp::station::testing {

class TokenMail final : public vision::FrameSource {
 public:
  /// Piece N is mailed on `day(N)`, and is the last one when N is `pieces`.
  TokenMail(const Authority& authority, std::function<Date(std::uint64_t piece)> day,
            std::uint64_t pieces = ~std::uint64_t{0})
      : authority_(authority), day_(std::move(day)), pieces_(pieces) {}

  Result<std::optional<vision::Capture>> next() override {
    if (piece_ == pieces_) return std::nullopt;
    ++piece_;
    const postal::Token token{{kIssuer, kMeter, piece_},
                              postal::Money{406},
                              day_(piece_),
                              270,
                              postal::Imb{"00", "270", "900000101", "000001", "68155525920"},
                              {}};
    meter::FacePlan plan;
    plan.width_mm = plan.height_mm = 32;
    meter::SymbolPlan symbol;
    symbol.content = postal::mint_token(token, authority_.meter).value();
    symbol.top_left = {4, 4};
    plan.symbols.push_back(std::move(symbol));
    const meter::Raster raster = meter::draw_face(plan, 8).value().raster;
    vision::Capture capture;
    capture.piece = piece_;
    capture.frame = vision::Frame(raster.width_px, raster.height_px);
    for (int y = 0; y < raster.height_px; ++y) {
      std::copy_n(raster.pixels.begin() + y * raster.width_px, raster.width_px,
                  capture.frame.row(y));
    }
    return capture;
  }
  Result<void> resume_after(std::uint64_t) override { return {}; }

 private:
  const Authority& authority_;
  std::function<Date(std::uint64_t)> day_;
  std::uint64_t pieces_;
  std::uint64_t piece_ = 0;
};

}  // namespace backstamp::station::testing
