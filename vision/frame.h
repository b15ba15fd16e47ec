// A picture: who owns it, who looks at it.
//
// Pixel convention, everywhere: (0,0) is the top-left corner of the image, the centre of the first
// pixel is (0.5, 0.5); x grows to the right, y downwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"

namespace backstamp::vision {

/// A borrowed look at an 8-bit grey image, rows top to bottom. Valid while its owner lives.
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int width_px = 0;
  int height_px = 0;
  std::ptrdiff_t stride_bytes = 0;  ///< from one row to the next; ≥ width_px

  const std::uint8_t* row(int y) const { return pixels + y * stride_bytes; }
  bool empty() const { return width_px <= 0 || height_px <= 0; }
  /// The part of this view in a rectangle, which must lie inside.
  ImageView part(int x, int y, int width, int height) const {
    return {row(y) + x, width, height, stride_bytes};
  }
};

/// Lends memory to frames and takes it back. Must outlive its frames.
class FrameKeeper {
 public:
  virtual ~FrameKeeper() = default;
  /// Called by any thread, once for each frame that borrowed, with the frame's first pixel.
  virtual void give_back(std::uint8_t* pixels) noexcept = 0;
};

/// How a frame's memory goes: to its keeper, or, without one, to the heap.
class FrameReturn {
 public:
  explicit FrameReturn(FrameKeeper* keeper = nullptr) : keeper_(keeper) {}
  void operator()(std::uint8_t* pixels) const noexcept {
    if (keeper_ == nullptr) {
      delete[] pixels;
    } else {
      keeper_->give_back(pixels);
    }
  }

 private:
  FrameKeeper* keeper_;
};

/// Owns an 8-bit grey picture, rows packed: memory of its own, or a keeper's, which goes back when
/// the frame ends. Movable, not copyable: the buffer has one owner.
class Frame {
 public:
  Frame() = default;
  /// An uninitialised picture.
  Frame(int width_px, int height_px)
      : pixels_(new std::uint8_t[static_cast<std::size_t>(width_px) *
                                 static_cast<std::size_t>(height_px)]),
        width_px_(width_px),
        height_px_(height_px) {}
  /// A picture in a keeper's memory (vision/frame_ring.h).
  Frame(std::uint8_t* pixels, int width_px, int height_px, FrameKeeper& keeper)
      : pixels_(pixels, FrameReturn(&keeper)), width_px_(width_px), height_px_(height_px) {}

  ImageView view() const& { return {pixels_.get(), width_px_, height_px_, width_px_}; }
  ImageView view() && = delete;  // a view of a temporary would outlive its owner
  std::uint8_t* row(int y) { return pixels_.get() + static_cast<std::ptrdiff_t>(y) * width_px_; }
  int width_px() const { return width_px_; }
  int height_px() const { return height_px_; }
  bool empty() const { return width_px_ <= 0 || height_px_ <= 0; }
  /// The same memory as a picture of another size, which must fit into it: what a camera sent.
  Frame reshaped(int width_px, int height_px) && {
    Frame frame = std::move(*this);
    frame.width_px_ = width_px;
    frame.height_px_ = height_px;
    return frame;
  }

 private:
  std::unique_ptr<std::uint8_t[], FrameReturn> pixels_;
  int width_px_ = 0;
  int height_px_ = 0;
};

}  // namespace backstamp::vision
