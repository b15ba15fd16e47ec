#include "station/line.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "station/indicium_picture.h"
#include "station/line/effort_plan.h"
#include "station/line/live_lane.h"
#include "station/settle.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;
using postal::NoReadCause;

constexpr auto kTick = 5ms;
constexpr auto kStuck = 2s;  // a piece so long after its time is no progress
/// A face that takes so much longer than its work should is not being read any more…
constexpr int kHangFactor = 6;
constexpr auto kLeastHang = 60ms;
/// …unless nobody on this machine gets on: then it is given as much more.
constexpr int kStarvedFactor = 4;

/// So that it can be told from outside what a thread does.
void name_this_thread(const char* name) {
  (void)::pthread_setname_np(::pthread_self(), name);
}

}  // namespace

struct Line::Impl {
  Impl(LineOptions given, std::shared_ptr<const LineTuning> tune, vision::DecodePool& decoders,
       TrustNow trusted, DuplicateJudge& judge, Sorter& machine, PieceSink taker, AlarmSink alarm)
      : options(std::move(given)),
        tuning_now(std::move(tune)),
        pool(decoders),
        trust(std::move(trusted)),
        duplicates(judge),
        sorter(machine),
        sink(std::move(taker)),
        alarms(std::move(alarm)),
        queue(options.lanes.size() * kMostOpenPieces * (kMostCameras + 1)),
        next_piece(options.first_piece) {
    const LiveLane::Shared shared{options, queue, &Impl::number_of, this};
    for (std::uint32_t i = 0; i < options.lanes.size(); ++i) {
      lanes.emplace_back(i, options.lanes[i], shared, alarms);
    }
  }

  static std::uint64_t number_of(void* self) { return static_cast<Impl*>(self)->next_piece++; }

  void start() {
    for (unsigned i = 0; i < std::max(1u, options.workers); ++i) {
      readers.emplace_back([this] { read_faces(); });
    }
    for (LiveLane& lane : lanes) {
      for (std::uint32_t camera = 0; camera < lane.config().cameras.size(); ++camera) {
        captures.emplace_back([this, &lane, camera] { capture(lane, camera); });
      }
    }
    timer = std::jthread([this](const std::stop_token& stop) { keep_time(stop); });
  }

  // ---- cameras ---------------------------------------------------------------------------------

  void capture(LiveLane& lane, std::uint32_t camera) {
    name_this_thread("camera");
    (void)apply_realtime(options.realtime);
    vision::FrameSource& source = *lane.config().cameras[camera];
    for (;;) {
      auto next = source.next();
      if (!next) {
        alarms({"camera-failed", lane.config().name + "/" + lane.config().camera_names[camera],
                true, next.error().message, "restart the station once the camera is mended"});
        return;
      }
      if (!*next) return;
      if ((*next)->arrived == SteadyTime{}) (*next)->arrived = std::chrono::steady_clock::now();
      lane.frame(camera, std::move(**next));
    }
  }

  // ---- time ------------------------------------------------------------------------------------

