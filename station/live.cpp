#include "station/live.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/monitoring.h"
#include "station/duplicate_index.h"
#include "station/evidence.h"
#include "station/key_keeper.h"
#include "station/parts.h"
#include "station/station_metrics.h"
#include "station/station_watch.h"
#include "uplink/wire.h"

namespace backstamp::station {
namespace {

using namespace std::chrono_literals;

constexpr auto kHousekeeping = 250ms;
constexpr auto kFlowing = 2s;  // without a piece for so long the line waits for one
constexpr auto kCommitPatience = 30s;
/// So many numbers are left out at a new start: of pieces that were decided and not yet committed
/// when the last run ended, the machine has heard, and the journal has not.
constexpr std::uint64_t kUncommitted = 1000;

std::shared_ptr<const LineTuning> tuning_of(const StationConfig& config) {
  auto tuning = std::make_shared<LineTuning>();
  tuning->formats = config.formats;
  tuning->repair = config.repair;
  tuning->effort = config.live->effort;
  tuning->least_effort = config.live->least_effort;
  tuning->policy = config.policy;
  tuning->plans = config.live->plans;
  return tuning;
}

}  // namespace

struct LiveStation::Impl {
  Impl(StationConfig given, const Logger& logger, LiveSeams replaced)
      : config(std::move(given)),
        log(logger),
        seams(std::move(replaced)),
        board([this](const Alarm& alarm) {
          log.write(alarm);
          standing += alarm.raised ? 1 : -1;
        }) {}

  // ---- opening, in the order of what needs what ------------------------------------------------

  Result<void> open() {
    const Log lines = [this](const std::string& text) { log.write(Severity::info, "note", text); };
    if (auto opened = open_readers(); !opened) return opened;
    if (auto opened = open_records(lines); !opened) return opened;
    if (auto opened = open_links(); !opened) return opened;
    if (auto opened = open_cameras(); !opened) return opened;
    if (auto opened = open_line(); !opened) return opened;
    if (sender) link_watch.emplace(*sender, lines);
    if (config.monitoring) {
      auto served = Monitoring::start(
          *config.monitoring, [this](metrics::Page& page) { figures(page); },
          [this] { return health(); });
      if (!served) return std::unexpected(served.error());
      monitoring.emplace(*std::move(served));
    }
    housekeeper = std::jthread([this](const std::stop_token& token) { keep_house(token); });
    return {};
  }

  Result<void> open_readers() {
    vision::FrameRingOptions frames;
    frames.slot_bytes = config.live->frame_bytes;
    frames.slots = frames_needed(*config.live);
    frames.huge_pages = config.live->realtime.huge_pages;
    frames.locked = config.live->realtime.line.lock_memory;
    auto made = vision::FrameRing::create(frames);
    if (!made) return fail("memory for frames", made.error());
    ring = *std::move(made);
    vision::DecodePoolOptions options;
    options.workers = worker_count(config);
    options.program_folder = seams.program_folder;
    options.decode_worker = seams.decode_worker;
    options.ring = ring;
    options.profile = config.live->realtime.readers;
    auto started = vision::DecodePool::start(std::move(options));
    if (!started) return std::unexpected(started.error());
    pool.emplace(*std::move(started));
    return {};
  }

  Result<void> open_records(const Log& lines) {
    auto opened = open_journal(config, lines);
    if (!opened) return std::unexpected(opened.error());
    journal.emplace(*std::move(opened));
    auto keeper = KeyKeeper::open(config.keys, config.journal.directory, lines);
    if (!keeper) return std::unexpected(keeper.error());
    keys.emplace(*std::move(keeper));
    auto days = open_index(config, *journal, lines);
    if (!days) return std::unexpected(days.error());
    index.emplace(*std::move(days));
    duplicates.emplace(*index, config.duplicates);
    auto last = restore(*journal, *index, *duplicates);
    if (!last) return std::unexpected(last.error());
    last_piece = *last;
    if (config.uplink) {
      auto carrier = open_uplink(*config.uplink, *journal, *keys);
      if (!carrier) return std::unexpected(carrier.error());
      sender.emplace(*std::move(carrier));
    }
    if (config.evidence) {
      auto pictures = open_evidence(config, board.sink());
      if (!pictures) return std::unexpected(pictures.error());
      evidence.emplace(*std::move(pictures));
    }
    return {};
  }

