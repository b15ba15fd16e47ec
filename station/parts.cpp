#include "station/parts.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "calibration/profile.h"
#include "uplink/curve_keys.h"

namespace backstamp::station {

Result<uplink::EventLog> open_journal(const StationConfig& config, const Log& log) {
  uplink::EventLogOptions options;
  options.directory = config.journal.directory;
  options.station = config.station;
  options.segment_bytes = config.journal.segment_bytes;
  options.commit_interval = config.journal.commit_interval;
  options.keep_acknowledged = config.journal.keep_acknowledged;
  auto journal = uplink::EventLog::open(std::move(options));
  if (!journal) return journal;
  const uplink::Recovery& found = journal->recovery();
  if (found.records > 0) {
    log("journal: " + std::to_string(found.records) + " events found");
  }
  if (found.torn_bytes > 0) {
    log("journal: " + std::to_string(found.torn_bytes) + " torn bytes cut from its end");
  }
  for (const std::string& range : found.quarantined) log("journal: damaged: " + range);
  return journal;
}

Result<uplink::Sender> open_uplink(const UplinkConfig& config, uplink::EventLog& journal,
                                   KeyKeeper& keys) {
  auto curve = uplink::load_curve_keys(config.station_key);
  if (!curve) return std::unexpected(curve.error());
  auto server = uplink::load_curve_public_key(config.server_key);
  if (!server) return std::unexpected(server.error());
  uplink::SenderOptions options;
  options.endpoint = config.endpoint;
  options.keys = std::move(*curve);
  options.server_public_key = std::move(*server);
  options.station_keys = keys.for_uplink();
  return uplink::Sender::start(std::move(options), journal);
}

unsigned worker_count(const StationConfig& config) {
  return config.workers > 0 ? config.workers : std::max(1u, std::thread::hardware_concurrency());
}

Result<DuplicateIndex> open_index(const StationConfig& config, const uplink::EventLog& journal,
                                  const Log& log) {
  DuplicateIndexOptions options;
  options.directory = config.journal.directory / "duplicates";
  options.days = static_cast<unsigned>(std::max<std::int64_t>(
      45, std::chrono::ceil<std::chrono::days>(config.journal.keep_acknowledged).count()));
  options.committed = [&journal] { return journal.committed(); };
  options.log = log;
  return DuplicateIndex::open(std::move(options));
}

Result<std::uint64_t> restore(const uplink::EventLog& journal, DuplicateIndex& index,
                              DuplicateJudge& duplicates) {
  std::uint64_t last_piece = 0;
  auto visited = journal.for_each([&](const postal::ScanEvent& event) {
    last_piece = std::max(last_piece, event.piece);
    index.restore(event);
    if (event.piece > 0) duplicates.induced(event.induced_at);
  });
  if (!visited) return std::unexpected(visited.error());
  return last_piece;
}

Result<Evidence> open_evidence(const StationConfig& config, const AlarmSink& alarms) {
  EvidenceConfig evidence = *config.evidence;
  if (config.profile) {
    const auto profile = calibration::load_profile(*config.profile);
    if (!profile) return std::unexpected(profile.error());
    evidence.px_per_mm = std::min(profile->px_per_mm_x, profile->px_per_mm_y);
  }
  return Evidence::open(std::move(evidence), config.station, alarms);
}

std::string describe(const uplink::SenderStatus& status) {
  switch (status.state) {
    case uplink::LinkState::connected:
      return "connected";
    case uplink::LinkState::connecting:
      return "connecting";
    case uplink::LinkState::refused:
      return "refused: " + status.detail;
    case uplink::LinkState::down:
      return "down: " + status.detail;
  }
  return "unknown";
}

struct LinkWatch::Impl {
  Impl(const uplink::Sender& sender, Log log)
      : thread([this, &sender, log = std::move(log)](const std::stop_token& stop) {
          run(sender, log, stop);
        }) {}

  void run(const uplink::Sender& sender, const Log& log, const std::stop_token& stop) {
    auto told = uplink::LinkState::connecting;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const uplink::SenderStatus status = sender.status();
      if (status.state != told && status.state != uplink::LinkState::connecting) {
        log("uplink: " + describe(status));
        told = status.state;
      }
      moment.wait_for(lock, stop, std::chrono::milliseconds(500), [] { return false; });
    }
  }

  std::mutex mutex;
  std::condition_variable_any moment;
  std::jthread thread;  // last: it uses the members above
};

LinkWatch::LinkWatch(const uplink::Sender& sender, Log log)
    : impl_(std::make_unique<Impl>(sender, std::move(log))) {}
LinkWatch::LinkWatch(LinkWatch&&) noexcept = default;
LinkWatch::~LinkWatch() = default;

}  // namespace backstamp::station
