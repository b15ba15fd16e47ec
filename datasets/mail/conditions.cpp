#include "datasets/mail/conditions.h"

#include <array>

namespace backstamp::datasets {
namespace {

struct Range {
  double least, most;
  double draw(Random& random) const { return random.real(least, most); }
};

/// A class: ranges and probabilities.
struct FaceRanges {
  Range sigma_px, motion_px, noise, contrast, gain, light;
  Range skew_deg;     // both ways
  double steep_skew;  // probability of up to 8 degrees
  double upside_down;
  Range jitter_px, perspective;
  double stretch;  // at most, both ways
  double jpeg;     // probability
  std::array<int, 2> jpeg_quality;
  int wrinkles;  // at most
  double smudge;
  double postmarked, covered;
};

constexpr FaceRanges kCleanFace = {.sigma_px = {0.25, 0.45},
                                   .motion_px = {0, 0},
                                   .noise = {1, 2},
                                   .contrast = {1, 1},
                                   .gain = {0.95, 1.05},
                                   .light = {0.02, 0.06},
                                   .skew_deg = {0, 1.5},
                                   .steep_skew = 0,
                                   .upside_down = 0.3,
                                   .jitter_px = {0, 0},
                                   .perspective = {0, 0},
                                   .stretch = 0.0015,
                                   .jpeg = 0,
                                   .jpeg_quality = {90, 90},
                                   .wrinkles = 0,
                                   .smudge = 0,
                                   .postmarked = 0,
                                   .covered = 0};
constexpr FaceRanges kTypicalFace = {.sigma_px = {0.4, 0.85},
                                     .motion_px = {0, 1.4},
                                     .noise = {1.5, 4},
                                     .contrast = {0.8, 1},
                                     .gain = {0.88, 1.1},
                                     .light = {0.03, 0.2},
                                     .skew_deg = {0, 3},
                                     .steep_skew = 0.03,
                                     .upside_down = 0.35,
                                     .jitter_px = {0, 0.25},
                                     .perspective = {0, 0.004},
                                     .stretch = 0.01,
                                     .jpeg = 0.1,
                                     .jpeg_quality = {85, 92},
                                     .wrinkles = 1,
                                     .smudge = 0.12,
                                     .postmarked = 0.07,
                                     .covered = 0};
constexpr FaceRanges kHardFace = {.sigma_px = {0.75, 1.25},
                                  .motion_px = {0.8, 2.8},
                                  .noise = {3, 7},
                                  .contrast = {0.5, 0.85},
                                  .gain = {0.8, 1.1},
                                  .light = {0.2, 0.42},
                                  .skew_deg = {0, 3},
                                  .steep_skew = 0.3,
                                  .upside_down = 0.4,
                                  .jitter_px = {0.15, 0.6},
                                  .perspective = {0.003, 0.013},
                                  .stretch = 0.025,
                                  .jpeg = 0.45,
                                  .jpeg_quality = {60, 60},
                                  .wrinkles = 2,
                                  .smudge = 0.3,
                                  .postmarked = 0.3,
                                  .covered = 0.15};
constexpr FaceRanges kExtremeFace = {.sigma_px = {0.9, 1.6},
                                     .motion_px = {0.9, 3.1},
                                     .noise = {5.5, 8},
                                     .contrast = {0.4, 0.6},
                                     .gain = {0.72, 1.05},
                                     .light = {0.28, 0.55},
                                     .skew_deg = {0, 4},
                                     .steep_skew = 0.4,
                                     .upside_down = 0.4,
                                     .jitter_px = {0.2, 0.75},
                                     .perspective = {0.006, 0.02},
                                     .stretch = 0.027,
                                     .jpeg = 0.55,
                                     .jpeg_quality = {50, 60},
                                     .wrinkles = 4,
                                     .smudge = 0.5,
                                     .postmarked = 0.45,
                                     .covered = 0.3};

struct PrintRanges {
  Range ink, spread, ragged;
  double satellites_chance;
  Range satellites;
  double dead_chance;
  int dead_most;
  double band_chance;
  Range band;
  double void_chance;
  Range voids;
  double dots;
};

constexpr PrintRanges kCleanPrint = {.ink = {0.12, 0.25},
                                     .spread = {-0.06, 0.12},
                                     .ragged = {0.01, 0.04},
                                     .satellites_chance = 0,
                                     .satellites = {0, 0},
                                     .dead_chance = 0,
                                     .dead_most = 0,
                                     .band_chance = 0,
                                     .band = {0, 0},
                                     .void_chance = 0,
                                     .voids = {0, 0},
                                     .dots = 0};
constexpr PrintRanges kTypicalPrint = {.ink = {0.12, 0.4},
                                       .spread = {-0.22, 0.32},
                                       .ragged = {0.02, 0.1},
                                       .satellites_chance = 0.45,
                                       .satellites = {0.02, 0.45},
                                       .dead_chance = 0.125,
                                       .dead_most = 2,
                                       .band_chance = 0.2,
                                       .band = {0.01, 0.16},
                                       .void_chance = 0.18,
                                       .voids = {0.01, 0.25},
                                       .dots = 0.03};
constexpr PrintRanges kHardPrint = {.ink = {0.28, 0.55},
                                    .spread = {-0.4, 0.5},
                                    .ragged = {0.08, 0.19},
                                    .satellites_chance = 0.9,
                                    .satellites = {0.3, 2.5},
                                    .dead_chance = 0.35,
                                    .dead_most = 3,
                                    .band_chance = 0.4,
                                    .band = {0.15, 0.45},
                                    .void_chance = 0.35,
                                    .voids = {0.15, 0.5},
                                    .dots = 0.06};
constexpr PrintRanges kExtremePrint = {.ink = {0.28, 0.6},
                                       .spread = {-0.4, 0.4},
                                       .ragged = {0.1, 0.21},
                                       .satellites_chance = 1,
                                       .satellites = {0.9, 4},
                                       .dead_chance = 0.45,
                                       .dead_most = 4,
                                       .band_chance = 0.55,
                                       .band = {0.25, 0.5},
                                       .void_chance = 0.5,
                                       .voids = {0.3, 0.6},
                                       .dots = 0.06};

const FaceRanges& face_ranges(FaceClass level) {
  switch (level) {
    case FaceClass::clean:
      return kCleanFace;
    case FaceClass::hard:
      return kHardFace;
    case FaceClass::extreme:
      return kExtremeFace;
    default:
      return kTypicalFace;
  }
}

const PrintRanges& print_ranges(FaceClass level) {
  switch (level) {
    case FaceClass::clean:
      return kCleanPrint;
    case FaceClass::hard:
      return kHardPrint;
    case FaceClass::extreme:
      return kExtremePrint;
    default:
      return kTypicalPrint;
  }
}

Paper draw_paper(Random& random) {
  const int kind = random.integer(0, 99);
  return kind < 36   ? Paper::white
         : kind < 58 ? Paper::offwhite
         : kind < 70 ? Paper::kraft
         : kind < 85 ? Paper::recycled
                     : Paper::coloured;
}

}  // namespace

MailConditions draw_mail_conditions(FaceClass level, bool flat, Random& random) {
  const FaceRanges& ranges = face_ranges(level);
  const bool clean = level == FaceClass::clean;
  MailConditions c;
  c.paper = draw_paper(random);
  if (flat && random.chance(0.35)) c.paper = Paper::kraft;
  const bool plain = c.paper == Paper::kraft || c.paper == Paper::recycled;
  c.tint = random.chance(clean ? 0 : plain ? 0.1 : 0.4) ? random.integer(1, 4) : 0;
  c.window = !flat && random.chance(0.3);
  c.smudges = random.chance(ranges.smudge) ? random.integer(1, clean ? 1 : 3) : 0;
  c.wrinkles = random.chance(0.5) ? random.integer(0, ranges.wrinkles) : 0;
  c.postmarked = random.chance(ranges.postmarked);
  c.covered = random.chance(ranges.covered);
  const bool steep = random.chance(ranges.steep_skew);
  const double skew = steep ? random.real(3, 8) : ranges.skew_deg.draw(random);
  c.skew_deg = random.chance(0.5) ? skew : -skew;
  c.upside_down = random.chance(ranges.upside_down);
  c.quarter_turns = flat && random.chance(0.5) ? 1 : 0;
  c.stretch = random.real(-ranges.stretch, ranges.stretch);
  const double perspective = ranges.perspective.draw(random);
  c.perspective = random.chance(0.5) ? perspective : -perspective;
  c.jitter_px = ranges.jitter_px.draw(random);
  c.sigma_px = ranges.sigma_px.draw(random);
  c.motion_px = ranges.motion_px.draw(random);
  c.noise = ranges.noise.draw(random);
  c.contrast = ranges.contrast.draw(random);
  c.veil = random.real(90, 190);
  c.gain = ranges.gain.draw(random);
  c.light = ranges.light.draw(random);
  const int quality = random.pick(ranges.jpeg_quality);
  c.jpeg = random.chance(ranges.jpeg) ? quality : 0;
  return c;
}

PrintConditions draw_print_conditions(FaceClass level, Random& random) {
  const PrintRanges& ranges = print_ranges(level);
  PrintConditions c;
  c.ink = ranges.ink.draw(random);
  c.spread = ranges.spread.draw(random);
  c.ragged = ranges.ragged.draw(random);
  const double satellites = ranges.satellites.draw(random);
  c.satellites = random.chance(ranges.satellites_chance) ? satellites : 0;
  const double band = ranges.band.draw(random);
  c.band = random.chance(ranges.band_chance) ? band : 0;
  const double voids = ranges.voids.draw(random);
  c.voids = random.chance(ranges.void_chance) ? voids : 0;
  c.dead_nozzles = random.chance(ranges.dead_chance) ? random.integer(1, ranges.dead_most) : 0;
  c.dots = random.chance(ranges.dots);
  return c;
}

}  // namespace backstamp::datasets
