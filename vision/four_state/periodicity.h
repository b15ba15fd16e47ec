// How evenly dark and light follow each other along x and along y, over a whole picture.
#pragma once

#include <cstddef>
#include <vector>

#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::vision::four_state {

/// Which way the bars of a row follow each other.
enum class Course {
  across,  ///< along x: an upright face, or one upside down
  down,    ///< along y: a face on its side
};

/// A map of tiles. A tile looks at 32 places along a band; a band is the mean of four lines of the
/// picture. Tiles begin every 16 places, so they overlap by half; bands lie beside each other.
/// Places are columns and lines are rows when the course is across; the other way round when it is
/// down.
struct PeriodicityMap {
  static constexpr int kBlock = 16;
  static constexpr int kBandLines = 4;
  static constexpr int kMinLag = 2;
  static constexpr int kMaxLag = 9;
  static constexpr float kMinStrength = 0.4f;  ///< below this a tile counts as not periodic

  struct Place {
    int band;
    int tile;
  };

  Course course = Course::across;
  int reduction = 1;  ///< of the picture against the face
  int bands = 0;
  int tiles = 0;
  std::vector<float> strength;  ///< [tile × bands + band], 0..1; 0 where nothing is periodic
  std::vector<float> pitch;     ///< in places of the picture, 2.5 to 8.5
  std::vector<Place> found;     ///< where both are not 0, in no order
  std::vector<float> energy;    ///< of every stretch of 16 places of a band
  float floor = 0;              ///< the energy that counted as printing

  std::size_t at(int band, int tile) const {
    return static_cast<std::size_t>(tile) * static_cast<std::size_t>(bands) +
           static_cast<std::size_t>(band);
  }
  /// Two of these, `block` and the next, make the tile of that number; there are tiles + 2.
  float energy_of(int band, int block) const {
    const bool across = course == Course::across;
    const int at = across ? band * (tiles + 2) + block : block * bands + band;
    return energy[static_cast<std::size_t>(at)];
  }
  std::size_t at(Place place) const { return at(place.band, place.tile); }
  /// Centre of a tile along the course and of a band across it, pixels of the face.
  float along_of(int tile) const { return static_cast<float>((tile + 1) * kBlock * reduction); }
  float across_of(int band) const {
    return (static_cast<float>(band) + 0.5f) * static_cast<float>(kBandLines * reduction);
  }
  /// From (along, across) to the face.
  Point on_face(float along, float across) const {
    return course == Course::across ? Point{along, across} : Point{across, along};
  }
};

/// Maps a picture that is the face reduced by `reduction`. A picture too small for one tile gives
/// an empty map.
PeriodicityMap map_periodicity(ImageView picture, int reduction, Course course);

}  // namespace backstamp::vision::four_state
