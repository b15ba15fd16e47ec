#include "station/line/live_lane.h"

#include <algorithm>
#include <utility>

namespace backstamp::station {
namespace {

using postal::NoReadCause;
using postal::PieceMark;

constexpr std::uint64_t kMostLostAtOnce = 16;  // more missing numbers are another numbering

std::uint32_t bit(PieceMark mark) {
  return static_cast<std::uint32_t>(mark);
}

/// As new, but for the memory of its texts and lists.
void clear(postal::ScanEvent& event) {
  event.id = {};
  event.sample.clear();
  event.token.reset();
  event.code.reset();
  event.verdict = postal::Verdict::unsigned_;
  event.decision = postal::Decision::divert;
  event.reason = postal::Reason::no_read;
  event.cause = NoReadCause::camera_lost;
  event.read_time = event.latency = {};
  event.rule.clear();
  event.evidence.clear();
  event.late = false;
  event.effort = 0;
  event.for_box = false;
  event.pictures = event.marks = 0;
  event.shed = postal::Shed::nothing;
  event.outlet = 0;
}

}  // namespace

LiveLane::LiveLane(std::uint32_t index, const LineLane& lane, const Shared& shared,
                   AlarmSink alarms)
    : index_(index),
      lane_(lane),
      shared_(shared),
      tracker_(lane),
      watch_(lane, std::move(alarms)),
      pieces_(kMostOpenPieces) {
  overflow_.reserve(kMostOpenPieces);
  for (LivePiece& piece : pieces_) {
    piece.record.pictures.resize(lane.cameras.size());
    piece.record.lane = index;
    piece.record.event.codes.reserve(8);
  }
}

std::uint32_t LiveLane::slot_of(const LivePiece& piece) const {
  return static_cast<std::uint32_t>(&piece - pieces_.data());
}

LivePiece* LiveLane::open_piece(const Trigger& trigger, std::uint32_t marks) {
  const auto unused = std::find_if(pieces_.begin(), pieces_.end(), [](const LivePiece& piece) {
    return piece.state == LivePiece::State::unused;
  });
  if (unused == pieces_.end()) return nullptr;
  LivePiece& piece = *unused;
  ++piece.generation;
  piece.state = LivePiece::State::open;
  piece.closed = piece.queued = piece.satisfied = false;
  piece.pending = 0;
  piece.triggered = trigger.at;
  piece.due = trigger.at + lane_.deadline;
  piece.conclude_by = piece.due - lane_.reserve;
  piece.machine_piece = trigger.machine_piece;
  piece.encoder = trigger.encoder;
  piece.record.imaged = {};
  postal::ScanEvent& event = piece.record.event;
  clear(event);
  event.piece = shared_.next_piece(shared_.numbers);
  const auto ago = std::chrono::steady_clock::now() - trigger.at;
  event.induced_at = utc_now() - std::chrono::duration_cast<UtcTime::duration>(ago);
  event.role = shared_.options.role;
  event.place = shared_.options.place;
  event.pass = shared_.options.pass;
  event.lane = lane_.name;
  event.machine_piece = trigger.machine_piece;
  const bool triggered = (marks & bit(PieceMark::untriggered)) == 0;
  const Tracker::Opened opened = triggered ? tracker_.open(slot_of(piece), trigger)
                                           : tracker_.open_untriggered(slot_of(piece), trigger);
  event.marks = marks | opened.marks;
  if (opened.reversed) {
    ++counters_.reversals;
    watch_.reversed(trigger.at);
  }
  if (opened.marks & bit(PieceMark::too_close)) ++counters_.gaps;
  return &piece;
}

/// Hundreds of pieces are under way and none is being decided: what is left is to say so of each.
void LiveLane::overflow(const Trigger& trigger) {
  ++counters_.overflowed;
  overflow_.push_back(trigger);
}

std::optional<Trigger> LiveLane::overflowed() {
  const std::lock_guard lock(mutex_);
  if (overflow_.empty()) return std::nullopt;
  const Trigger trigger = overflow_.back();
  overflow_.pop_back();
  return trigger;
}

void LiveLane::trigger(const Trigger& trigger) {
  const std::lock_guard lock(mutex_);
  ++counters_.triggers;
  watch_.triggered(trigger.at, true);
  if (open_piece(trigger, 0) == nullptr) {
    overflow(trigger);
    return;
  }
  while (const auto claimed = tracker_.claim()) {
    Early& early = early_[claimed->token];
    early.used = false;
    attach(pieces_[claimed->slot], claimed->camera, std::move(early.capture));
  }
  close_complete(trigger.at);
}

void LiveLane::frame(std::uint32_t camera, vision::Capture capture) {
  const std::lock_guard lock(mutex_);
  ++counters_.frames;
  const SteadyTime now = capture.arrived;
  if (lane_.trigger == TriggerKind::camera && camera == 0) {
    camera_trigger(std::move(capture));
    close_complete(now);
    return;
  }
  adopt_orphans(now);
  const auto place =
      std::find_if(early_.begin(), early_.end(), [](const Early& early) { return !early.used; });
  FrameSign sign{camera, static_cast<std::uint32_t>(place - early_.begin()), now, {}};
  if (capture.encoder) sign.encoder = static_cast<std::uint32_t>(*capture.encoder);
  if (const auto slot = tracker_.place(sign, true)) {
    attach(pieces_[*slot], camera, std::move(capture));
  } else {
    place->used = true;
    place->capture = std::move(capture);
  }
  close_complete(now);
}

/// Numbers that the camera counted and whose frames never came: pieces all the same.
void LiveLane::open_lost(const vision::Capture& capture) {
  const std::uint64_t count = capture.trigger_count.value_or(capture.frame_number);
  const auto before = std::exchange(last_count_, count);
  if (!before || count <= *before + 1 || count - *before - 1 > kMostLostAtOnce) return;
  for (std::uint64_t lost = *before + 1; lost < count; ++lost) {
    Trigger trigger;
    trigger.lane = index_;
    trigger.at = capture.arrived;
    ++counters_.triggers;
    if (LivePiece* piece = open_piece(trigger, bit(PieceMark::picture_missing))) {
      ++counters_.camera_lost;
      piece->closed = true;
      tracker_.forget(slot_of(*piece));
      queue_if_complete(*piece);
    } else {
      overflow(trigger);
    }
  }
}

void LiveLane::camera_trigger(vision::Capture&& capture) {
  open_lost(capture);
  Trigger trigger;
  trigger.lane = index_;
  trigger.at = capture.arrived;
  if (capture.encoder) trigger.encoder = static_cast<std::uint32_t>(*capture.encoder);
  ++counters_.triggers;
  watch_.triggered(trigger.at, false);
  LivePiece* piece = open_piece(trigger, 0);
  if (piece == nullptr) {
    overflow(trigger);
    return;
  }
  tracker_.attach(slot_of(*piece), 0);
  attach(*piece, 0, std::move(capture));
}

void LiveLane::attach(LivePiece& piece, std::uint32_t camera, vision::Capture&& capture) {
  PiecePicture& picture = piece.record.pictures[camera];
  picture.came = true;
  picture.seen = false;
  piece.record.event.marks |= capture.marks;
  piece.record.imaged = std::max(piece.record.imaged, capture.arrived);
  if (capture.frame.empty() && capture.file.empty()) {
    picture.seen = true;
    set_unread(picture.reading, NoReadCause::bad_image);
    piece.record.event.marks |= bit(PieceMark::picture_missing);
    return;
  }
  picture.frame = std::move(capture.frame);
  picture.file = std::move(capture.file);
  ++piece.pending;
  shared_.queue.push({piece.conclude_by, 0, index_, slot_of(piece), camera, piece.generation});
}

/// Frames for which no trigger came are pieces of their own.
void LiveLane::adopt_orphans(SteadyTime now) {
  while (const auto orphan = tracker_.orphan(now)) {
    Early& early = early_[orphan->token];
    early.used = false;
    ++counters_.untriggered;
    watch_.untriggered(now);
    Trigger trigger;
    trigger.lane = index_;
    trigger.at = orphan->at;
    trigger.encoder = orphan->encoder;
    LivePiece* piece = open_piece(trigger, bit(PieceMark::untriggered));
    if (piece == nullptr) {
      overflow(trigger);
      continue;
    }
    tracker_.attach(slot_of(*piece), orphan->camera);
    attach(*piece, orphan->camera, std::move(early.capture));
  }
}

void LiveLane::close_complete(SteadyTime now) {
  if (paused_) return;
  while (const auto closed = tracker_.close(now)) {
    LivePiece& piece = pieces_[closed->slot];
    piece.closed = true;
    watch_.pictures(closed->missing, now);
    if (closed->missing != 0) piece.record.event.marks |= bit(PieceMark::picture_missing);
    const bool none = std::none_of(piece.record.pictures.begin(), piece.record.pictures.end(),
                                   [](const PiecePicture& picture) { return picture.came; });
    if (none) ++counters_.camera_lost;
    queue_if_complete(piece);
  }
}

void LiveLane::queue_if_complete(LivePiece& piece) {
  if (piece.state != LivePiece::State::open || !piece.closed || piece.pending > 0) return;
  if (std::exchange(piece.queued, true)) return;
  shared_.queue.push({piece.conclude_by, 0, index_, slot_of(piece), kNoCamera, piece.generation});
}

/// Whoever gets it concludes it, alone.
LivePiece* LiveLane::take(LivePiece& piece) {
  piece.state = LivePiece::State::concluding;
  tracker_.forget(slot_of(piece));
  return &piece;
}

void LiveLane::machine(MachineState state, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  watch_.machine(state, now);
  if (state == MachineState::jammed) ++counters_.jams;
  if (state == MachineState::stopped || state == MachineState::jammed) {
    if (!paused_) paused_ = now;
    return;
  }
  if (!paused_) return;
  const auto stood = now - *paused_;
  paused_.reset();
  tracker_.shift(stood);
  for (LivePiece& piece : pieces_) {
    if (piece.state != LivePiece::State::open) continue;
    piece.triggered += stood;
    piece.due += stood;
    piece.conclude_by += stood;
  }
}

LivePiece* LiveLane::overdue(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (paused_) return nullptr;
  for (LivePiece& piece : pieces_) {
    if (piece.state != LivePiece::State::open || now < piece.conclude_by) continue;
    for (PiecePicture& picture : piece.record.pictures) {
      if (!picture.came || picture.seen) continue;
      picture.seen = true;
      set_unread(picture.reading, NoReadCause::out_of_time);
      piece.record.event.shed = postal::Shed::reading;
    }
    return take(piece);
  }
  return nullptr;
}

void LiveLane::tick(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (!paused_) {
    adopt_orphans(now);
    close_complete(now);
  }
  watch_.tick(now);
}

void LiveLane::end() {
  const std::lock_guard lock(mutex_);
  paused_.reset();
  adopt_orphans(SteadyTime::max());
  close_complete(SteadyTime::max());
}

bool LiveLane::empty() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(pieces_.begin(), pieces_.end(), [](const LivePiece& piece) {
    return piece.state == LivePiece::State::unused;
  });
}

