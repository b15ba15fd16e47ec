#include "station/lane.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "station/indicium_picture.h"
#include "station/settle.h"

namespace backstamp::station {
namespace {

using postal::NoReadCause;

/// A piece that was taken from the source, and when.
struct Taken {
  vision::Capture capture;
  UtcTime induced_utc{};
  SteadyTime induced{};
  NoReadCause lost = NoReadCause::none;  ///< why there is no picture, if there is none
};

/// A piece that was read and judged; what is left needs the order of the pieces.
struct Judged {
  postal::ScanEvent event;
  Judgement judgement;
  Trust trust;    ///< what it was judged by
  LaneFace face;  ///< its readings in the order of the event's codes
  SteadyTime induced{};
};

class Lane {
 public:
  Lane(vision::FrameSource& source, vision::DecodePool& pool, const TrustNow& trust,
       DuplicateJudge& duplicates, const LaneOptions& options, const EventSink& sink,
       std::stop_token stop)
      : source_(source),
        pool_(pool),
        trust_(trust),
        duplicates_(duplicates),
        options_(options),
        sink_(sink),
        stop_(std::move(stop)) {}

  Result<LaneReport> run() {
    started_ = std::chrono::steady_clock::now();
    next_piece_ = options_.first_piece;
    next_out_ = options_.first_piece;
    {
      std::vector<std::jthread> workers;
      for (unsigned i = 0; i < std::max(1u, options_.workers); ++i) {
        workers.emplace_back([this] { work(); });
      }
    }
    report_.elapsed = std::chrono::steady_clock::now() - started_;
    if (failure_) return std::unexpected(*failure_);
    return std::move(report_);
  }

 private:
  void work() {
    while (auto taken = take()) finish(read(std::move(*taken)));
  }

  // ---- taking pieces: one worker at a time -----------------------------------------------------

  std::optional<Taken> take() {
    std::unique_lock lock(source_mutex_);
    do {
      if (!waiting_) fetch();
      if (!waiting_ || stop_.stop_requested() || failed()) return std::nullopt;
    } while (!has_room(lock));
    if (waiting_->piece < next_piece_) {
      fail_with({ErrorKind::internal, "the source gave piece " + std::to_string(waiting_->piece) +
                                          " where " + std::to_string(next_piece_) +
                                          " or a later one was due"});
      return std::nullopt;
    }

    Taken taken;
    // A number that is missing is a piece whose picture never came: it has its event all the same.
    if (waiting_->piece > next_piece_) {
      taken.capture.piece = next_piece_;
      taken.lost = NoReadCause::camera_lost;
    } else {
      taken.capture = std::move(*waiting_);
      waiting_.reset();
    }
    ++next_piece_;
    taken.induced = induction_time(lock);
    const auto ago = std::chrono::steady_clock::now() - taken.induced;
    taken.induced_utc = utc_now() - std::chrono::duration_cast<UtcTime::duration>(ago);
    return taken;
  }

  /// Fills `waiting_` with the next piece of the source, unless it has ended.
  void fetch() {
    if (ended_ || stop_.stop_requested()) return;
    auto next = source_.next();
    if (!next) {
      fail_with(next.error());
    } else if (*next) {
      waiting_ = std::move(**next);
    } else {
      ended_ = true;
    }
  }

  /// Workers may run ahead of a slow piece only so far: the pieces in between are bounded. False
  /// after a wait, during which another worker may have taken what was there.
  bool has_room(std::unique_lock<std::mutex>& lock) {
    const auto room = [this] { return next_piece_ - next_out_.load() < kAheadLimit || failed(); };
    if (room()) return true;
    room_.wait(lock, stop_, room);
    return false;
  }

  /// On a line a piece is due at its time; without a rate, or when a stop ends the wait, it is now.
  SteadyTime induction_time(std::unique_lock<std::mutex>& lock) {
    const auto now = std::chrono::steady_clock::now();
    if (options_.pieces_per_hour == 0) return now;
    const auto apart = std::chrono::nanoseconds(std::chrono::hours(1)) / options_.pieces_per_hour;
    const SteadyTime due = started_ + apart * static_cast<std::int64_t>(paced_++);
    room_.wait_until(lock, stop_, due, [this] { return failed(); });
    return std::min(due, std::chrono::steady_clock::now());
  }

  // ---- reading: all workers at the same time ---------------------------------------------------

  Judged read(Taken taken) {
    Judged judged;
    postal::ScanEvent& event = judged.event;
    event.piece = taken.capture.piece;
    event.sample = std::move(taken.capture.name);
    event.induced_at = taken.induced_utc;
    event.role = options_.role;
    event.place = options_.place;
    event.pass = options_.pass;
    believe(judged);
    judged.induced = taken.induced;
    if (taken.lost != NoReadCause::none) {
      event.cause = taken.lost;
      return judged;
    }
    const SteadyTime deadline = taken.induced + options_.deadline;
    judged.face.picture = std::move(taken.capture.frame);
    if (judged.face.picture.empty()) {
      auto frame = pool_.unpack(taken.capture.file, deadline);
      if (!frame) {
        event.cause = cause_of(frame.error());
        return judged;
      }
      judged.face.picture = std::move(*frame);
    }
    decode(judged, deadline);
    return judged;
  }

  /// Takes what is believed now as what the piece is judged by.
  void believe(Judged& judged) {
    judged.trust = trust_();
    if (auto stopped = must_stop(judged.trust)) fail_with(*std::move(stopped));
    judged.event.keys = judged.trust.verifier->sequence();
    judged.event.clock_trusted = judged.trust.clock_trusted;
  }

