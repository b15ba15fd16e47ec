// How well a mailing is printed, carried and photographed: drawn for each face and each symbol.
//
// The ranges are those of docs/formats/dataset.md. Lengths in pixels are given at 8 pixels to the
// millimetre and grow with the resolution, so that a class means the same physics at every one.
#pragma once

#include "datasets/random.h"
#include "datasets/synthesizer.h"

namespace backstamp::datasets {

enum class Paper { white, offwhite, kraft, recycled, coloured };

/// A face.
struct MailConditions {
  Paper paper = Paper::white;
  int tint = 0;  ///< 0 none, 1 crosses, 2 dots, 3 hatching, 4 waves
  bool window = false;
  int smudges = 0;
  int wrinkles = 0;
  bool postmarked = false;  ///< over the indicium
  bool covered = false;     ///< a part of a symbol is covered
  // transport
  double skew_deg = 0;
  bool upside_down = false;
  int quarter_turns = 0;
  double stretch = 0, perspective = 0, jitter_px = 0;
  // camera
  double sigma_px = 0;  ///< of the optics
  double motion_px = 0;
  double noise = 0;     ///< standard deviation, grey levels
  double contrast = 1;  ///< what veiling light leaves
  double veil = 128;    ///< the grey that it draws everything to
  double gain = 1;
  double light = 0;  ///< how much darker the darkest corner is
  int jpeg = 0;      ///< quality; 0: not packed as JPEG
};

/// The print of one symbol.
struct PrintConditions {
  double ink = 0.2;       ///< how much light full ink sends back, of the paper's
  double spread = 0;      ///< growth of a bar or module, of its width
  double ragged = 0;      ///< standard deviation of the edges, of the module
  double satellites = 0;  ///< specks of ink to a square millimetre
  double band = 0;        ///< how much paler the print gets in bands
  double voids = 0;       ///< how much of the ink has holes
  int dead_nozzles = 0;
  bool dots = false;     ///< every module is a dot
  bool smudged = false;  ///< lies under a smudge
};

/// `level` is clean, typical, hard or extreme; `flat`: a large envelope, not a letter.
MailConditions draw_mail_conditions(FaceClass level, bool flat, Random& random);
PrintConditions draw_print_conditions(FaceClass level, Random& random);

}  // namespace backstamp::datasets
