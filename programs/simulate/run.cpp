#include "programs/simulate/run.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "programs/simulate/camera.h"
#include "programs/simulate/founding.h"
#include "programs/simulate/gige.h"
#include "programs/simulate/machine.h"
#include "programs/simulate/relay.h"
#include "station/live.h"

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kProgressEach = 5s;
constexpr auto kMemoryEach = 5s;
/// Pieces of a lane under way at a time in a run without pacing.
constexpr std::size_t kUnderWay = 8;
/// In a run without pacing the belts hold so many pieces a second and lane: more than can be read.
constexpr std::uint32_t kUnpacedRate = 300 * 3600;
/// ... and each goes from the trigger to the camera as on a belt of this rate.
constexpr std::uint32_t kUnpacedTravelRate = 60'000;
constexpr auto kUnpacedDeadline = std::chrono::microseconds(5s);
/// After the last piece decisions may take so long before they count as lost.
constexpr auto kPatience = 6s;

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

/// The faults belong to the paced run; its second part measures throughput alone.
Options effective(const RunSetup& setup) {
  Options options = setup.options;
  if (setup.paced) return options;
  options.faults = {};
  options.worker_faults = {};
  options.rate = kUnpacedTravelRate;
  return options;
}

LinePlan plan_of(const RunSetup& setup, Options options) {
  if (!setup.paced) options.rate = kUnpacedRate;
  return plan_line(options, setup.seconds, setup.mail.lengths_mm());
}

/// Without pacing times say nothing of a piece: it is decided when it was read, with all effort.
void without_time(station::StationConfig& config) {
  for (station::LaneConfig& lane : config.live->lanes) {
    lane.deadline = kUnpacedDeadline;
    lane.window = kUnpacedDeadline / 2;
  }
  // So long a deadline asks for more memory than the few pieces under way need.
  config.live->frames = static_cast<unsigned>(config.live->lanes.size() * 3 * kUnderWay *
                                              config.live->lanes.front().cameras.size());
}

/// A run while it is under way.
class Run {
 public:
  Run(const RunSetup& setup, std::stop_token stop)
      : setup_(setup),
        options_(effective(setup)),
        stop_(std::move(stop)),
        plan_(plan_of(setup, options_)),
        ledger_(plan_.belts(), std::chrono::milliseconds(options_.deadline_ms)),
        stage_(setup.mail, plan_, ledger_, setup.paced) {
    if (options_.worker_faults.any()) stage_.mark = setup.mark;
  }

  Result<RunResult> run() {
    if (auto opened = open(); !opened) return std::unexpected(opened.error());
    start_ = steady_clock::now() + 200ms;
    const CpuTimes before = cpu_times();
    stage_.start.give(start_);
    machine_->begin();
    auto watched = watch();
    result_.cpu = cpu_times() - before;
    note_memory();
    if (!watched) return std::unexpected(watched.error());
    if (auto closed = close(); !closed) return std::unexpected(closed.error());
    return std::move(result_);
  }

 private:
  Result<void> open() {
    if (std::filesystem::exists(setup_.folder / "journal")) {
      return fail(ErrorKind::invalid, setup_.folder.string() + " has the journal of another run");
    }
    auto log = Logger::open("backstamp-simulate", LogForm::plain, Severity::error);
    if (!log) return std::unexpected(log.error());
    log_.emplace(std::move(*log));
    auto config = found_station(options_, plan_, setup_.mail, setup_.folder);
    station::LiveSeams seams;
    if (options_.cameras == CameraForm::gige) {
      if (auto answering = start_gige(); !answering) return answering;
      use_gige(config, setup_.mail, options_.rate);
    } else {
      seams.camera = [this](std::size_t lane, std::size_t camera,
                            std::shared_ptr<vision::FrameRing> ring,
                            std::stop_token stop) -> Result<std::unique_ptr<vision::FrameSource>> {
        return std::make_unique<SimulatedCamera>(stage_, lane, camera, std::move(ring),
                                                 std::move(stop));
      };
    }
    if (options_.worker_faults.any()) seams.decode_worker = options_.decode_worker;
    seams.on_piece = [this](const station::PieceRecord& piece) { figures_.take(piece); };
    if (setup_.paced) {
      stage_.patience = config.live->lanes.front().window / 2;
    } else {
      without_time(config);
    }
    journal_ = config.journal.directory;
    auto started = station::LiveStation::start(std::move(config), *log_, std::move(seams));
    if (!started) return std::unexpected(started.error());
    station_ = *std::move(started);
    std::uint16_t port = station_->telegram_port();
    if (options_.faults.link()) {
      auto relay = Relay::open(stage_, port);
      if (!relay) return std::unexpected(relay.error());
      relay_ = *std::move(relay);
      port = relay_->port();
    }
    machine_ = std::make_unique<Machine>(stage_, port, kUnderWay);
    return machine_->await_station(30s);
  }

