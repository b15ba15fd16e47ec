#include "datasets/synthesizer/conditions.h"

#include <algorithm>

namespace backstamp::datasets {
namespace {

Conditions clean(Random& random) {
  Conditions c;
  c.ink_density = random.real(0.85, 0.93);
  c.paper_level = random.integer(225, 240);
  c.texture = 0.6;
  c.skew_deg = random.real(-0.4, 0.4);
  c.blur_px = random.real(0.3, 0.45);
  c.noise = random.real(0.6, 1.2);
  c.belt_level = random.integer(18, 32);
  return c;
}

Conditions typical(Random& random) {
  Conditions c;
  c.ink_density = random.real(0.55, 0.85);
  c.ink_spread_px = random.real(-0.15, 0.45);
  c.ink_unevenness = random.real(0.05, 0.2);
  c.dead_nozzles = random.chance(0.08) ? 1 : 0;
  c.scuffs = random.chance(0.15) ? 1 : 0;
  c.paper_level = random.integer(195, 238);
  c.texture = random.real(1, 3);
  c.window = random.chance(0.3);
  c.tint = random.chance(0.15) ? random.integer(1, 3) : 0;
  c.skew_deg = random.real(-3, 3);
  c.upside_down = random.chance(0.15);
  c.stretch = random.real(-0.008, 0.008);
  c.jitter_px = random.real(0, 0.15);
  c.blur_px = random.real(0.45, 0.85);
  c.motion_px = random.real(0, 0.8);
  c.light_falloff = random.real(0.03, 0.2);
  c.noise = random.real(1.5, 4.5);
  c.belt_level = random.integer(16, 48);
  return c;
}

Conditions hard(Random& random) {
  Conditions c;
  c.ink_density = random.real(0.30, 0.45);
  c.ink_spread_px = random.real(-0.3, 0.9);
  c.ink_unevenness = random.real(0.15, 0.45);
  c.dead_nozzles = random.chance(0.4) ? random.integer(1, 3) : 0;
  c.smear_mm = random.chance(0.3) ? random.real(0.3, 1.2) : 0;
  c.scuffs = random.chance(0.5) ? random.integer(1, 3) : 0;
  c.paper_level = random.integer(165, 232);
  c.texture = random.real(2, 5);
  c.window = random.chance(0.45);
  c.tint = random.chance(0.35) ? random.integer(1, 3) : 0;
  c.skew_deg = random.real(-8, 8);
  c.upside_down = random.chance(0.3);
  c.stretch = random.real(-0.025, 0.025);
  c.perspective = random.real(-0.015, 0.015);
  c.jitter_px = random.real(0.1, 0.35);
  c.blur_px = random.real(0.75, 1.3);
  c.motion_px = random.real(0.3, 2.2);
  c.light_falloff = random.real(0.15, 0.5);
  c.noise = random.real(3.5, 8);
  c.belt_level = random.integer(16, 70);
  return c;
}

/// Beyond what a reader can be asked to read every time.
Conditions extreme(Random& random) {
  Conditions c = hard(random);
  c.blur_px = random.real(1, 1.6);
  c.motion_px = random.real(0.9, 3.1);
  c.noise = random.real(5.5, 8);
  c.dead_nozzles = random.integer(0, 4);
  return c;
}

}  // namespace

Conditions draw_conditions(FaceClass face_class, Random& random) {
  switch (face_class) {
    case FaceClass::clean:
      return clean(random);
    case FaceClass::hard:
      return hard(random);
    case FaceClass::extreme:
      return extreme(random);
    case FaceClass::blank:
      return random.chance(0.3) ? hard(random) : typical(random);
    case FaceClass::typical:
      break;
  }
  return typical(random);
}

}  // namespace backstamp::datasets
