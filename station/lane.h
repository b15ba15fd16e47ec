// The lane: source → read → verify → decide → sink, one event for every piece, in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/histogram.h"
#include "postal/event.h"
#include "postal/keys.h"
#include "station/duplicates.h"
#include "station/policy.h"
#include "station/trust.h"
#include "vision/decode_pool.h"
#include "vision/frame_source.h"
#include "vision/reading.h"

namespace backstamp::station {

struct LaneOptions {
  unsigned workers = 1;
  vision::Formats formats = vision::Formats::all();
  vision::RepairLimits repair;
  std::uint32_t effort = vision::ReadOptions{}.effort;  ///< for one face
  std::chrono::milliseconds deadline{500};              ///< from induction to decision
  std::uint32_t pieces_per_hour = 0;                    ///< 0: as fast as the workers are
  std::uint64_t first_piece = 1;  ///< the number that the source's first piece has
  Policy policy;
  postal::StationRole role = postal::StationRole::induction;
  std::string place;
  std::uint32_t pass = 1;
  /// Judged instead of the mailing-date window's "today"; a replay of old mail sets it.
  std::optional<Date> today;
};

/// What a run amounted to.
struct LaneReport {
  std::uint64_t pieces = 0;
  std::chrono::nanoseconds elapsed{};
  Histogram read_time;  ///< locate + decode
  Histogram latency;    ///< induction to decision
  std::map<std::string, std::uint64_t> verdicts;
  std::map<std::string, std::uint64_t> reasons;
  std::map<std::string, std::uint64_t> causes;   ///< of no-reads
  std::map<std::string, std::uint64_t> formats;  ///< symbols read
  std::uint64_t accepted = 0;
  std::uint64_t diverted = 0;
  std::uint64_t late = 0;  ///< decided after the deadline
};

/// The picture of a piece (empty when there was none) and what was seen on it. The contents of what
/// was read stand in the event alone. A sink may move it out.
struct LaneFace {
  vision::Frame picture;
  vision::FaceReading reading;
};

/// Takes an event (its id still empty) in the order of the pieces, one call at a time. An Error
/// stops the lane: the station must not go on unrecorded.
using EventSink = std::function<Result<void>(const postal::ScanEvent& event, LaneFace& face)>;

/// Asks `duplicates` for each genuine token; to note the event in the index, once it is handed to
/// the journal, is the sink's part. Runs until the source ends or a stop is requested; pieces that
/// were taken are finished.
Result<LaneReport> run_lane(vision::FrameSource& source, vision::DecodePool& pool,
                            const TrustNow& trust, DuplicateJudge& duplicates,
                            const LaneOptions& options, const EventSink& sink,
                            std::stop_token stop);

}  // namespace backstamp::station
