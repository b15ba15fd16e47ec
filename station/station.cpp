#include "station/station.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include "calibration/check.h"
#include "calibration/profile.h"
#include "datasets/replay_source.h"
#include "station/duplicate_index.h"
#include "station/evidence.h"
#include "station/key_keeper.h"
#include "station/parts.h"
#include "station/replay_position.h"
#include "uplink/event_log.h"
#include "uplink/wire.h"

namespace backstamp::station {
namespace {

/// How far the journal may be behind the lane before the lane waits for the disk.
constexpr std::uint64_t kUncommittedLimit = 4096;
constexpr auto kCommitPatience = std::chrono::seconds(30);

/// Holds the profile against the first picture of a source of its own, before anything is judged.
Result<void> check_source(const StationConfig& config, vision::DecodePool& pool) {
  if (!config.profile) return {};
  const auto profile = calibration::load_profile(*config.profile);
  if (!profile) return std::unexpected(profile.error());
  auto source = datasets::open_source(config.source.path);
  if (!source) return std::unexpected(source.error());
  auto first = (*source)->next();
  if (!first || !*first) return {};  // an empty or damaged source speaks for itself later
  vision::Frame frame = std::move((*first)->frame);
  if (frame.empty()) {
    auto unpacked =
        pool.unpack((*first)->file, std::chrono::steady_clock::now() + std::chrono::seconds(5));
    if (!unpacked) return {};
    frame = std::move(*unpacked);
  }
  auto fits = calibration::check_face_size(*profile, frame.width_px(), frame.height_px());
  if (!fits) {
    return fail(config.profile->string() + " does not fit " + config.source.path.string(),
                fits.error());
  }
  return {};
}

/// Hands events to the journal, pictures that are wanted to the evidence, and events to the log.
class Recorder {
 public:
  Recorder(uplink::EventLog& journal, DuplicateIndex& index, Evidence* evidence, bool paced,
           std::uint64_t piece_offset, const OnEvent& on_event)
      : journal_(journal),
        index_(index),
        evidence_(evidence),
        paced_(paced),
        offset_(piece_offset),
        on_event_(on_event) {}

  Result<void> operator()(const postal::ScanEvent& judged, LaneFace& face) {
    postal::ScanEvent event = judged;
    event.piece += offset_;
    (void)uplink::fit_event(event);  // a face full of large symbols must not cost the event
    auto sequence = journal_.append(event);
    if (!sequence) return std::unexpected(sequence.error());
    if (*sequence > journal_.committed() + kUncommittedLimit) {
      auto waited = journal_.wait_committed(*sequence - kUncommittedLimit, kCommitPatience);
      if (!waited) return waited;
    }
    last_ = *sequence;
    event.id = {journal_.station(), journal_.epoch(), *sequence};
    index_.note(event);
    if (evidence_ != nullptr && evidence_->wants(event)) {
      if (!paced_) evidence_->wait_for_room();  // a recording can wait, a line cannot
      std::vector<EvidenceFrame> frames;
      frames.push_back({std::move(face.picture), "", std::move(face.reading)});
      evidence_->keep(event, std::move(frames));
    }
    if (on_event_) on_event_(event);
    return {};
  }

  /// The last sequence that was handed to the journal; 0 when there was none.
  std::uint64_t last() const { return last_; }

