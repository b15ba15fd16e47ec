// How badly a face is printed, carried and photographed: drawn once for each face.
#pragma once

#include "datasets/random.h"
#include "datasets/synthesizer.h"

namespace backstamp::datasets {

struct Conditions {
  // print
  double ink_density = 1;     ///< 0..1, how much of the paper's light full ink takes away
  double ink_spread_px = 0;   ///< edges move outwards by about this
  double ink_unevenness = 0;  ///< 0..1, density varies by this
  int dead_nozzles = 0;       ///< white lines through the indicium, along the print direction
  double smear_mm = 0;        ///< length of a wet-ink tail over a part of one symbol
  int scuffs = 0;             ///< worn streaks
  // paper
  int paper_level = 235;  ///< grey of the paper
  double texture = 0;     ///< standard deviation, grey levels
  bool window = false;    ///< the address lies behind a window
  int tint = 0;           ///< 0 none, 1 crosses, 2 dots, 3 fine diagonal lines
  // transport
  double skew_deg = 0;
  bool upside_down = false;
  int quarter_turns = 0;   ///< clockwise
  double stretch = 0;      ///< relative error of the belt speed
  double perspective = 0;  ///< relative change of scale over the face
  double jitter_px = 0;    ///< unsteady belt
  // camera
  double blur_px = 0;        ///< standard deviation
  double motion_px = 0;      ///< length of motion blur along the belt
  double light_falloff = 0;  ///< 0..1, how much darker the darkest corner is
  double noise = 0;          ///< standard deviation, grey levels; of shot noise at white
  bool shot_noise = false;   ///< less of it where there is less light
  int belt_level = 28;
};

Conditions draw_conditions(FaceClass face_class, Random& random);

}  // namespace backstamp::datasets
