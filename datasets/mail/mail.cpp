#include "datasets/mail/mail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "datasets/mail/printed_face.h"
#include "datasets/mail/seen.h"

namespace backstamp::datasets {
namespace {

constexpr std::array<const char*, 5> kPapers = {"white", "offwhite", "kraft", "recycled",
                                                "coloured"};

/// The conditions in the words of transport and camera.
Conditions seen_conditions(const MailConditions& mail) {
  Conditions c;
  c.skew_deg = mail.skew_deg;
  c.upside_down = mail.upside_down;
  c.quarter_turns = mail.quarter_turns;
  c.stretch = mail.stretch;
  c.perspective = mail.perspective;
  c.jitter_px = mail.jitter_px;
  c.blur_px = mail.sigma_px;
  c.motion_px = mail.motion_px;
  c.light_falloff = mail.light;
  c.noise = mail.noise;
  c.shot_noise = true;
  return c;
}

std::array<std::uint8_t, 256> tones_of(const MailConditions& mail) {
  std::array<std::uint8_t, 256> tones{};
  for (int level = 0; level < 256; ++level) {
    const double veiled = mail.veil + (level - mail.veil) * mail.contrast;
    tones[static_cast<std::size_t>(level)] =
        static_cast<std::uint8_t>(std::clamp(veiled * mail.gain + 0.5, 0.0, 255.0));
  }
  return tones;
}

/// The lines of a sensor are not equally sensitive: streaks along the belt.
void streak(Plane& scene, Random& random) {
  const double uneven = random.real(0.001, 0.006);
  for (int y = 0; y < scene.height_px; ++y) {
    const int gain = static_cast<int>(65536 * (1 + uneven * random.normal256() / 256.0));
    std::uint8_t* const row = scene.row(y);
    for (int x = 0; x < scene.width_px; ++x) {
      row[x] = static_cast<std::uint8_t>(std::min((row[x] * gain + 32768) >> 16, 255));
    }
  }
}

vision::Quad outline_of(const FrameMm& frame, const Transport& transport, double px_per_mm) {
  const double turn = frame.turn_deg * std::numbers::pi / 180;
  vision::Quad outline{};
  for (std::size_t i = 0; i < 4; ++i) {
    const double u = i == 1 || i == 2 ? frame.width_mm : 0;
    const double v = i >= 2 ? frame.height_mm : 0;
    const double x = frame.top_left.x_mm + u * std::cos(turn) - v * std::sin(turn);
    const double y = frame.top_left.y_mm + u * std::sin(turn) + v * std::cos(turn);
    outline[i] = transport.picture_from_face(x * px_per_mm, y * px_per_mm);
  }
  return outline;
}

/// Between the lightest and the darkest tenth of what lies inside of the outline, of 255.
float contrast_in(const vision::Frame& picture, const vision::Quad& outline) {
  std::array<int, 256> histogram{};
  int count = 0;
  constexpr int kAlong = 160;
  constexpr int kDown = 60;
  for (int i = 0; i < kAlong * kDown; ++i) {
    const float u = (static_cast<float>(i % kAlong) + 0.5f) / kAlong;
    const float v = (static_cast<float>(i / kAlong) + 0.5f) / kDown;
    const auto mix = [&](float vision::Point::*member) {
      const float top = outline[0].*member * (1 - u) + outline[1].*member * u;
      const float bottom = outline[3].*member * (1 - u) + outline[2].*member * u;
      return top * (1 - v) + bottom * v;
    };
    const int x = static_cast<int>(mix(&vision::Point::x));
    const int y = static_cast<int>(mix(&vision::Point::y));
    if (x < 0 || y < 0 || x >= picture.width_px() || y >= picture.height_px()) continue;
    ++histogram[picture.view().row(y)[x]];
    ++count;
  }
  const auto level_above = [&](int share) {
    int level = 0;
    for (int sum = 0; level < 255; ++level) {
      sum += histogram[static_cast<std::size_t>(level)];
      if (sum > share) break;
    }
    return level;
  };
  return static_cast<float>(level_above(count * 9 / 10) - level_above(count / 10)) / 255;
}

SymbolDamage damage_of(const PrintedSymbol& symbol) {
  const PrintConditions& print = symbol.print;
  const auto f = [](double value) { return static_cast<float>(value); };
  return {f(print.ink),  f(print.spread),   f(print.ragged),    f(print.satellites),
          f(print.band), f(print.voids),    print.dead_nozzles, print.dots,
          print.smudged, symbol.postmarked, f(symbol.covered)};
}

SymbolTruth truth_of(const PrintedSymbol& symbol, const Transport& transport, double px_per_mm,
                     const vision::Frame& picture) {
  SymbolTruth truth;
  truth.symbology = symbol.plan.symbology;
  truth.content = symbol.plan.content;
  truth.gs1 = symbol.plan.gs1;
  truth.role = symbol.role;
  truth.outline = outline_of(symbol.frame, transport, px_per_mm);
  const float length =
      std::hypot(truth.outline[1].x - truth.outline[0].x, truth.outline[1].y - truth.outline[0].y);
  truth.module_px = length * static_cast<float>(symbol.plan.module_mm / symbol.frame.width_mm);
  truth.contrast = contrast_in(picture, truth.outline);
  truth.damage = damage_of(symbol);
  return truth;
}

MailTruth mail_truth(const MailConditions& c, const Format& format, FaceClass level) {
  return {format.name,
          kPapers[static_cast<std::size_t>(c.paper)],
          std::string(to_string(level)),
          {{"sigma_px", c.sigma_px},
           {"motion_px", c.motion_px},
           {"noise", c.noise},
           {"contrast", c.contrast},
           {"veil", c.veil},
           {"gain", c.gain},
           {"light", c.light},
           {"stretch", c.stretch},
           {"perspective", c.perspective},
           {"jitter_px", c.jitter_px},
           {"jpeg", c.jpeg},
           {"wrinkles", c.wrinkles},
           {"smudges", c.smudges},
           {"tint", c.tint},
           {"window", c.window ? 1 : 0},
           {"quarter_turns", c.quarter_turns}}};
}

}  // namespace

Result<SynthesizedFace> synthesize_mail(const FaceRequest& request, std::uint64_t seed) {
  // Each stage has its own generator, so that a change in one leaves the others as they were.
  const auto stage = [seed](std::uint64_t number) { return Random(derive_seed(seed, number)); };
  Random for_format = stage(0x101), for_conditions = stage(0x102), for_print = stage(0x103);
  Random for_transport = stage(0x104), for_camera = stage(0x105);

  const Format& format = draw_format(request.shape, for_format);
  FaceClass level = request.face_class;
  if (level == FaceClass::blank) {
    level = for_format.chance(0.3) ? FaceClass::hard : FaceClass::typical;
  }
  const MailConditions mail = draw_mail_conditions(level, format.flat, for_conditions);
  const auto printed = print_face(request, format, level, mail, for_print);
  if (!printed) return std::unexpected(printed.error());

  const Conditions conditions = seen_conditions(mail);
  const Plane& light = printed->surface.light;
  const Transport transport(light.width_px, light.height_px, conditions, request.px_per_mm,
                            for_transport);
  const int belt = for_transport.integer(8, 40);
  Plane scene = carry_sharply(light, transport, belt, tones_of(mail));
  streak(scene, for_camera);
  SynthesizedFace face;
  face.picture = expose(scene, conditions, request.px_per_mm, for_camera);
  if (mail.jpeg > 0) leave_jpeg_traces(face.picture, mail.jpeg);
  for (const PrintedSymbol& symbol : printed->symbols) {
    face.symbols.push_back(truth_of(symbol, transport, request.px_per_mm, face.picture));
  }
  face.upside_down = mail.upside_down;
  face.skew_deg = static_cast<float>(mail.skew_deg);
  face.contrast = static_cast<float>(mail.contrast);
  face.blur_px = static_cast<float>(mail.sigma_px * request.px_per_mm / 8);
  for (const std::string& decoy : printed->decoys) {
    face.decoys += (face.decoys.empty() ? "" : ",") + decoy;
  }
  face.mail = mail_truth(mail, format, level);
  return face;
}

}  // namespace backstamp::datasets
