#include "meter/drawing.h"

#include <cairo-pdf.h>
#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>

#include "base/limits.h"
#include "meter/symbols/layout.h"

namespace backstamp::meter {
namespace {

constexpr double kFaceSideLimit_mm = 2000;
constexpr double kPointsPerMm = 72 / 25.4;
constexpr int kCairoSideLimit_px = 32767;
constexpr std::size_t kSymbolsPerFaceLimit = 256;
constexpr std::size_t kLinesPerTextLimit = 64;
constexpr std::size_t kLineBytesLimit = 1024;

// DMM 708.9: the mark's rightmost bar ends 2 inches from the right edge, its top within 1/8 inch
// of the top edge.
constexpr double kFimFromRight_mm = 50.8;
constexpr double kFimFromTop_mm = 1.6;

struct ReleaseCairo {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};
using Surface = std::unique_ptr<cairo_surface_t, ReleaseCairo>;
using Context = std::unique_ptr<cairo_t, ReleaseCairo>;
using FontOptions = std::unique_ptr<cairo_font_options_t, ReleaseCairo>;

/// A face whose symbols are laid out: what is left is to paint it.
struct LaidOutFace {
  const FacePlan* plan = nullptr;
  std::vector<SymbolLayout> symbols;  ///< in the order of the plan
  std::optional<SymbolLayout> fim;
};

Result<void> check_plan(const FacePlan& plan) {
  for (const double side_mm : {plan.width_mm, plan.height_mm}) {
    if (!(side_mm >= 1 && side_mm <= kFaceSideLimit_mm)) {
      return fail(ErrorKind::limit, "a face must measure 1 to 2000 mm on each side");
    }
  }
  if (plan.symbols.size() > kSymbolsPerFaceLimit || plan.texts.size() > kSymbolsPerFaceLimit) {
    return fail(ErrorKind::limit, "a face holds at most 256 symbols and 256 texts");
  }
  for (const TextPlan& text : plan.texts) {
    if (!(text.size_mm > 0 && text.size_mm <= 200 && std::isfinite(text.spacing_mm) &&
          std::isfinite(text.top_left.x_mm) && std::isfinite(text.top_left.y_mm))) {
      return fail(ErrorKind::invalid, "the measures of a text on the face make no sense");
    }
    bool too_long = text.lines.size() > kLinesPerTextLimit;
    for (const std::string& line : text.lines) too_long |= line.size() > kLineBytesLimit;
    if (too_long) return fail(ErrorKind::limit, "a text holds 64 lines of 1024 bytes at most");
  }
  return {};
}

Result<LaidOutFace> lay_out(const FacePlan& plan) {
  if (auto checked = check_plan(plan); !checked) return std::unexpected(checked.error());
  LaidOutFace face{&plan, {}, {}};
  for (const SymbolPlan& symbol : plan.symbols) {
    if (!std::isfinite(symbol.top_left.x_mm) || !std::isfinite(symbol.top_left.y_mm) ||
        !std::isfinite(symbol.rotation_deg)) {
      return fail(ErrorKind::invalid, "the place of a symbol on the face makes no sense");
    }
    auto layout = lay_out_symbol(symbol);
    if (!layout) return std::unexpected(layout.error());
    face.symbols.push_back(std::move(*layout));
  }
  if (plan.fim_d) {
    auto fim = lay_out_fim_d();
    if (!fim) return std::unexpected(fim.error());
    face.fim = std::move(*fim);
  }
  return face;
}

/// All ink of a symbol as one path, so that touching modules leave no seam between them.
void paint_symbol(cairo_t* context, const SymbolLayout& layout, PointMm top_left,
                  double rotation_deg) {
  cairo_save(context);
  cairo_translate(context, top_left.x_mm, top_left.y_mm);
  cairo_rotate(context, rotation_deg * std::numbers::pi / 180);
  for (const InkRect& rect : layout.ink) {
    cairo_rectangle(context, rect.x_mm, rect.y_mm, rect.width_mm, rect.height_mm);
  }
  cairo_fill(context);
  cairo_restore(context);
}

void paint_text(cairo_t* context, const TextPlan& text) {
  cairo_select_font_face(context, text.font.c_str(), CAIRO_FONT_SLANT_NORMAL,
                         CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, text.size_mm);
  cairo_font_extents_t extents;
  cairo_font_extents(context, &extents);
  double baseline_mm = text.top_left.y_mm + extents.ascent;
  for (const std::string& line : text.lines) {
    cairo_move_to(context, text.top_left.x_mm, baseline_mm);
    cairo_show_text(context, to_utf8(as_bytes(line)).c_str());
    baseline_mm += text.spacing_mm;
  }
}

/// Paints black ink in millimetres; the context's scale says what a millimetre is.
Result<void> paint(cairo_t* context, const LaidOutFace& face) {
  const FontOptions options(cairo_font_options_create());
  // Without hinting, letters have the same shape at every resolution and place.
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(context, options.get());
  cairo_set_antialias(context, CAIRO_ANTIALIAS_BEST);
  cairo_set_source_rgba(context, 0, 0, 0, 1);
  const FacePlan& plan = *face.plan;
  for (std::size_t i = 0; i < plan.symbols.size(); ++i) {
    paint_symbol(context, face.symbols[i], plan.symbols[i].top_left, plan.symbols[i].rotation_deg);
  }
  if (face.fim) {
    const double left_mm = plan.width_mm - kFimFromRight_mm - face.fim->width_mm;
    paint_symbol(context, *face.fim, {left_mm, kFimFromTop_mm}, 0);
  }
  for (const TextPlan& text : plan.texts) paint_text(context, text);
  if (const auto status = cairo_status(context); status != CAIRO_STATUS_SUCCESS) {
    return fail(ErrorKind::internal,
                std::string("cairo cannot draw the face: ") + cairo_status_to_string(status));
  }
  return {};
}

OutlineMm outline_of(const SymbolPlan& plan, const SymbolLayout& layout) {
  const double angle = plan.rotation_deg * std::numbers::pi / 180;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const auto place = [&](double x_mm, double y_mm) {
    return PointMm{plan.top_left.x_mm + x_mm * cosine - y_mm * sine,
                   plan.top_left.y_mm + x_mm * sine + y_mm * cosine};
  };
  return {place(0, 0), place(layout.width_mm, 0), place(layout.width_mm, layout.height_mm),
          place(0, layout.height_mm)};
}

Result<Raster> make_raster(const FacePlan& plan, double px_per_mm) {
  if (!(px_per_mm > 0 && px_per_mm <= 1000)) {
    return fail(ErrorKind::invalid, "the resolution must be over 0 and at most 1000 px/mm");
  }
  const double width_px = std::max(1.0, std::round(plan.width_mm * px_per_mm));
  const double height_px = std::max(1.0, std::round(plan.height_mm * px_per_mm));
  if (width_px > kCairoSideLimit_px || height_px > kCairoSideLimit_px ||
      width_px * height_px > static_cast<double>(limits::kImagePixels)) {
    return fail(ErrorKind::limit, "a face of " + std::to_string(static_cast<long>(width_px)) +
                                      " x " + std::to_string(static_cast<long>(height_px)) +
                                      " pixels is over the limit: lower the resolution");
  }
  Raster raster{static_cast<int>(width_px), static_cast<int>(height_px), {}};
  raster.pixels.resize(static_cast<std::size_t>(raster.width_px) *
                       static_cast<std::size_t>(raster.height_px));
  return raster;
}

cairo_status_t append_bytes(void* closure, const unsigned char* data, unsigned length) {
  auto* bytes = static_cast<Bytes*>(closure);
  bytes->insert(bytes->end(), data, data + length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<DrawnFace> draw_face(const FacePlan& plan, double px_per_mm) {
  const auto face = lay_out(plan);
  if (!face) return std::unexpected(face.error());
  auto raster = make_raster(plan, px_per_mm);
  if (!raster) return std::unexpected(raster.error());
  // The surface holds how much ink there is (alpha); the raster is its inverse.
  const Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_A8, raster->width_px, raster->height_px));
  const Context context(cairo_create(surface.get()));
  cairo_scale(context.get(), px_per_mm, px_per_mm);
  if (auto painted = paint(context.get(), *face); !painted) {
    return std::unexpected(painted.error());
  }
  cairo_surface_flush(surface.get());
  const unsigned char* ink = cairo_image_surface_get_data(surface.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface.get()));
  const auto width = static_cast<std::size_t>(raster->width_px);
  for (std::size_t y = 0; y < static_cast<std::size_t>(raster->height_px); ++y) {
    const unsigned char* row = ink + y * stride;
    std::uint8_t* out = raster->pixels.data() + y * width;
    for (std::size_t x = 0; x < width; ++x) out[x] = static_cast<std::uint8_t>(255 - row[x]);
  }
  DrawnFace drawn{std::move(*raster), {}};
  for (std::size_t i = 0; i < plan.symbols.size(); ++i) {
    drawn.outlines.push_back(outline_of(plan.symbols[i], face->symbols[i]));
  }
  return drawn;
}

Result<Bytes> draw_face_pdf(const FacePlan& plan) {
  const auto face = lay_out(plan);
  if (!face) return std::unexpected(face.error());
  Bytes bytes;
  const Surface surface(cairo_pdf_surface_create_for_stream(
      append_bytes, &bytes, plan.width_mm * kPointsPerMm, plan.height_mm * kPointsPerMm));
  // Later versions pack their objects, which old printers do not unpack.
  cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
  // The same face gives the same file, so the moment of drawing stays out of it.
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                 "2000-01-01T00:00:00Z");
  {
    const Context context(cairo_create(surface.get()));
    cairo_scale(context.get(), kPointsPerMm, kPointsPerMm);
    if (auto painted = paint(context.get(), *face); !painted) {
      return std::unexpected(painted.error());
    }
    cairo_show_page(context.get());
  }
  cairo_surface_finish(surface.get());
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    return fail(ErrorKind::internal, "cairo cannot write the face as PDF");
  }
  return bytes;
}