  Result<void> open_links() {
    SorterInput input;
    input.on_trigger = [this](const Trigger& trigger) {
      const std::lock_guard lock(gate);
      if (line_now != nullptr) line_now->trigger(trigger);
    };
    input.on_machine = [this](std::uint32_t lane, MachineState machine) {
      const std::lock_guard lock(gate);
      if (line_now != nullptr) line_now->machine(lane, machine);
    };
    auto opened =
        serve_sorter(config.live->sorter, static_cast<std::uint32_t>(config.live->lanes.size()),
                     input, board.sink());
    if (!opened) return std::unexpected(opened.error());
    links = *std::move(opened);
    sorter = links.all.get();
    sorter->state(VisionState::preoperational);
    return {};
  }

  Result<void> open_cameras() {
    for (std::size_t lane = 0; lane < config.live->lanes.size(); ++lane) {
      const LaneConfig& of = config.live->lanes[lane];
      for (std::size_t camera = 0; camera < of.cameras.size(); ++camera) {
        auto opened = open_one(lane, camera);
        if (!opened) {
          return fail(of.name + "/" + of.cameras[camera].name, opened.error());
        }
        sources.push_back(*std::move(opened));
      }
    }
    return {};
  }

  Result<std::unique_ptr<vision::FrameSource>> open_one(std::size_t lane, std::size_t camera) {
    if (seams.camera) return seams.camera(lane, camera, ring, cameras_stop.get_token());
    const LaneConfig& of = config.live->lanes[lane];
    auto opened = open_camera(of.cameras[camera], of.name + "/" + of.cameras[camera].name, ring,
                              board.sink(), cameras_stop.get_token());
    if (!opened) return std::unexpected(opened.error());
    watched.push_back({lane, camera, opened->get()});
    return std::unique_ptr<vision::FrameSource>(*std::move(opened));
  }

  Result<void> open_line() {
    LineOptions options;
    std::size_t next = 0;
    for (const LaneConfig& of : config.live->lanes) {
      LineLane lane;
      lane.name = of.name;
      lane.trigger = of.trigger;
      lane.encoder = of.encoder;
      lane.camera_delay = of.delays;
      lane.window = of.window;
      lane.deadline = of.deadline;
      lane.reserve = of.reserve;
      lane.closest = of.closest;
      lane.silence = of.silence;
      for (const CameraConfig& camera : of.cameras) {
        lane.cameras.push_back(sources[next++].get());
        lane.camera_names.push_back(camera.name);
        lane.camera_offset_counts.push_back(camera.offset_counts);
      }
      options.lanes.push_back(std::move(lane));
    }
    options.workers = worker_count(config);
    options.first_piece = last_piece == 0 ? 1 : last_piece + 1 + kUncommitted;
    options.role = config.role;
    options.place = config.place;
    options.pass = config.pass;
    options.realtime = config.live->realtime.line;
    auto started = Line::start(
        std::move(options), tuning_of(config), *pool, [this] { return keys->trust(); }, *duplicates,
        *sorter, [this](PieceRecord& piece) { return take(piece); }, board.sink());
    if (!started) return std::unexpected(started.error());
    line = *std::move(started);
    let_in(line.get());
    return {};
  }

  void let_in(Line* to) {
    const std::lock_guard lock(gate);
    line_now = to;
  }

  // ---- running ---------------------------------------------------------------------------------

  /// A decided piece: to the journal first, then to the index and the evidence.
  Result<void> take(PieceRecord& piece) {
    if (seams.on_piece) seams.on_piece(piece);
    (void)uplink::fit_event(piece.event);
    auto sequence = journal->append(piece.event);
    if (!sequence) return std::unexpected(sequence.error());
    appended = *sequence;
    if (first_sequence == 0) first_sequence = *sequence;
    piece.event.id = {journal->station(), journal->epoch(), *sequence};
    index->note(piece.event);
    if (evidence && evidence->wants(piece.event)) keep_pictures(piece);
    return {};
  }

  void keep_pictures(PieceRecord& piece) {
    const LaneConfig& lane = config.live->lanes[piece.lane];
    std::vector<EvidenceFrame> frames;
    for (std::size_t camera = 0; camera < piece.pictures.size(); ++camera) {
      PiecePicture& picture = piece.pictures[camera];
      if (!picture.came || picture.frame.empty()) continue;
      frames.push_back(
          {std::move(picture.frame), lane.cameras[camera].name, std::move(picture.reading)});
    }
    if (!frames.empty()) evidence->keep(piece.event, std::move(frames));
  }

