// Our pictures as OpenCV sees them.
#pragma once

#include <opencv2/core.hpp>

#include "vision/frame.h"

namespace backstamp::vision {

/// The same pixels; not to be written to.
inline cv::Mat borrow(ImageView view) {
  return {view.height_px, view.width_px, CV_8U, const_cast<std::uint8_t*>(view.pixels),
          static_cast<std::size_t>(view.stride_bytes)};
}

/// The same pixels; `mat` (8-bit grey) must outlive the view.
inline ImageView view_of(const cv::Mat& mat) {
  return {mat.data, mat.cols, mat.rows, static_cast<std::ptrdiff_t>(mat.step)};
}

}  // namespace backstamp::vision
