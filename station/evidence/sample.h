// One picture of a piece as a sample of a dataset (docs/formats/evidence.md).
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"
#include "datasets/dataset.h"
#include "postal/event.h"
#include "station/evidence.h"
#include "station/evidence/redact.h"

namespace backstamp::station {

/// Which picture it is among those of its piece.
struct SamplePlace {
  std::size_t number = 1;  ///< from 1
  std::size_t of = 1;
};

/// "0000000042-front-000041": the piece, the number of its picture where there are several, the
/// camera and the name of the sample it was replayed from, where they have any; at most 80 of
/// [A-Za-z0-9_-].
std::string sample_key(const postal::ScanEvent& event, const std::string& camera,
                       SamplePlace place);

/// Redacts the frame and packs it: KEY.event.json, and KEY.png, or KEY.pgm where it is whole (noise
/// does not compress: a PNG of a whole face costs 20 to 60 ms of a core and is half as large).
Result<datasets::Sample> make_sample(const postal::ScanEvent& event, EvidenceClass kind,
                                     const EvidenceConfig& config, EvidenceFrame& frame,
                                     SamplePlace place);

}  // namespace backstamp::station