bool LiveLane::stuck(SteadyTime now, std::chrono::nanoseconds ago) const {
  const std::lock_guard lock(mutex_);
  if (paused_) return false;
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const LivePiece& piece) {
    return piece.state != LivePiece::State::unused && now - piece.due > ago;
  });
}

std::optional<LiveLane::Work> LiveLane::begin(const ReadJob& job) {
  const std::lock_guard lock(mutex_);
  LivePiece& piece = pieces_[job.slot];
  if (piece.state != LivePiece::State::open || piece.generation != job.generation) {
    return std::nullopt;
  }
  PiecePicture& picture = piece.record.pictures[job.camera];
  return Work{std::move(picture.frame), std::move(picture.file), piece.conclude_by,
              piece.satisfied};
}

LivePiece* LiveLane::finish(const ReadJob& job, Work work, vision::FaceReading& reading,
                            postal::Shed shed, bool satisfied) {
  const std::lock_guard lock(mutex_);
  LivePiece& piece = pieces_[job.slot];
  if (piece.state != LivePiece::State::open || piece.generation != job.generation) return nullptr;
  PiecePicture& picture = piece.record.pictures[job.camera];
  picture.frame = std::move(work.frame);
  std::swap(picture.reading, reading);
  picture.seen = true;
  piece.satisfied = piece.satisfied || satisfied;
  piece.record.event.shed = std::max(piece.record.event.shed, shed);
  --piece.pending;
  return piece.closed && piece.pending == 0 ? take(piece) : nullptr;
}