  /// Why a picture could not be unpacked. What is no fault of the picture stops the lane.
  NoReadCause cause_of(const Error& error) {
    if (const auto cause = cause_of_picture(error)) return *cause;
    fail_with(error);
    return NoReadCause::decoder_crashed;
  }

  void decode(Judged& judged, SteadyTime deadline) {
    postal::ScanEvent& event = judged.event;
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) {
      event.cause = NoReadCause::out_of_time;
      return;
    }
    vision::ReadOptions read_options;
    read_options.formats = options_.formats;
    read_options.repair = options_.repair;
    read_options.effort = options_.effort;
    read_options.budget = std::chrono::duration_cast<std::chrono::microseconds>(left * 9 / 10);
    auto reading = pool_.read(judged.face.picture.view(), read_options, deadline);
    if (!reading) {  // no worker can be had: the station cannot read at all
      fail_with(reading.error());
      event.cause = NoReadCause::decoder_crashed;
      return;
    }
    event.cause = reading->cause;
    event.effort = reading->effort;
    event.read_time = std::chrono::duration_cast<std::chrono::microseconds>(reading->elapsed);
    for (vision::Reading& one : reading->readings) {
      auto code = postal::identify(one.symbology, one.content);
      event.codes.push_back({one.symbology, std::move(one.content), std::move(code)});
    }
    judged.face.reading = std::move(*reading);
    believe(judged);  // what was revoked while it was read is revoked
    judged.judgement = judge(event.codes, *judged.trust.verifier, options_.policy.precedence);
  }

  // ---- deciding: in the order of the pieces ----------------------------------------------------

  void finish(Judged judged) {
    {
      const std::lock_guard lock(order_mutex_);
      const std::uint64_t piece = judged.event.piece;
      done_.emplace(piece, std::move(judged));
      while (!done_.empty() && done_.begin()->first == next_out_ && !failed()) {
        Judged ready = std::move(done_.begin()->second);
        done_.erase(done_.begin());
        settle(ready);
        ++next_out_;
      }
    }
    // Whoever looked for room before this, and did not find it, waits by now: no wake-up is lost.
    { const std::lock_guard passing(source_mutex_); }
    room_.notify_all();
  }

  void settle(Judged& judged) {
    postal::ScanEvent& event = judged.event;
    const Judgement& judgement = judged.judgement;
    station::settle(event, judgement, judged.trust, duplicates_, options_.policy, options_.today);
    const auto now = std::chrono::steady_clock::now();
    event.latency = std::chrono::duration_cast<std::chrono::microseconds>(now - judged.induced);
    event.late = event.latency > options_.deadline;
    // The diverter has been told: what people will see may take its time.
    if (judgement.judged && wants_picture(event)) {
      event.evidence = picture_of(judged.face.picture.view(),
                                  judged.face.reading.readings[*judgement.judged].outline);
    }
    account(event);
    if (auto stored = sink_(event, judged.face); !stored) fail_with(stored.error());
  }

  void account(const postal::ScanEvent& event) {
    ++report_.pieces;
    report_.read_time.record_ns(
        static_cast<std::uint64_t>(std::chrono::nanoseconds(event.read_time).count()));
    report_.latency.record_ns(static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::nanoseconds(event.latency).count())));
    ++report_.verdicts[std::string(to_string(event.verdict))];
    if (event.reason != postal::Reason::none)
      ++report_.reasons[std::string(to_string(event.reason))];
    if (event.cause != NoReadCause::none) ++report_.causes[std::string(to_string(event.cause))];
    for (const auto& seen : event.codes) ++report_.formats[std::string(to_string(seen.symbology))];
    ++(event.decision == postal::Decision::accept ? report_.accepted : report_.diverted);
    if (event.late) ++report_.late;
  }

  /// With source_mutex_ held, or followed by finish(), which wakes those who wait for room.
  void fail_with(const Error& error) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = error;
    failed_ = true;
    room_.notify_all();
  }
  bool failed() const { return failed_.load(); }

  static constexpr std::uint64_t kAheadLimit = 256;  // each may hold a picture in memory

  vision::FrameSource& source_;
  vision::DecodePool& pool_;
  const TrustNow& trust_;
  DuplicateJudge& duplicates_;
  const LaneOptions& options_;
  const EventSink& sink_;
  std::stop_token stop_;
  SteadyTime started_{};

  std::mutex source_mutex_;  // source_ and all until order_mutex_
  std::condition_variable_any room_;
  std::optional<vision::Capture> waiting_;
  bool ended_ = false;
  std::uint64_t next_piece_ = 0;
  std::uint64_t paced_ = 0;

  std::mutex order_mutex_;  // done_, report_, duplicates_, the sink
  std::map<std::uint64_t, Judged> done_;
  std::atomic<std::uint64_t> next_out_ = 0;
  LaneReport report_;

  std::mutex failure_mutex_;
  std::optional<Error> failure_;
  std::atomic<bool> failed_ = false;
};

}  // namespace

Result<LaneReport> run_lane(vision::FrameSource& source, vision::DecodePool& pool,
                            const TrustNow& trust, DuplicateJudge& duplicates,
                            const LaneOptions& options, const EventSink& sink,
                            std::stop_token stop) {
  return Lane(source, pool, trust, duplicates, options, sink, std::move(stop)).run();
}

}  // namespace backstamp::station
