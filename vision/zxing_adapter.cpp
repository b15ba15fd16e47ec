#include "vision/zxing_adapter.h"

// Text as UTF-8 from 1.4; ignored by later versions.
#define ZX_USE_UTF8 1
#include <ZXing/ReadBarcode.h>
#if __has_include(<ZXing/Version.h>)
#include <ZXing/Version.h>
#define BACKSTAMP_ZXING_2 1
#else
#include <ZXing/ZXVersion.h>
#define BACKSTAMP_ZXING_2 0
#endif

#include <algorithm>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/limits.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr std::pair<Symbology, ZXing::BarcodeFormat> kFormats[] = {
    {Symbology::data_matrix, ZXing::BarcodeFormat::DataMatrix},
    {Symbology::qr_code, ZXing::BarcodeFormat::QRCode},
    {Symbology::aztec, ZXing::BarcodeFormat::Aztec},
    {Symbology::pdf417, ZXing::BarcodeFormat::PDF417},
    {Symbology::code128, ZXing::BarcodeFormat::Code128},
};
/// Read by the library alone, not by our ladder.
constexpr std::pair<Symbology, ZXing::BarcodeFormat> kPeerFormats[] = {
    {Symbology::itf, ZXing::BarcodeFormat::ITF},
};

#if BACKSTAMP_ZXING_2
using Options = ZXing::ReaderOptions;
#else
using Options = ZXing::DecodeHints;
#endif

ZXing::BarcodeFormats library_formats(Formats formats) {
  ZXing::BarcodeFormats out;
  for (const auto& [ours, theirs] : kFormats)
    if (formats.has(ours)) out |= theirs;
  return out;
}

std::optional<Symbology> our_symbology(ZXing::BarcodeFormat format) {
  for (const auto& [ours, theirs] : kFormats)
    if (theirs == format) return ours;
  for (const auto& [ours, theirs] : kPeerFormats)
    if (theirs == format) return ours;
  return std::nullopt;
}

Options library_options(ZXing::BarcodeFormats formats, const ZxingOptions& options) {
  Options out;
  out.setFormats(formats);
  out.setTryHarder(options.harder);
  out.setTryRotate(options.rotate);
  out.setTryDownscale(false);  // on 1.4 this trips an assertion; the ladder makes its own pyramid
  out.setIsPure(options.pure);
  out.setMaxNumberOfSymbols(1);
  if (options.fixed_threshold) out.setBinarizer(ZXing::Binarizer::FixedThreshold);
  if (options.global_threshold) out.setBinarizer(ZXing::Binarizer::GlobalHistogram);
#if BACKSTAMP_ZXING_2
  out.setTryInvert(options.invert);
  out.setTextMode(ZXing::TextMode::Plain);
#endif
  return out;
}

/// Whether the library's symbology identifier (ISO/IEC 15424) says GS1: the mark itself, FNC1 in
/// the first place, it takes from the content.
bool is_gs1(const std::string& identifier) {
  constexpr std::string_view kGs1[] = {"]C1", "]d2", "]d5", "]Q3", "]Q4", "]z1", "]z4", "]e0"};
  return std::find(std::begin(kGs1), std::end(kGs1), identifier) != std::end(kGs1);
}

Point our_point(ZXing::PointI point) {
  return {static_cast<float>(point.x), static_cast<float>(point.y)};
}

template <typename LibraryResult>
std::optional<Reading> our_reading(const LibraryResult& result) {
  if (!result.isValid()) return std::nullopt;
  const auto symbology = our_symbology(result.format());
  const auto& bytes = result.bytes();
  if (!symbology || bytes.empty() || bytes.size() > limits::kSymbolContentBytes)
    return std::nullopt;
  Reading reading;
  reading.symbology = *symbology;
  reading.content.assign(bytes.begin(), bytes.end());
  reading.text = to_utf8(as_bytes(result.text()));
  reading.gs1 = is_gs1(result.symbologyIdentifier());
  const auto& at = result.position();
  reading.outline = {our_point(at.topLeft()), our_point(at.topRight()), our_point(at.bottomRight()),
                     our_point(at.bottomLeft())};
  return reading;
}

std::vector<Reading> library_readings(ImageView image, const Options& options) {
  std::vector<Reading> readings;
  try {
    const ZXing::ImageView pixels(image.pixels, image.width_px, image.height_px,
                                  ZXing::ImageFormat::Lum, static_cast<int>(image.stride_bytes));
    for (const auto& result : ZXing::ReadBarcodes(pixels, options))
      if (auto reading = our_reading(result)) readings.push_back(std::move(*reading));
  } catch (const std::exception&) {
    // The library throws on some malformed symbols; to us that is a symbol which it did not read.
  }
  return readings;
}

}  // namespace

std::vector<Reading> zxing_read(ImageView image, Formats formats, const ZxingOptions& options) {
  const ZXing::BarcodeFormats wanted = library_formats(formats);
  if (wanted.empty() || image.empty()) return {};
  BACKSTAMP_ASSERT(!options.pure || !formats.has(Symbology::pdf417));
  return library_readings(image, library_options(wanted, options));
}

std::vector<Reading> zxing_read_by_default(ImageView image, Formats formats) {
  ZXing::BarcodeFormats wanted = library_formats(formats);
  for (const auto& [ours, theirs] : kPeerFormats)
    if (formats.has(ours)) wanted |= theirs;
  if (wanted.empty() || image.empty()) return {};
  Options options;
  options.setFormats(wanted);
  return library_readings(image, options);
}

std::string zxing_version() {
  return std::to_string(ZXING_VERSION_MAJOR) + "." + std::to_string(ZXING_VERSION_MINOR) + "." +
         std::to_string(ZXING_VERSION_PATCH);
}

}  // namespace backstamp::vision
