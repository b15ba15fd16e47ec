#include "station/line/merge.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "postal/payload.h"

namespace backstamp::station {
namespace {

using postal::NoReadCause;
using postal::ScanEvent;

/// The most telling first: what stood there and could not be read, then what kept us from reading,
/// then that there was nothing.
constexpr std::array<NoReadCause, 10> kTelling{NoReadCause::none,
                                               NoReadCause::checksum,
                                               NoReadCause::format,
                                               NoReadCause::located_not_decoded,
                                               NoReadCause::decoder_crashed,
                                               NoReadCause::out_of_time,
                                               NoReadCause::filtered,
                                               NoReadCause::bad_image,
                                               NoReadCause::nothing_found,
                                               NoReadCause::camera_lost};

std::ptrdiff_t rank(NoReadCause cause) {
  return std::find(kTelling.begin(), kTelling.end(), cause) - kTelling.begin();
}

void add(const vision::Reading& reading, std::uint32_t camera, ScanEvent& event,
         std::vector<CodePlace>& places, std::vector<postal::SeenCode>& spare) {
  for (std::size_t i = 0; i < event.codes.size(); ++i) {
    const postal::SeenCode& seen = event.codes[i];
    if (seen.symbology != reading.symbology || seen.content != reading.content) continue;
    // The same code twice on one picture is one sighting of it.
    if (places[i].camera != camera) ++places[i].pictures;
    if (reading.correction_margin > places[i].margin) {
      places[i].margin = reading.correction_margin;
      places[i].camera = camera;
      places[i].outline = reading.outline;
    }
    return;
  }
  postal::SeenCode code;
  if (!spare.empty()) {
    code = std::move(spare.back());
    spare.pop_back();
  }
  code.symbology = reading.symbology;
  code.content.assign(reading.content.begin(), reading.content.end());
  code.code = postal::identify(reading.symbology, reading.content);
  event.codes.push_back(std::move(code));
  places.push_back({camera, reading.outline, 1, reading.correction_margin});
}

/// The same codes, the best founded first. In place: there are few, and mostly they lie right.
void order(ScanEvent& event, std::vector<CodePlace>& places) {
  const auto before = [&](std::size_t a, std::size_t b) {
    if (places[a].pictures != places[b].pictures) return places[a].pictures > places[b].pictures;
    return places[a].margin > places[b].margin;
  };
  for (std::size_t i = 1; i < places.size(); ++i) {
    for (std::size_t j = i; j > 0 && before(j, j - 1); --j) {
      std::swap(event.codes[j], event.codes[j - 1]);
      std::swap(places[j], places[j - 1]);
    }
  }
}

bool bears(const vision::FaceReading& picture, const postal::SeenCode& seen) {
  return std::any_of(
      picture.readings.begin(), picture.readings.end(), [&](const vision::Reading& reading) {
        return reading.symbology == seen.symbology && reading.content == seen.content;
      });
}

/// Does the picture bear a code of this kind, and is one of them on the other picture too?
bool disagree(const ScanEvent& event, const vision::FaceReading& a, const vision::FaceReading& b) {
  for (std::size_t kind = 0; kind < postal::kCodeSchemes.size(); ++kind) {
    bool on_a = false;
    bool on_b = false;
    bool on_both = false;
    for (const postal::SeenCode& seen : event.codes) {
      if (!seen.code || seen.code->index() != kind) continue;
      const bool here = bears(a, seen);
      const bool there = bears(b, seen);
      on_a = on_a || here;
      on_b = on_b || there;
      on_both = on_both || (here && there);
    }
    if (on_a && on_b && !on_both) return true;
  }
  return false;
}

bool any_disagree(const ScanEvent& event, std::span<const PictureSeen> pictures) {
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (std::size_t j = i + 1; j < pictures.size(); ++j) {
      if (pictures[i].reading && pictures[j].reading &&
          disagree(event, *pictures[i].reading, *pictures[j].reading)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

NoReadCause telling(NoReadCause a, NoReadCause b) {
  return rank(a) <= rank(b) ? a : b;
}

void merge_pictures(std::span<const PictureSeen> pictures, ScanEvent& event,
                    std::vector<CodePlace>& places, std::vector<postal::SeenCode>& spare) {
  std::move(event.codes.begin(), event.codes.end(), std::back_inserter(spare));
  event.codes.clear();
  places.clear();
  event.cause = NoReadCause::camera_lost;
  event.effort = 0;
  event.read_time = {};
  event.pictures = 0;
  for (const PictureSeen& picture : pictures) {
    if (picture.reading == nullptr) continue;
    const vision::FaceReading& reading = *picture.reading;
    ++event.pictures;
    event.cause = telling(event.cause, reading.cause);
    event.effort += reading.effort;
    event.read_time += std::chrono::duration_cast<std::chrono::microseconds>(reading.elapsed);
    for (const vision::Reading& one : reading.readings) {
      add(one, picture.camera, event, places, spare);
    }
  }
  if (!event.codes.empty()) event.cause = NoReadCause::none;
  if (event.pictures < 2) return;
  if (event.codes.size() > 1) order(event, places);
  if (any_disagree(event, pictures)) {
    event.marks |= static_cast<std::uint32_t>(postal::PieceMark::faces_disagree);
  }
}

}  // namespace backstamp::station
