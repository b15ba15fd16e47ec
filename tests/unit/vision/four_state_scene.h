// Pictures of bar codes for tests: drawn by libzint, placed, and degraded as a camera would.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "postal/symbology.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::test {

/// A printed rectangle in a symbol's own units; y grows downwards.
struct Bar {
  float x, y, width, height;
};

/// A symbol in its own units, its top-left corner at (0, 0).
struct Drawn {
  std::vector<Bar> bars;
  float width = 0;
  float height = 0;
  float pitch = 0;  ///< of a 4-state symbol; 0 else
};

/// "01234567094987654321-01234" as libzint draws it.
Drawn draw_imb(const std::string& tracking, const std::string& routing);
/// A 4-state code, POSTNET or PLANET as libzint draws it, of what its content is in a reading.
Drawn draw_bars(postal::Symbology symbology, const std::string& content);
/// Any 4-state letters (A, D, F, T) in the proportions of a symbol; libzint has no part in it.
Drawn draw_letters(const std::string& letters, float bar_share = 0.45f, float full_pitches = 3.2f);
/// Code 128 of some digits, as libzint draws it: even bars that are no 4-state code.
Drawn draw_code128(const std::string& text);

/// A grey picture in floating point.
class Scene {
 public:
  Scene(int width_px, int height_px, float paper = 225);

  /// Prints a symbol with its centre at `centre`; edges are antialiased.
  void print(const Drawn& symbol, Point centre, float px_per_unit, float angle_deg, float ink = 40);
  /// A line of stems, bowls and strokes with the rhythm of 10-point text.
  void text_line(Point from, float length_px, float x_height_px, std::mt19937& random,
                 float ink = 50);
  void blur(float sigma_px);
  void motion(int length_px);
  void noise(float sigma_grey, std::mt19937& random);
  /// Light falls off from left to right by `share` of itself.
  void uneven_light(float share);
  /// Moves ink towards paper: 1 leaves it, 0.2 leaves a fifth of the contrast.
  void contrast(float share, float paper = 225);

  Frame frame() const;
  int width() const { return width_; }
  int height() const { return height_; }
  float& at(int x, int y) { return grey_[static_cast<std::size_t>(y * width_ + x)]; }

 private:
  void fill(const Point (&corners)[4], float ink);

  int width_;
  int height_;
  std::vector<float> grey_;
};

/// Tracking and routing digits of a valid code, every routing length alike.
struct Digits {
  std::string tracking;
  std::string routing;
  std::string all() const { return tracking + routing; }
};
Digits random_digits(std::mt19937& random);
/// The letters of their IMb.
std::string letters_of(const Digits& digits);
/// Bars of any kind.
std::string random_letters(std::mt19937& random, int count);

/// A symbol alone, 6 pitches of paper around it, `pitch_px` from bar to bar.
Scene alone(const Drawn& symbol, float pitch_px, float angle_deg, float ink = 40);

}  // namespace backstamp::vision::test
