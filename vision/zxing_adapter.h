// The one door to ZXing-cpp (1.4 on Debian 12, 2.3 on Debian 13).
#pragma once

#include <string>
#include <vector>

#include "vision/frame.h"
#include "vision/reader.h"
#include "vision/reading.h"

namespace backstamp::vision {

/// How the library is to look at a picture.
struct ZxingOptions {
  bool harder = true;   ///< every row for linear codes, more thresholds for matrix codes
  bool rotate = true;   ///< also a quarter turn
  bool invert = false;  ///< light on dark too (2.3; 1.4 does so for matrix codes by itself)
  /// The picture holds one upright symbol and nothing else. Never with PDF417: 1.4 then corrupts
  /// its heap (asserted here).
  bool pure = false;
  /// One threshold (128) for the picture; for pictures that we have drawn ourselves.
  bool fixed_threshold = false;
  /// One threshold from the histogram instead of one a neighbourhood.
  bool global_threshold = false;
};

/// At most one symbol of exactly one of `formats` (IMb is not among the library's), its outline in
/// pixels of `image`; `rung` is left empty. Content is the plain bytes of the symbol: of a GS1
/// symbol (`gs1`) without the leading FNC1, later ones as 0x1D. An empty content is no reading. One
/// symbol a call because asking for more can trip an assertion of 1.4. Reentrant; may abort the
/// process on hostile pixels.
std::vector<Reading> zxing_read(ImageView image, Formats formats, const ZxingOptions& options = {});

/// What the library gives when it is left alone: the whole picture, its own default options, as
/// many symbols as it finds of those `formats` that it knows (DataMatrix, QRCode, Aztec, PDF417,
/// Code128, ITF). The peer that our reader is measured against; never a part of it, because on
/// some pictures 1.4 aborts the process.
std::vector<Reading> zxing_read_by_default(ImageView image, Formats formats);

/// "1.4.0".
std::string zxing_version();

}  // namespace backstamp::vision