  /// Now and then: what the machine is told of the station, and what people are told.
  void keep_house(const std::stop_token& token) {
    StationWatch watch(board.sink());
    std::uint64_t events = 0;
    SteadyTime last_event{};
    std::unique_lock lock(house);
    while (!token.stop_requested()) {
      const auto now = std::chrono::steady_clock::now();
      const LineCounters counted = line->counters();
      if (counted.events != events) {
        events = counted.events;
        last_event = now;
      }
      state = state_at(now, last_event);
      sorter->state(state);
      sorter->alarms(static_cast<std::uint32_t>(std::max(0, standing.load())));
      watch.look(figures(), now);
      moment.wait_for(lock, token, kHousekeeping, [] { return false; });
    }
  }

  VisionState state_at(SteadyTime now, SteadyTime last_event) const {
    if (line->failure()) return VisionState::error;
    const bool up = std::all_of(watched.begin(), watched.end(),
                                [](const Watched& camera) { return camera.source->counters().up; });
    if (!up) return VisionState::initialized;
    const bool flows = last_event != SteadyTime{} && now - last_event < kFlowing;
    return flows ? VisionState::continuous_execution : VisionState::ready;
  }

  StationFigures figures() const {
    StationFigures now;
    now.appended = appended;
    now.committed = journal->committed();
    if (sender) {
      const uplink::SenderStatus status = sender->status();
      now.has_uplink = true;
      now.link = status.state;
      now.link_text = status.detail;
    }
    now.keys_stale = keys->trust().keys_stale;
    now.clock = keys->clock_state();
    now.workers = pool->counters();
    return now;
  }

  /// For Prometheus: what the parts count.
  void figures(metrics::Page& page) const {
    for (std::uint32_t lane = 0; lane < config.live->lanes.size(); ++lane) {
      add_metrics(page, line->counters(lane), {{"lane", config.live->lanes[lane].name}});
    }
    add_metrics(page, line->latencies(), {});
    for (const Watched& camera : watched) {
      const LaneConfig& lane = config.live->lanes[camera.lane];
      add_metrics(page, camera.source->counters(),
                  {{"lane", lane.name}, {"camera", lane.cameras[camera.camera].name}});
    }
    for (const SorterLinks::Named& link : links.links) {
      add_metrics(page, link.link->counters(), {{"link", link.name}});
    }
    add_metrics(page, pool->counters(), {});
    add_metrics(page, RingFigures{ring->slots(), ring->in_use(), ring->refused()}, {});
    JournalFigures written;
    written.appended = appended;
    written.committed = journal->committed();
    written.acknowledged = journal->acknowledged();
    std::error_code failed;
    const auto space = std::filesystem::space(config.journal.directory, failed);
    if (!failed) written.free_bytes = space.available;
    add_metrics(page, written, {});
    if (sender) add_metrics(page, sender->status(), {});
    add_metrics(
        page,
        KeyFigures{keys->sequence(), keys->trust().keys_stale, keys->clock_state() == "trusted"},
        {});
    if (evidence) add_metrics(page, evidence->counters(), {});
    add_metrics(page, board.raised(), {});
    add_metrics(page, state.load(), {});
  }

  /// Whoever watches restarts what is not ok: a camera that is away is an alarm and no reason.
  Health health() const {
    Health now;
    now.ok = !line->failure();
    now.state = std::string(to_string(state.load()));
    now.alarms = board.standing();
    return now;
  }

  std::uint16_t port_of(std::string_view name) const;

  // ---- ending ----------------------------------------------------------------------------------

  Result<LiveReport> stop() {
    housekeeper = {};
    monitoring.reset();
    sorter->state(VisionState::halted);
    cameras_stop.request_stop();
    let_in(nullptr);
    auto drained = line->drain();
    LiveReport report;
    report.line = line->counters();
    report.latencies = line->latencies();
    if (appended > 0) {
      auto committed = journal->wait_committed(appended, kCommitPatience);
      if (!committed && drained) drained = committed;
    }
    if (sender) {
      if (!sender->drain(config.uplink->drain)) {
        log.write(Severity::warning, "uplink",
                  describe(sender->status()) + "; the rest stays in the journal");
      }
      report.link = describe(sender->status());
    }
    link_watch.reset();
    report.epoch = journal->epoch();
    report.first_sequence = first_sequence;
    report.committed = journal->committed();
    report.acknowledged = journal->acknowledged();
    report.keys = keys->sequence();
    report.keys_stale = keys->trust().keys_stale;
    report.clock = keys->clock_state();
    report.workers = pool->counters();
    if (evidence) {
      const Evidence::Counters pictures = evidence->settle();
      report.evidence_kept = pictures.kept;
      report.evidence_left_out = pictures.left_out;
    }
    for (const RealtimeState& got : {line->realtime(), pool->realtime()}) {
      if (!got.text.empty()) report.realtime.push_back(got.text);
    }
    if (!drained) return std::unexpected(drained.error());
    return report;
  }

