#include "datasets/synthesizer.h"

#include <array>
#include <cmath>

#include "datasets/mail/mail.h"
#include "datasets/synthesizer/camera.h"
#include "datasets/synthesizer/conditions.h"
#include "datasets/synthesizer/layout.h"
#include "datasets/synthesizer/print.h"

namespace backstamp::datasets {
namespace {

constexpr std::array<std::string_view, 5> kClasses = {"clean", "typical", "hard", "extreme",
                                                      "blank"};

Plane ink_of(meter::Raster raster) {
  Plane ink;
  ink.width_px = raster.width_px;
  ink.height_px = raster.height_px;
  ink.values = std::move(raster.pixels);
  for (std::uint8_t& value : ink.values) value = static_cast<std::uint8_t>(255 - value);
  return ink;
}

std::vector<SymbolTruth> locate_symbols(const FaceLayout& layout,
                                        const std::vector<meter::OutlineMm>& outlines,
                                        const Transport& transport, double px_per_mm) {
  std::vector<SymbolTruth> symbols;
  for (std::size_t i = 0; i < outlines.size(); ++i) {
    const meter::SymbolPlan& plan = layout.plan.symbols[i];
    SymbolTruth truth;
    truth.symbology = plan.symbology;
    truth.content = plan.content;
    for (std::size_t corner = 0; corner < 4; ++corner) {
      truth.outline[corner] = transport.picture_from_face(outlines[i][corner].x_mm * px_per_mm,
                                                          outlines[i][corner].y_mm * px_per_mm);
    }
    truth.module_px = static_cast<float>(plan.module_mm * px_per_mm * transport.scale());
    symbols.push_back(std::move(truth));
  }
  return symbols;
}

}  // namespace

std::string_view to_string(FaceClass face_class) {
  return kClasses[static_cast<std::size_t>(face_class)];
}

Result<FaceClass> parse_face_class(std::string_view name) {
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    if (kClasses[i] == name) return static_cast<FaceClass>(i);
  }
  return fail(ErrorKind::invalid, "class \"" + std::string(name.substr(0, 40)) +
                                      "\" is none of clean, typical, hard, extreme, blank");
}

Result<SynthesizedFace> synthesize_face(const FaceRequest& request, std::uint64_t seed) {
  if (!(request.px_per_mm >= 6 && request.px_per_mm <= 24)) {
    return fail(ErrorKind::invalid, "px_per_mm must be 6 to 24");
  }
  if (request.mailing) return synthesize_mail(request, seed);
  // Each stage has its own generator, so that a change in one leaves the others as they were.
  const auto stage = [seed](std::uint64_t number) { return Random(derive_seed(seed, number)); };
  Random for_layout = stage(1), for_conditions = stage(2), for_print = stage(3);
  Random for_paper = stage(4), for_transport = stage(5), for_camera = stage(6);

  auto layout = lay_out_face(request, for_layout);
  if (!layout) return std::unexpected(layout.error());
  auto drawn = meter::draw_face(layout->plan, request.px_per_mm);
  if (!drawn) return std::unexpected(drawn.error());
  const Conditions conditions = draw_conditions(request.face_class, for_conditions);
  Plane ink = ink_of(std::move(drawn->raster));
  for (const Stroke& stroke : layout->strokes) draw_stroke(ink, stroke, request.px_per_mm);
  spoil_ink(ink, drawn->outlines, conditions, request.damaged, request.px_per_mm, for_print);
  const Plane paper = print_on_paper(ink, *layout, conditions, request.px_per_mm, for_paper);
  const Transport transport(paper.width_px, paper.height_px, conditions, request.px_per_mm,
                            for_transport);
  const Plane scene = carry(paper, transport, conditions);

  SynthesizedFace face;
  face.picture = expose(scene, conditions, request.px_per_mm, for_camera);
  face.symbols = locate_symbols(*layout, drawn->outlines, transport, request.px_per_mm);
  face.upside_down = conditions.upside_down;
  face.skew_deg = static_cast<float>(conditions.skew_deg);
  face.contrast = static_cast<float>(conditions.ink_density);
  face.blur_px = static_cast<float>(conditions.blur_px * request.px_per_mm / 8);
  face.decoys = layout->decoys;
  return face;
}

}  // namespace backstamp::datasets