  /// Decides what must be decided now, whoever is late.
  void keep_time(const std::stop_token& stop) {
    name_this_thread("deadlines");
    {
      const RealtimeState state = apply_realtime(options.realtime);
      const std::lock_guard lock(failing);
      realtime = state;
    }
    SteadyTime due = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      due += kTick;
      std::this_thread::sleep_until(due);
      const auto now = std::chrono::steady_clock::now();
      feel_starved(now - due);
      due = std::max(due, now - kTick);
      bool stuck = false;
      for (LiveLane& lane : lanes) {
        lane.tick(now);
        while (LivePiece* piece = lane.overdue(now)) conclude(lane, *piece);
        while (const auto trigger = lane.overflowed()) decide_unread(lane, *trigger);
        stuck = stuck || lane.stuck(now, kStuck);
      }
      if (!stuck) ++progressed;
    }
  }

  /// How long this thread was kept waiting for a processor: at once when it grows, half of it
  /// forgotten every tenth of a second.
  void feel_starved(std::chrono::nanoseconds late) {
    constexpr std::int64_t kForget = 30;  // ticks
    const std::int64_t before = starved.load();
    starved = std::max<std::int64_t>(late.count(), before - before / kForget);
  }

  // ---- reading ---------------------------------------------------------------------------------

  void read_faces() {
    name_this_thread("reader");
    (void)apply_realtime(options.realtime);
    vision::FaceReading reading;
    while (const auto taken = queue.take()) {
      LiveLane& lane = lanes[taken->job.lane];
      LivePiece* complete = taken->job.camera == kNoCamera ? lane.conclude(taken->job)
                                                           : read_picture(lane, *taken, reading);
      if (complete != nullptr) conclude(lane, *complete);
    }
  }

  LivePiece* read_picture(LiveLane& lane, const ReadQueue::Taken& taken,
                          vision::FaceReading& reading) {
    auto work = lane.begin(taken.job);
    if (!work) return nullptr;
    const auto tuned = tuning();
    const auto left = work->conclude_by - std::chrono::steady_clock::now();
    const FaceEffort plan = plan_effort({tuned->effort, tuned->least_effort}, left, taken.waiting,
                                        options.workers, work->satisfied);
    if (plan.effort > 0) {
      read_face(*work, *tuned, plan, left, reading);
    } else {
      set_unread(reading,
                 plan.shed == postal::Shed::faces ? NoReadCause::none : NoReadCause::out_of_time);
    }
    const bool satisfied =
        lane.config().cameras.size() > 1 && !work->satisfied && bears_token(reading);
    return lane.finish(taken.job, std::move(*work), reading, plan.shed, satisfied);
  }

  void read_face(LiveLane::Work& work, const LineTuning& tuned, const FaceEffort& plan,
                 std::chrono::nanoseconds left, vision::FaceReading& reading) {
    const auto hang = std::max<std::chrono::nanoseconds>(
                          kLeastHang, std::chrono::microseconds(plan.effort) * kHangFactor) +
                      std::chrono::nanoseconds(starved.load()) * kStarvedFactor;
    const SteadyTime deadline = std::min(work.conclude_by, std::chrono::steady_clock::now() + hang);
    if (work.frame.empty()) {
      auto frame = pool.unpack(work.file, deadline);
      if (!frame) {
        set_unread(reading, cause_of(frame.error()));
        return;
      }
      work.frame = std::move(*frame);
    }
    vision::ReadOptions face;
    face.formats = tuned.formats;
    face.repair = tuned.repair;
    face.effort = plan.effort;
    face.budget = std::chrono::duration_cast<std::chrono::microseconds>(
        std::min<std::chrono::nanoseconds>(left, hang) * 9 / 10);
    if (auto read = pool.read(work.frame.view(), face, deadline, reading); !read) {
      set_unread(reading, cause_of(read.error()));
      return;
    }
    if (no_workers.exchange(false)) alarms({"no-decode-workers", "station", false, "", ""});
    // A worker that takes many times what its work is worth hangs: it is dead, and a new one at its
    // place.
    if (reading.cause == NoReadCause::out_of_time && deadline < work.conclude_by &&
        std::chrono::steady_clock::now() >= deadline) {
      reading.cause = NoReadCause::decoder_crashed;
    }
  }

  /// A fault that is not the picture's is an alarm; the line goes on without reading.
  NoReadCause cause_of(const Error& error) {
    if (const auto cause = cause_of_picture(error)) return *cause;
    if (!no_workers.exchange(true)) {
      alarms({"no-decode-workers", "station", true, error.message,
              "look whether backstamp-decode-worker lies beside the station and may be started"});
    }
    return NoReadCause::decoder_crashed;
  }

  /// Asked where further pictures of the piece wait: they may be left out then.
  bool bears_token(const vision::FaceReading& reading) const {
    const Trust now = trust();
    return std::any_of(reading.readings.begin(), reading.readings.end(),
                       [&](const vision::Reading& one) {
                         const auto token = postal::parse_token(one.content);
                         return token && now.verifier->verify(*token) == postal::Verdict::genuine;
                       });
  }

  // ---- deciding --------------------------------------------------------------------------------

  /// The piece is this thread's alone.
  void conclude(LiveLane& lane, LivePiece& piece) {
    postal::ScanEvent& event = piece.record.event;
    PictureSeen seen[kMostCameras];
    std::size_t pictures = 0;
    for (std::uint32_t camera = 0; camera < piece.record.pictures.size(); ++camera) {
      const PiecePicture& picture = piece.record.pictures[camera];
      if (!picture.came) continue;
      seen[pictures++] = {camera, picture.seen ? &picture.reading : nullptr};
    }
    merge_pictures({seen, pictures}, event, piece.places, piece.spare_codes);
    const Trust now = trust();
    if (auto stop = must_stop(now)) fail_with(*std::move(stop));
    event.keys = now.verifier->sequence();
    event.clock_trusted = now.clock_trusted;
    const auto tuned = tuning();
    const Judgement judgement = judge(event.codes, *now.verifier, tuned->policy.precedence);
    std::unique_lock lock(settling);
    decide(lane, piece, judgement, now, *tuned);
    if (judgement.judged && wants_picture(event)) {
      lock.unlock();  // the diverter has been told: what people will see may take its time
      show_indicium(piece, *judgement.judged);
      lock.lock();
    }
    record(lane, piece);
    lock.unlock();
    lane.release(piece);
  }

  void decide(LiveLane& lane, LivePiece& piece, const Judgement& judgement, const Trust& now,
              const LineTuning& tuned) {
    postal::ScanEvent& event = piece.record.event;
    settle(event, judgement, now, duplicates, tuned.policy);
    const bool genuine = judgement.token && judgement.verdict == postal::Verdict::genuine;
    event.outlet = tuned.plans.outlet(
        event, genuine ? std::optional<std::uint16_t>(judgement.token->service) : std::nullopt);
    const auto decided = std::chrono::steady_clock::now();
    event.latency =
        std::chrono::duration_cast<std::chrono::microseconds>(decided - piece.triggered);
    event.late = decided > piece.due;
    piece.record.decided = decided;
    SorterDecision decision;
    decision.lane = lane.index();
    decision.piece = event.piece;
    decision.machine_piece = piece.machine_piece;
    decision.encoder = piece.encoder;
    decision.decision = event.decision;
    decision.reason = event.reason;
    decision.outlet = event.outlet;
    decision.late = event.late;
    decision.due = piece.due;
    decision.triggered = piece.triggered;
    decision.decided = decided;
    sorter.decide(decision);
    account(piece);
  }

  void account(const LivePiece& piece) {
    const PieceRecord& record = piece.record;
    const auto ns = [](std::chrono::nanoseconds time) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
    };
    if (record.imaged != SteadyTime{}) {
      latencies.from_image.record_ns(ns(record.decided - record.imaged));
    }
    latencies.from_trigger.record_ns(ns(record.decided - piece.triggered));
    latencies.read_time.record_ns(ns(record.event.read_time));
  }

  void show_indicium(LivePiece& piece, std::size_t judged) {
    const CodePlace& place = piece.places[judged];
    const vision::Frame& frame = piece.record.pictures[place.camera].frame;
    if (!frame.empty()) piece.record.event.evidence = picture_of(frame.view(), place.outline);
  }

  void record(LiveLane& lane, LivePiece& piece) {
    lane.decided(piece.record.event, piece.record.decided);
    ++progressed;
    if (auto taken = sink(piece.record); !taken) fail_with(taken.error());
  }

  /// A piece for which there was no memory: it has its decision and its event all the same.
  void decide_unread(LiveLane& lane, const Trigger& trigger) {
    LivePiece piece;
    piece.machine_piece = trigger.machine_piece;
    piece.encoder = trigger.encoder;
    piece.triggered = trigger.at;
    piece.due = trigger.at + lane.config().deadline;
    piece.record.lane = lane.index();
    postal::ScanEvent& event = piece.record.event;
    event.piece = next_piece++;
    event.induced_at = utc_now();
    event.role = options.role;
    event.place = options.place;
    event.pass = options.pass;
    event.lane = lane.config().name;
    event.machine_piece = trigger.machine_piece;
    event.cause = NoReadCause::out_of_time;
    event.shed = postal::Shed::reading;
    const Trust now = trust();
    event.keys = now.verifier->sequence();
    event.clock_trusted = now.clock_trusted;
    const std::lock_guard lock(settling);
    decide(lane, piece, Judgement{}, now, *tuning());
    record(lane, piece);
  }

  void fail_with(Error error) {
    const std::lock_guard lock(failing);
    if (!failed) failed = std::move(error);
  }

  std::shared_ptr<const LineTuning> tuning() const {
    const std::lock_guard lock(tuning_mutex);
    return tuning_now;
  }

  const LineOptions options;
  mutable std::mutex tuning_mutex;
  std::shared_ptr<const LineTuning> tuning_now;
  vision::DecodePool& pool;
  const TrustNow trust;
  DuplicateJudge& duplicates;
  Sorter& sorter;
  const PieceSink sink;
  const AlarmSink alarms;
  ReadQueue queue;
  std::deque<LiveLane> lanes;  // they do not move
  std::atomic<std::uint64_t> next_piece;
  std::atomic<std::uint64_t> progressed = 0;
  std::atomic<bool> no_workers = false;
  std::atomic<std::int64_t> starved = 0;  // nanoseconds

  std::mutex settling;  // duplicates, latencies, the sink
  Line::Latencies latencies;
  std::mutex failing;
  std::optional<Error> failed;
  RealtimeState realtime;

  std::vector<std::jthread> captures;
  std::vector<std::jthread> readers;
  std::jthread timer;
};