  Result<void> start_gige() {
    const auto pictures = setup_.folder / "faces.grey";
    if (auto written = write_pictures(setup_.mail, pictures); !written) return written;
    for (std::size_t lane = 0; lane < plan_.lanes.size(); ++lane) {
      for (std::size_t camera = 0; camera < options_.cameras_per_lane; ++camera) {
        auto one = GigeCamera::start(stage_, lane, camera, pictures);
        if (!one) return std::unexpected(one.error());
        gige_.push_back(*std::move(one));
      }
    }
    return {};
  }

  /// Until all pieces are decided, or those that are not will not be any more.
  Result<void> watch() {
    SteadyTime told = start_;
    SteadyTime measured = start_;
    std::optional<SteadyTime> done;
    while (true) {
      std::this_thread::sleep_for(20ms);
      const SteadyTime now = steady_clock::now();
      if (const auto failure = station_->failure()) return std::unexpected(*failure);
      if (stop_.stop_requested()) return fail(ErrorKind::unavailable, "stopped by a signal");
      if (now - told >= kProgressEach) {
        told = now;
        tell();
      }
      if (now - measured >= kMemoryEach) {
        measured = now;
        note_memory();
      }
      if (!machine_->done()) continue;
      if (!done) done = now;
      // The last pieces still have to come before the cameras.
      if (now - *done < 500ms) continue;
      if (ledger_.settled() || now - *done > patience()) return {};
    }
  }

  std::chrono::nanoseconds patience() const {
    return kPatience + std::chrono::milliseconds(options_.deadline_ms);
  }

  void note_memory() { result_.memory.push_back({seconds_since(start_), resident_bytes()}); }

  void tell() const {
    const FigureSums sums = figures_.so_far();
    const double at = seconds_since(start_);
    const std::uint64_t late = setup_.paced ? ledger_.sums().too_late : 0;
    std::fprintf(stderr,
                 "simulate: %4.0f s  %7llu pieces (%.1f/s)  %llu late  image to decision p50 %.1f "
                 "ms, p99.9 %.1f ms\n",
                 at, static_cast<unsigned long long>(sums.pieces),
                 static_cast<double>(sums.pieces) / at, static_cast<unsigned long long>(late),
                 static_cast<double>(sums.latency.percentile_ns(0.5)) / 1e6,
                 static_cast<double>(sums.latency.percentile_ns(0.999)) / 1e6);
  }

  Result<void> close() {
    result_.workers = station_->workers();
    for (const auto& standing : station_->alarms()) {
      result_.alarms.push_back(standing.alarm.name + " " + standing.alarm.source + ": " +
                               standing.alarm.cause);
    }
    auto stopped = station_->stop();
    if (!stopped) return std::unexpected(stopped.error());
    result_.paced = setup_.paced;
    result_.planned = plan_.pieces();
    result_.line = stopped->line;
    result_.committed = stopped->committed;
    result_.link = machine_->counters();
    result_.not_sent = machine_->not_sent();
    machine_.reset();
    relay_.reset();
    station_.reset();  // the journal is free
    result_.machine = ledger_.sums();
    if (result_.machine.last_decision) {
      result_.seconds =
          std::chrono::duration<double>(*result_.machine.last_decision - start_).count();
    }
    result_.figures = figures_.so_far();
    result_.triggers_late = stage_.triggers_late.so_far();
    result_.pictures_late = stage_.pictures_late.so_far();
    auto records = read_records(journal_, kStation, plan_, setup_.mail, ledger_);
    if (!records) return std::unexpected(records.error());
    result_.records = *records;
    return {};
  }

  const RunSetup& setup_;
  const Options options_;
  const std::stop_token stop_;
  const LinePlan plan_;
  Ledger ledger_;
  Stage stage_;
  Figures figures_;
  RunResult result_;
  SteadyTime start_{};
  std::filesystem::path journal_;
  std::optional<Logger> log_;
  std::vector<std::unique_ptr<GigeCamera>> gige_;
  std::unique_ptr<station::LiveStation> station_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Machine> machine_;  // before what it talks to
};

}  // namespace

Result<RunResult> run_line(const RunSetup& setup, const std::stop_token& stop) {
  Run run(setup, stop);
  return run.run();
}

}  // namespace backstamp::simulate
