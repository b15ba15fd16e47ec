#include "vision/ladder/whole.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>

#include "vision/ladder/mat.h"
#include "vision/ladder/merge.h"
#include "vision/zxing_adapter.h"

namespace backstamp::vision {
namespace {

using postal::Symbology;

constexpr Symbology kLibrary[] = {Symbology::data_matrix, Symbology::qr_code, Symbology::aztec,
                                  Symbology::pdf417, Symbology::code128};
constexpr int kLeastSide = 8;                   // of a picture: no symbol has fewer modules
constexpr int kSymbolsOfFormat = 16;            // one after the other in one picture
constexpr std::size_t kStepPixels = 12u << 20;  // no changed picture gets larger

/// One way to look: a change of the picture with its way back to the picture's own pixels.
struct Step {
  const char* rung;
  cv::Mat pixels{};
  cv::Matx23f picture_from_pixels{1, 0, 0, 0, 1, 0};
  ZxingOptions options{};
};

Point transformed(const cv::Matx23f& m, Point p) {
  return {m(0, 0) * p.x + m(0, 1) * p.y + m(0, 2), m(1, 0) * p.x + m(1, 1) * p.y + m(1, 2)};
}

/// A reading of a changed picture as one of the picture itself.
void take_back(const Step& step, Reading& reading) {
  const cv::Matx23f& m = step.picture_from_pixels;
  for (Point& p : reading.outline) p = transformed(m, p);
  reading.rung = step.rung;
}

Step scaled(const cv::Mat& picture, const char* rung, double factor) {
  Step step{.rung = rung};
  cv::resize(picture, step.pixels, {}, factor, factor,
             factor < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  const auto back = static_cast<float>(1 / factor);
  step.picture_from_pixels = {back, 0, 0, 0, back, 0};
  return step;
}

Step padded(const cv::Mat& picture) {
  constexpr int kMargin = 20;
  Step step{.rung = "whole-quiet"};
  cv::copyMakeBorder(picture, step.pixels, kMargin, kMargin, kMargin, kMargin, cv::BORDER_CONSTANT,
                     255);
  step.picture_from_pixels = {1, 0, -kMargin, 0, 1, -kMargin};
  return step;
}

Step turned(const cv::Mat& picture) {
  Step step{.rung = "whole-45"};
  const auto w = static_cast<float>(picture.cols);
  const auto h = static_cast<float>(picture.rows);
  const int side = static_cast<int>(std::ceil(std::hypot(w, h)));
  cv::Mat turn = cv::getRotationMatrix2D({w / 2, h / 2}, 45, 1);
  turn.at<double>(0, 2) += (side - picture.cols) / 2.0;
  turn.at<double>(1, 2) += (side - picture.rows) / 2.0;
  cv::warpAffine(picture, step.pixels, turn, {side, side}, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 255);
  cv::Mat back;
  cv::invertAffineTransform(turn, back);
  for (int i = 0; i < 6; ++i)
    step.picture_from_pixels.val[i] = static_cast<float>(back.at<double>(i / 3, i % 3));
  return step;
}

Step plain(const cv::Mat& picture, const char* rung, ZxingOptions options) {
  return {.rung = rung, .pixels = picture, .options = options};
}

/// The changed pictures in the order of what they are worth; an empty one at the end.
Step changed(const cv::Mat& picture, int number) {
  cv::Mat other;
  switch (number) {
    case 0:
      return plain(picture, "whole-global", {.global_threshold = true});
    case 1:
      cv::bitwise_not(picture, other);
      return plain(other, "whole-inverted", {});
    case 2:
      return scaled(picture, "whole-half", 0.5);
    case 3:
      return scaled(picture, "whole-x1.5", 1.5);
    case 4:
      return padded(picture);
    case 5:
      return scaled(picture, "whole-third", 1.0 / 3);
    case 6:
      return scaled(picture, "whole-double", 2);
    case 7:
      return turned(picture);
    case 8:
      cv::GaussianBlur(picture, other, {}, 1.0);
      return plain(other, "whole-soft", {});
    case 9:
      return scaled(picture, "whole-0.7", 0.7);
    case 10: {
      Step step = scaled(picture, "whole-double-global", 2);
      step.options.global_threshold = true;
      return step;
    }
    default:
      return {.rung = ""};
  }
}
constexpr int kChanged = 11;

/// Whites a symbol out, so that the next search finds another one.
void cover(cv::Mat& pixels, const Quad& outline) {
  std::vector<cv::Point> corners;
  for (const Point& p : outline) corners.emplace_back(cvRound(p.x), cvRound(p.y));
  cv::fillConvexPoly(pixels, corners, 255);
}

std::vector<Reading> search_format(const Step& step, Symbology symbology, Effort& effort) {
  Formats one;
  one.add(symbology);
  std::vector<Reading> all;
  cv::Mat pixels = step.pixels;
  for (int i = 0; i < kSymbolsOfFormat; ++i) {
    if (!effort.take(charge_for(view_of(step.pixels), charge::kWholeKilopixel))) break;
    std::vector<Reading> found = zxing_read(view_of(pixels), one, step.options);
    if (found.empty()) break;
    if (i == 0) pixels = step.pixels.clone();
    for (Reading& reading : found) {
      cover(pixels, reading.outline);
      take_back(step, reading);
    }
    const std::size_t before = all.size();
    merge_readings(all, std::move(found));
    // A linear code's outline is a line: covering it does not hide the code.
    if (all.size() == before || symbology == Symbology::code128) break;
  }
  return all;
}

void search(const Step& step, Formats formats, Effort& effort, std::vector<Reading>& all) {
  for (const Symbology symbology : kLibrary) {
    if (formats.has(symbology)) merge_readings(all, search_format(step, symbology, effort));
  }
}

}  // namespace

std::vector<Reading> read_whole(ImageView picture, Formats formats, Effort& effort) {
  const cv::Mat pixels = borrow(picture);
  std::vector<Reading> readings;
  if (pixels.cols < kLeastSide || pixels.rows < kLeastSide) return readings;
  search(plain(pixels, "whole", {}), formats, effort, readings);
  for (int i = 0; i < kChanged && readings.empty() && !effort.ended(); ++i) {
    // The largest change, twice the size, is four times the pixels.
    if (pixels.total() * 4 > kStepPixels && (i == 3 || i == 6 || i == 7 || i == 10)) continue;
    // Turned, a picture needs the square over its diagonal: of a line of pixels a gigabyte.
    const auto diagonal = static_cast<std::size_t>(std::hypot(pixels.cols, pixels.rows)) + 1;
    if (diagonal * diagonal > kStepPixels && i == 7) continue;
    // A third of a picture must still hold a symbol.
    if (std::min(pixels.cols, pixels.rows) < 3 * kLeastSide && (i == 2 || i == 5)) continue;
    search(changed(pixels, i), formats, effort, readings);
  }
  return readings;
}

std::vector<Reading> read_reduced(ImageView picture, Formats formats, Effort& effort) {
  constexpr int kLongest_px = 640;
  // Reducing by a whole number is several times as fast as by a broken one.
  const int times = (std::max(picture.width_px, picture.height_px) + kLongest_px - 1) / kLongest_px;
  if (std::min(picture.width_px, picture.height_px) < kLeastSide * times) return {};
  const Step step = scaled(borrow(picture), "whole-reduced", 1.0 / times);
  constexpr auto kFormats = static_cast<std::uint32_t>(std::size(kLibrary));
  if (!effort.take(charge_for(view_of(step.pixels), kFormats * charge::kWholeKilopixel))) return {};
  std::vector<Reading> readings = zxing_read(view_of(step.pixels), formats, step.options);
  for (Reading& reading : readings) take_back(step, reading);
  return readings;
}

constexpr int kEnlargedMargin_px = 60;  // wider than a quiet zone and a tile

Point from_enlarged(Point p) {
  constexpr auto kMargin = static_cast<float>(kEnlargedMargin_px);
  return {(p.x - kMargin) / 2, (p.y - kMargin) / 2};
}

Point to_enlarged(Point p) {
  constexpr auto kMargin = static_cast<float>(kEnlargedMargin_px);
  return {2 * p.x + kMargin, 2 * p.y + kMargin};
}

Frame enlarged(ImageView picture) {
  Frame large(2 * (picture.width_px + kEnlargedMargin_px),
              2 * (picture.height_px + kEnlargedMargin_px));
  cv::Mat all(large.height_px(), large.width_px(), CV_8U, large.row(0));
  all.setTo(255);
  cv::Mat middle =
      all({kEnlargedMargin_px, kEnlargedMargin_px, 2 * picture.width_px, 2 * picture.height_px});
  cv::resize(borrow(picture), middle, middle.size(), 0, 0, cv::INTER_CUBIC);
  return large;
}

}  // namespace backstamp::vision