Result<std::unique_ptr<Line>> Line::start(LineOptions options,
                                          std::shared_ptr<const LineTuning> tuning,
                                          vision::DecodePool& pool, TrustNow trust,
                                          DuplicateJudge& duplicates, Sorter& sorter,
                                          PieceSink sink, AlarmSink alarms) {
  for (const LineLane& lane : options.lanes) {
    if (lane.cameras.empty() || lane.cameras.size() > kMostCameras ||
        lane.camera_names.size() != lane.cameras.size()) {
      return fail(ErrorKind::invalid, lane.name + ": a lane has 1 to " +
                                          std::to_string(kMostCameras) + " cameras with names");
    }
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(tuning), pool, std::move(trust),
                                     duplicates, sorter, std::move(sink), std::move(alarms));
  impl->start();
  return std::unique_ptr<Line>(new Line(std::move(impl)));
}

Line::Line(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

void Line::retune(std::shared_ptr<const LineTuning> tuning) {
  const std::lock_guard lock(impl_->tuning_mutex);
  impl_->tuning_now = std::move(tuning);
}

void Line::trigger(const Trigger& trigger) {
  if (trigger.lane >= impl_->lanes.size()) return;
  if (impl_->lanes[trigger.lane].config().trigger != TriggerKind::machine) return;
  impl_->lanes[trigger.lane].trigger(trigger);
}

void Line::machine(std::uint32_t lane, MachineState state) {
  if (lane < impl_->lanes.size()) {
    impl_->lanes[lane].machine(state, std::chrono::steady_clock::now());
  }
}

LineCounters Line::counters() const {
  LineCounters all;
  for (const LiveLane& lane : impl_->lanes) all += lane.counters();
  return all;
}

LineCounters Line::counters(std::uint32_t lane) const {
  return impl_->lanes.at(lane).counters();
}

Line::Latencies Line::latencies() const {
  const std::lock_guard lock(impl_->settling);
  return impl_->latencies;
}

RealtimeState Line::realtime() const {
  const std::lock_guard lock(impl_->failing);
  return impl_->realtime;
}

std::uint64_t Line::progress() const {
  return impl_->progressed;
}

std::optional<Error> Line::failure() const {
  const std::lock_guard lock(impl_->failing);
  return impl_->failed;
}

Result<void> Line::drain() {
  impl_->captures.clear();  // joins: their sources have been told to stop
  for (LiveLane& lane : impl_->lanes) lane.end();
  const auto patience = std::chrono::steady_clock::now() + 30s;
  const auto empty = [this] {
    return std::all_of(impl_->lanes.begin(), impl_->lanes.end(),
                       [](const LiveLane& lane) { return lane.empty(); });
  };
  while (!empty() && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(1ms);
  }
  const bool drained = empty();
  impl_->timer = {};
  impl_->queue.close();
  impl_->readers.clear();
  if (const auto failed = failure()) return std::unexpected(*failed);
  if (!drained) return fail(ErrorKind::timeout, "pieces under way were not decided in 30 s");
  return {};
}

Line::~Line() {
  if (impl_ && !impl_->readers.empty()) (void)drain();
}

}  // namespace backstamp::station
