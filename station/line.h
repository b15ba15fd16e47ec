// The live line: cameras and triggers in, one event and one decision in time for every piece.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/realtime.h"
#include "postal/event.h"
#include "station/duplicates.h"
#include "station/policy.h"
#include "station/sort_plan.h"
#include "station/sorter.h"
#include "station/trust.h"
#include "vision/decode_pool.h"
#include "vision/frame_ring.h"
#include "vision/frame_source.h"
#include "vision/reading.h"

namespace backstamp::station {

/// How the belt is measured.
struct EncoderConfig {
  unsigned bits = 32;                 ///< the counter wraps at 2^bits
  double counts_per_mm = 0;           ///< 0: there is no encoder; pieces are told apart by time
  std::int64_t tolerance_counts = 0;  ///< a frame belongs to the trigger it is this near to
};

enum class TriggerKind {
  machine,  ///< the sorter's control says when a piece is there
  camera,   ///< the first camera's frames are the triggers
};

struct LineLane {
  std::string name;  ///< "LANE-2"
  TriggerKind trigger = TriggerKind::camera;
  EncoderConfig encoder;
  /// One of each camera, in the order of the configuration: the first is the one that triggers
  /// where cameras do. Borrowed.
  std::vector<vision::FrameSource*> cameras;
  std::vector<std::string> camera_names;
  std::vector<std::int64_t> camera_offset_counts;       ///< from the trigger to each camera
  std::vector<std::chrono::microseconds> camera_delay;  ///< the same where there is no encoder
  std::chrono::microseconds window{30'000};             ///< a frame may be so far from its time
  std::chrono::microseconds deadline{250'000};          ///< from the trigger to the decision
  /// So long before the deadline a decision is made with what there is.
  std::chrono::microseconds reserve{20'000};
  /// Triggers that follow each other sooner are marked: no two pieces can.
  std::chrono::microseconds closest{10'000};
  /// No trigger for so long while the machine runs is an alarm (a dead trigger); 0: never.
  std::chrono::milliseconds silence{0};
};

/// What may change while a line runs.
struct LineTuning {
  vision::Formats formats = vision::Formats::all();
  vision::RepairLimits repair;
  std::uint32_t effort = 20'000;       ///< for one face where there is time
  std::uint32_t least_effort = 2'000;  ///< for one face at overload, before reading is given up
  Policy policy;
  SortPlans plans;
};

struct LineOptions {
  std::vector<LineLane> lanes;
  unsigned workers = 1;           ///< readers: as many as the pool has
  std::uint64_t first_piece = 1;  ///< the station's running numbers go on from here
  postal::StationRole role = postal::StationRole::induction;
  std::string place;
  std::uint32_t pass = 1;
  /// Of the line's own threads. Each asks for itself; what came of it is told by realtime().
  RealtimeProfile realtime;
};

/// What a line has done so far, over all lanes. Counted, never reset.
struct LineCounters {
  std::uint64_t triggers = 0;     ///< pieces that the machine or a camera announced
  std::uint64_t untriggered = 0;  ///< pictures without a trigger: pieces all the same
  std::uint64_t events = 0;       ///< handed to the sink
  std::uint64_t frames = 0;
  std::uint64_t overflowed = 0;  ///< pieces beyond what memory is kept for: decided unread
  std::uint64_t in_time = 0;
  std::uint64_t late = 0;
  std::uint64_t camera_lost = 0;  ///< pieces of which no picture came
  std::uint64_t crashed = 0;      ///< pieces on which a worker died or was killed
  std::uint64_t gaps = 0;         ///< triggers closer than a piece is long, and the like
  std::uint64_t jams = 0;
  std::uint64_t conflicts = 0;  ///< pieces whose faces name different pieces
  std::uint64_t reversals = 0;  ///< the belt went back
  std::uint64_t shed[4] = {};   ///< pieces, by postal::Shed
  std::uint64_t read = 0;       ///< pieces on which something was read
};

LineCounters& operator+=(LineCounters& sum, const LineCounters& more);

/// One camera's picture of a piece, and what it gave.
struct PiecePicture {
  bool came = false;
  bool seen = false;    ///< `reading` says what it gave, or why nothing
  vision::Frame frame;  ///< empty: damaged, or not unpacked
  Bytes file;           ///< a picture file that is still to be unpacked
  vision::FaceReading reading;
};

/// What the sink gets: the event, and pictures with what was seen on them. Frames may be moved out;
/// those that stay go back to their ring, and the rest is used again for another piece.
struct PieceRecord {
  postal::ScanEvent event;
  std::uint32_t lane = 0;
  SteadyTime imaged{};                 ///< the last line of its last picture was in memory
  SteadyTime decided{};                ///< handed to the sorter
  std::vector<PiecePicture> pictures;  ///< by camera
};

/// Takes each piece after its decision has gone to the sorter: one call at a time, in the order of
/// the decisions, which need not be that of the pieces. Must be quick. An Error is the line's
/// failure().
using PieceSink = std::function<Result<void>(PieceRecord& piece)>;

/// Runs lanes over one set of readers. Thread-safe.
class Line {
 public:
  /// All references must outlive it. Fails (invalid) on a lane without cameras.
  static Result<std::unique_ptr<Line>> start(LineOptions options,
                                             std::shared_ptr<const LineTuning> tuning,
                                             vision::DecodePool& pool, TrustNow trust,
                                             DuplicateJudge& duplicates, Sorter& sorter,
                                             PieceSink sink, AlarmSink alarms);
  /// For the pieces that are read and decided from now on.
  void retune(std::shared_ptr<const LineTuning> tuning);

  void trigger(const Trigger& trigger);                  ///< never waits
  void machine(std::uint32_t lane, MachineState state);  ///< never waits
  LineCounters counters() const;                         ///< of all lanes
  LineCounters counters(std::uint32_t lane) const;       ///< of one
  /// The last line of a piece's last picture in memory to its decision, trigger to decision, and
  /// what reading cost: of all pieces so far.
  struct Latencies {
    Histogram from_image;
    Histogram from_trigger;
    Histogram read_time;
  };
  Latencies latencies() const;
  RealtimeState realtime() const;  ///< of the thread that decides; no text: nothing was asked
  /// Grows while pieces are decided, or while none is due: what a watchdog watches.
  std::uint64_t progress() const;
  /// Why the line stopped by itself, if it did.
  std::optional<Error> failure() const;
  /// Takes nothing more; pieces that are under way are decided and recorded; then returns. Cameras
  /// must have been told to stop before.
  Result<void> drain();

  ~Line();

 private:
  struct Impl;
  explicit Line(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::station
