// One lane: its pieces from trigger to decision. Bookkeeping only; nobody waits in it for anything
// but its own short lock.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "station/line.h"
#include "station/line/lane_watch.h"
#include "station/line/merge.h"
#include "station/line/read_queue.h"
#include "station/line/tracker.h"

namespace backstamp::station {

inline constexpr std::uint32_t kNoCamera = 0xFFFFFFFF;  ///< a job that reads nothing: conclude

/// A piece under way. Its memory is used again for another one.
struct LivePiece {
  enum class State : std::uint8_t { unused, open, concluding };
  State state = State::unused;
  std::uint32_t generation = 0;  ///< counts the pieces that this memory was
  bool closed = false;           ///< no further pictures are awaited
  bool queued = false;           ///< a job to conclude it is in the queue
  unsigned pending = 0;          ///< pictures that are to be read, or are being read
  bool satisfied = false;        ///< a genuine token was read on it
  SteadyTime due{};              ///< the sorter must know
  SteadyTime conclude_by{};      ///< decided by then with what there is
  std::uint64_t machine_piece = 0;
  std::optional<std::uint32_t> encoder;
  SteadyTime triggered{};
  PieceRecord record;
  std::vector<CodePlace> places;
  std::vector<postal::SeenCode> spare_codes;  ///< memory of codes of earlier pieces
};

/// Thread-safe.
class LiveLane {
 public:
  struct Shared {
    const LineOptions& options;
    ReadQueue& queue;
    std::uint64_t (*next_piece)(void*);
    void* numbers;
  };
  LiveLane(std::uint32_t index, const LineLane& lane, const Shared& shared, AlarmSink alarms);

  void trigger(const Trigger& trigger);
  void frame(std::uint32_t camera, vision::Capture capture);
  void machine(MachineState state, SteadyTime now);
  /// What has become due: pictures that never came, pieces that must be decided now. The caller
  /// concludes those; ask until none.
  LivePiece* overdue(SteadyTime now);
  void tick(SteadyTime now);
  /// A piece for which no memory was free: it is decided unread. Ask until none.
  std::optional<Trigger> overflowed();
  /// Nothing more comes: what is open is to be decided with what there is.
  void end();
  bool empty() const;
  /// The oldest piece that is open and should have been decided `ago` before `now`.
  bool stuck(SteadyTime now, std::chrono::nanoseconds ago) const;

  /// A reader takes a picture out of its piece, to read it without holding anything. None when the
  /// piece was decided in the meantime.
  struct Work {
    vision::Frame frame;
    Bytes file;
    SteadyTime conclude_by{};
    bool satisfied = false;
  };
  std::optional<Work> begin(const ReadJob& job);
  /// ... and brings it back with what it gave. A piece that is complete by that is the caller's to
  /// conclude.
  LivePiece* finish(const ReadJob& job, Work work, vision::FaceReading& reading, postal::Shed shed,
                    bool satisfied);
  /// A job without a picture: the piece, when it is still to be concluded.
  LivePiece* conclude(const ReadJob& job);
  /// The piece was decided and recorded: its memory is free.
  void release(LivePiece& piece);
  void decided(const postal::ScanEvent& event, SteadyTime now);  ///< for the watch

  LineCounters counters() const;
  const LineLane& config() const { return lane_; }
  std::uint32_t index() const { return index_; }

 private:
  struct Early {
    bool used = false;
    vision::Capture capture;
  };

  void overflow(const Trigger& trigger);
  LivePiece* open_piece(const Trigger& trigger, std::uint32_t marks);
  void attach(LivePiece& piece, std::uint32_t camera, vision::Capture&& capture);
  void camera_trigger(vision::Capture&& capture);
  void open_lost(const vision::Capture& capture);
  void close_complete(SteadyTime now);
  void adopt_orphans(SteadyTime now);
  void queue_if_complete(LivePiece& piece);
  LivePiece* take(LivePiece& piece);
  std::uint32_t slot_of(const LivePiece& piece) const;

  const std::uint32_t index_;
  const LineLane& lane_;
  const Shared shared_;
  mutable std::mutex mutex_;
  Tracker tracker_;
  LaneWatch watch_;
  std::vector<LivePiece> pieces_;
  std::array<Early, kMostEarlyFrames + 1> early_;
  std::optional<std::uint64_t> last_count_;  ///< of the camera that triggers
  std::optional<SteadyTime> paused_;
  std::vector<Trigger> overflow_;
  LineCounters counters_;
};

}  // namespace backstamp::station
