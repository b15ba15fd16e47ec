// A belt with mail on it, as a line-scan camera sees it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "vision/frame_source.h"

namespace backstamp::station::capture {

/// Draws into one long picture; belt and mail have grain, so that no two lines are alike.
class Belt {
 public:
  Belt(int width_px, int lines, std::uint64_t seed, int belt = 25, int mail = 200)
      : width_px_(width_px), lines_(lines), random_(seed), mail_(mail) {
    pixels_.resize(static_cast<std::size_t>(width_px) * static_cast<std::size_t>(lines));
    for (auto& pixel : pixels_) pixel = grain(belt, 8);
  }

  /// A rectangle of mail whose first line is `line`, turned about its middle.
  void piece(int line, int left, int width, int length, double skew_degrees = 0,
             bool printed = true) {
    const double angle = skew_degrees * 3.14159265358979 / 180;
    const double cx = left + width / 2.0;
    const double cy = line + length / 2.0;
    const int reach = static_cast<int>(std::hypot(width, length) / 2) + 2;
    for (int y = std::max(static_cast<int>(cy) - reach, 0);
         y < std::min(static_cast<int>(cy) + reach, lines_); ++y) {
      for (int x = std::max(static_cast<int>(cx) - reach, 0);
           x < std::min(static_cast<int>(cx) + reach, width_px_); ++x) {
        const double u = (x + 0.5 - cx) * std::cos(angle) + (y + 0.5 - cy) * std::sin(angle);
        const double v = (y + 0.5 - cy) * std::cos(angle) - (x + 0.5 - cx) * std::sin(angle);
        if (std::abs(u) > width / 2.0 || std::abs(v) > length / 2.0) continue;
        at(x, y) = grain(mail_, 8);
        // Bars of print, as an address or a code has them, away from the edges.
        const bool inside = std::abs(u) < width / 2.0 - 80 && std::abs(v) < length / 2.0 - 30;
        if (printed && inside && static_cast<int>(u + 1000) % 9 < 4 &&
            static_cast<int>(v + 1000) % 40 < 25) {
          at(x, y) = grain(40, 8);
        }
      }
    }
  }
  void spot(int line, int left, int width, int length, int shade) {
    for (int y = line; y < std::min(line + length, lines_); ++y) {
      for (int x = left; x < std::min(left + width, width_px_); ++x) at(x, y) = grain(shade, 8);
    }
  }

  /// Lines [from, until) as a strip.
  vision::Capture strip(int from, int until) const {
    vision::Capture capture;
    capture.frame = vision::Frame(width_px_, until - from);
    std::copy(row(from), row(from) + static_cast<std::ptrdiff_t>(width_px_) * (until - from),
              capture.frame.row(0));
    capture.frame_number = static_cast<std::uint64_t>(from);
    capture.encoder = static_cast<std::uint64_t>(from) * 4 + 1000;
    capture.arrived = SteadyTime(std::chrono::milliseconds(until));
    return capture;
  }
  const std::uint8_t* row(int y) const {
    return pixels_.data() + static_cast<std::ptrdiff_t>(y) * width_px_;
  }
  /// Where in the stream a piece's first line lies; -1: it is not of this stream.
  int line_of(vision::ImageView piece) const {
    for (int y = 0; y + piece.height_px <= lines_; ++y) {
      if (!std::equal(piece.row(0), piece.row(0) + width_px_, row(y))) continue;
      for (int i = 0; i < piece.height_px; ++i) {
        if (!std::equal(piece.row(i), piece.row(i) + width_px_, row(y + i))) return -1;
      }
      return y;
    }
    return -1;
  }
  int lines() const { return lines_; }
  int width_px() const { return width_px_; }
  std::mt19937_64& random() { return random_; }
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

 private:
  std::uint8_t& at(int x, int y) {
    return pixels_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px_) +
                   static_cast<std::size_t>(x)];
  }
  std::uint8_t grain(int shade, int sigma) {
    noise_ = noise_ * 6364136223846793005u + 1442695040888963407u;
    const int sum = static_cast<int>((noise_ >> 33 & 0xFF) + (noise_ >> 41 & 0xFF)) - 255;
    return static_cast<std::uint8_t>(std::clamp(shade + sum * sigma / 104, 0, 255));
  }

  int width_px_;
  int lines_;
  std::mt19937_64 random_;
  int mail_;
  std::uint64_t noise_ = random_();
  std::vector<std::uint8_t> pixels_;
};

}  // namespace backstamp::station::capture