Result<Bytes> draw_face_png(const FacePlan& plan, double px_per_mm) {
  const auto drawn = draw_face(plan, px_per_mm);
  if (!drawn) return std::unexpected(drawn.error());
  const Raster& raster = drawn->raster;
  const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, raster.width_px);
  Bytes rows(static_cast<std::size_t>(stride) * static_cast<std::size_t>(raster.height_px));
  for (int y = 0; y < raster.height_px; ++y) {
    const auto begin = raster.pixels.begin() + static_cast<std::ptrdiff_t>(y) * raster.width_px;
    std::copy(begin, begin + raster.width_px,
              rows.begin() + static_cast<std::ptrdiff_t>(y) * stride);
  }
  // cairo writes a surface of alpha values as a grey picture of the same values.
  const Surface surface(cairo_image_surface_create_for_data(
      rows.data(), CAIRO_FORMAT_A8, raster.width_px, raster.height_px, stride));
  Bytes png;
  if (cairo_surface_write_to_png_stream(surface.get(), append_bytes, &png) !=
      CAIRO_STATUS_SUCCESS) {
    return fail(ErrorKind::internal, "cairo cannot write the face as PNG");
  }
  return png;
}

Result<PointMm> symbol_size(const SymbolPlan& plan) {
  const auto layout = lay_out_symbol(plan);
  if (!layout) return std::unexpected(layout.error());
  return PointMm{layout->width_mm, layout->height_mm};
}

}  // namespace backstamp::meter