LivePiece* LiveLane::conclude(const ReadJob& job) {
  const std::lock_guard lock(mutex_);
  LivePiece& piece = pieces_[job.slot];
  if (piece.state != LivePiece::State::open || piece.generation != job.generation) return nullptr;
  return take(piece);
}

void LiveLane::release(LivePiece& piece) {
  for (PiecePicture& picture : piece.record.pictures) {
    picture.came = picture.seen = false;
    picture.frame = {};
    picture.file.clear();
  }
  const std::lock_guard lock(mutex_);
  piece.state = LivePiece::State::unused;
}

void LiveLane::decided(const postal::ScanEvent& event, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  watch_.decided(event, now);
  ++counters_.events;
  ++(event.late ? counters_.late : counters_.in_time);
  ++counters_.shed[static_cast<std::size_t>(event.shed)];
  if (!event.codes.empty()) ++counters_.read;
  if (event.cause == NoReadCause::decoder_crashed) ++counters_.crashed;
  if (event.marks & bit(PieceMark::faces_disagree)) ++counters_.conflicts;
}

LineCounters LiveLane::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

LineCounters& operator+=(LineCounters& sum, const LineCounters& more) {
  for (const auto field :
       {&LineCounters::triggers, &LineCounters::untriggered, &LineCounters::events,
        &LineCounters::frames, &LineCounters::overflowed, &LineCounters::in_time,
        &LineCounters::late, &LineCounters::camera_lost, &LineCounters::crashed,
        &LineCounters::gaps, &LineCounters::jams, &LineCounters::conflicts,
        &LineCounters::reversals, &LineCounters::read}) {
    sum.*field += more.*field;
  }
  for (std::size_t i = 0; i < std::size(sum.shed); ++i) sum.shed[i] += more.shed[i];
  return sum;
}

}  // namespace backstamp::station
