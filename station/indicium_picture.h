// The indicium as the station saw it, small enough to travel with its event.
#pragma once

#include "base/bytes.h"
#include "postal/event.h"
#include "vision/frame.h"
#include "vision/reading.h"

namespace backstamp::station {

/// Should an event show its indicium? When it has one and the piece is diverted: forged, copied, by
/// a key that is not to be believed, paid too little, of another face, foreign and not accepted.
bool wants_picture(const postal::ScanEvent& event);

/// What lies within the outline and a little around it, as JPEG of at most postal::kEvidenceBytes:
/// as fine as it fits. Empty when the outline is not on the picture or nothing fits.
Bytes picture_of(vision::ImageView face, const vision::Quad& outline);

}  // namespace backstamp::station