  struct Watched {
    std::size_t lane = 0;
    std::size_t camera = 0;
    const Camera* source = nullptr;
  };

  StationConfig config;
  const Logger& log;
  const LiveSeams seams;
  std::atomic<int> standing = 0;
  AlarmBoard board;
  std::shared_ptr<vision::FrameRing> ring;
  std::optional<vision::DecodePool> pool;
  std::optional<uplink::EventLog> journal;
  std::optional<KeyKeeper> keys;
  std::optional<DuplicateIndex> index;
  std::optional<DuplicateJudge> duplicates;
  std::uint64_t last_piece = 0;
  std::optional<uplink::Sender> sender;
  std::optional<Evidence> evidence;
  std::atomic<std::uint64_t> appended = 0;
  std::uint64_t first_sequence = 0;
  std::mutex gate;  // line_now: links speak before there is a line, and after
  Line* line_now = nullptr;
  SorterLinks links;
  Sorter* sorter = nullptr;
  std::stop_source cameras_stop;
  std::vector<std::unique_ptr<vision::FrameSource>> sources;
  std::vector<Watched> watched;
  std::unique_ptr<Line> line;
  std::optional<LinkWatch> link_watch;
  std::atomic<VisionState> state = VisionState::preoperational;
  std::optional<Monitoring> monitoring;
  std::mutex house;
  std::condition_variable_any moment;
  std::jthread housekeeper;
};

Result<std::unique_ptr<LiveStation>> LiveStation::start(StationConfig config, const Logger& log,
                                                        LiveSeams seams) {
  if (!config.live) return fail(ErrorKind::invalid, "the configuration has no lanes");
  auto impl = std::make_unique<Impl>(std::move(config), log, std::move(seams));
  if (auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<LiveStation>(new LiveStation(std::move(impl)));
}

LiveStation::LiveStation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<void> LiveStation::reload(const StationConfig& config) {
  if (!config.live || config.station != impl_->config.station) {
    return fail(ErrorKind::invalid, "the new configuration is of another station");
  }
  impl_->line->retune(tuning_of(config));
  return {};
}

LineCounters LiveStation::counters() const {
  return impl_->line->counters();
}
std::uint64_t LiveStation::progress() const {
  return impl_->line->progress();
}
Line::Latencies LiveStation::latencies() const {
  return impl_->line->latencies();
}
vision::PoolCounters LiveStation::workers() const {
  return impl_->pool->counters();
}
std::vector<AlarmBoard::Standing> LiveStation::alarms() const {
  return impl_->board.standing();
}
std::uint64_t LiveStation::committed() const {
  return impl_->journal->committed();
}
std::optional<Error> LiveStation::failure() const {
  return impl_->line->failure();
}

std::uint16_t LiveStation::Impl::port_of(std::string_view name) const {
  for (const SorterLinks::Named& link : links.links) {
    if (link.name == name) return link.link->port();
  }
  return 0;
}

std::uint16_t LiveStation::telegram_port() const {
  return impl_->port_of("telegram");
}
std::uint16_t LiveStation::modbus_port() const {
  return impl_->port_of("modbus");
}

std::uint16_t LiveStation::monitoring_port() const {
  return impl_->monitoring ? impl_->monitoring->port() : 0;
}

std::uint64_t LiveStation::pieces_under_way() const {
  const LineCounters counted = impl_->line->counters();
  const std::uint64_t begun = counted.triggers + counted.untriggered;
  return begun > counted.events ? begun - counted.events : 0;
}

Result<LiveReport> LiveStation::stop() {
  return impl_->stop();
}

LiveStation::~LiveStation() {
  if (!impl_) return;
  impl_->let_in(nullptr);
  impl_->cameras_stop.request_stop();
}

}  // namespace backstamp::station
