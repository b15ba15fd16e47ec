// What all pictures of one piece say together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "postal/event.h"
#include "vision/reading.h"

namespace backstamp::station {

/// Where a code of an event stands.
struct CodePlace {
  std::uint32_t camera = 0;
  vision::Quad outline{};
  std::uint32_t pictures = 0;  ///< on how many pictures it was read
  float margin = 0;            ///< the largest correction margin among them
};

/// One picture: what it gave, or why nothing. `reading` is null when there is none.
struct PictureSeen {
  std::uint32_t camera = 0;
  const vision::FaceReading* reading = nullptr;
};

/// Puts into `event`: the codes of all pictures, each once, those that more pictures agree on first
/// and then those with more of their error correction unspent; cause, effort, read time, the number
/// of pictures; the mark faces_disagree when two pictures bear identification codes of one kind and
/// none in common. `places` then has one entry for each code of the event.
/// `spare` lends memory of codes that are gone; the codes that were in `event` go there.
void merge_pictures(std::span<const PictureSeen> pictures, postal::ScanEvent& event,
                    std::vector<CodePlace>& places, std::vector<postal::SeenCode>& spare);

/// Of two causes of a no-read the one that says more about why the piece was not read.
postal::NoReadCause telling(postal::NoReadCause a, postal::NoReadCause b);

}  // namespace backstamp::station