 private:
  uplink::EventLog& journal_;
  DuplicateIndex& index_;
  Evidence* evidence_;
  bool paced_;
  std::uint64_t offset_;
  const OnEvent& on_event_;
  std::uint64_t last_ = 0;
};

/// Puts the duplicate index and the source where the journal left them.
Result<ReplayPosition> resume(const StationConfig& config, const uplink::EventLog& journal,
                              vision::FrameSource& source, DuplicateIndex& index,
                              DuplicateJudge& duplicates, const Log& log) {
  const auto last_piece = restore(journal, index, duplicates);
  if (!last_piece) return std::unexpected(last_piece.error());
  const auto position = find_position(config.journal.directory, config.source.path, *last_piece);
  if (!position || position->done == 0) return position;
  log("source: going on after piece " + std::to_string(position->done));
  if (auto resumed = source.resume_after(position->done); !resumed) {
    return std::unexpected(resumed.error());
  }
  return position;
}

LaneOptions lane_options(const StationConfig& config, const ReplayPosition& position) {
  LaneOptions options;
  options.workers = worker_count(config);
  options.formats = config.formats;
  options.repair = config.repair;
  options.effort = config.effort;
  options.deadline = config.deadline;
  options.pieces_per_hour = config.source.pieces_per_hour;
  options.first_piece = position.done + 1;
  options.policy = config.policy;
  options.role = config.role;
  options.place = config.place;
  options.pass = config.pass;
  return options;
}

/// Waits for the uplink, and sums up.
StationReport end_run(const StationConfig& config, LaneReport lane, const ReplayPosition& position,
                      const uplink::EventLog& journal, uplink::Sender* sender,
                      const KeyKeeper& keys, Evidence* evidence, const Log& log) {
  StationReport report;
  report.lane = std::move(lane);
  report.epoch = journal.epoch();
  report.resumed_after = position.done;
  if (sender != nullptr) {
    if (!sender->drain(config.uplink->drain)) {
      log("uplink: " + describe(sender->status()) + "; the rest stays in the journal");
    }
    report.link = describe(sender->status());
  }
  report.committed = journal.committed();
  report.acknowledged = journal.acknowledged();
  report.keys = keys.sequence();
  report.keys_stale = keys.trust().keys_stale;
  report.clock = keys.clock_state();
  if (evidence != nullptr) {
    const Evidence::Counters pictures = evidence->settle();
    report.evidence_kept = pictures.kept;
    report.evidence_left_out = pictures.left_out;
  }
  return report;
}

}  // namespace

Result<StationReport> run_station(const StationConfig& config, const Log& unguarded,
                                  const OnEvent& on_event, std::stop_token stop) {
  std::mutex log_mutex;
  const Log log = [&](const std::string& line) {
    const std::lock_guard lock(log_mutex);
    unguarded(line);
  };
  vision::DecodePoolOptions workers;
  workers.workers = worker_count(config);
  auto pool = vision::DecodePool::start(workers);
  if (!pool) return std::unexpected(pool.error());
  if (auto fits = check_source(config, *pool); !fits) return std::unexpected(fits.error());
  auto source = datasets::open_source(config.source.path);
  if (!source) return std::unexpected(source.error());
  auto journal = open_journal(config, log);
  if (!journal) return std::unexpected(journal.error());
  auto keys = KeyKeeper::open(config.keys, config.journal.directory, log);
  if (!keys) return std::unexpected(keys.error());
  auto index = open_index(config, *journal, log);
  if (!index) return std::unexpected(index.error());
  DuplicateJudge duplicates(*index, config.duplicates);
  const auto position = resume(config, *journal, **source, *index, duplicates, log);
  if (!position) return std::unexpected(position.error());

  std::optional<uplink::Sender> sender;
  if (config.uplink) {
    auto started = open_uplink(*config.uplink, *journal, *keys);
    if (!started) return std::unexpected(started.error());
    sender.emplace(std::move(*started));
  }
  std::optional<Evidence> evidence;
  if (config.evidence) {
    auto opened = open_evidence(config, [&log](const Alarm& alarm) {
      log((alarm.raised ? "alarm " : "over: ") + alarm.name + ": " + alarm.cause +
          (alarm.raised ? "; " + alarm.remedy : ""));
    });
    if (!opened) return std::unexpected(opened.error());
    evidence.emplace(std::move(*opened));
  }

  std::optional<LinkWatch> watch;
  if (sender) watch.emplace(*sender, log);
  Recorder recorder(*journal, *index, evidence ? &*evidence : nullptr,
                    config.source.pieces_per_hour > 0, position->offset, on_event);
  const TrustNow trust = [&keys] { return keys->trust(); };
  auto ran = run_lane(**source, *pool, trust, duplicates, lane_options(config, *position),
                      std::ref(recorder), std::move(stop));
  if (!ran) return std::unexpected(ran.error());
  if (recorder.last() > 0) {
    auto settled = journal->wait_committed(recorder.last(), kCommitPatience);
    if (!settled) return std::unexpected(settled.error());
  }

  watch.reset();
  return end_run(config, *std::move(ran), *position, *journal, sender ? &*sender : nullptr, *keys,
                 evidence ? &*evidence : nullptr, log);
}

}  // namespace backstamp::station
