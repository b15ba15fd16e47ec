// A live station: cameras, sorter, line, journal, uplink, evidence, all watched.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/alarm_board.h"
#include "base/error.h"
#include "base/log.h"
#include "station/camera.h"
#include "station/config.h"
#include "station/line.h"
#include "station/sorter.h"
#include "vision/frame_ring.h"
#include "vision/frame_source.h"

namespace backstamp::station {

/// What a simulation or a test puts in the place of hardware.
struct LiveSeams {
  /// Instead of open_camera; empty: the configured cameras. The source ends soon after `stop`.
  std::function<Result<std::unique_ptr<vision::FrameSource>>(
      std::size_t lane, std::size_t camera, std::shared_ptr<vision::FrameRing> ring,
      std::stop_token stop)>
      camera;
  std::filesystem::path decode_worker;   ///< another program than backstamp-decode-worker
  std::filesystem::path program_folder;  ///< where the worker programs lie; empty: beside this one
  /// Sees each piece after its decision, before the journal; returns at once.
  std::function<void(const PieceRecord&)> on_piece;
};

struct LiveReport {
  LineCounters line;
  Line::Latencies latencies;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;  ///< of this run; 0: none
  std::uint64_t committed = 0;       ///< highest sequence in the journal
  std::uint64_t acknowledged = 0;    ///< highest sequence that the data center holds
  std::string link;                  ///< of the uplink at the end; empty without one
  std::uint64_t keys = 0;
  bool keys_stale = false;
  std::string clock;
  std::uint64_t evidence_kept = 0;
  std::uint64_t evidence_left_out = 0;
  vision::PoolCounters workers;
  std::vector<std::string> realtime;  ///< what the machine made of the profile, a line each
};

/// Runs from start() to stop(). Thread-safe in between.
class LiveStation {
 public:
  /// `config` must have `live`. Fails: the configuration's files, a journal that cannot be opened,
  /// an address in use, no worker processes. Cameras and peers that are away are alarms.
  static Result<std::unique_ptr<LiveStation>> start(StationConfig config, const Logger& log,
                                                    LiveSeams seams = {});

  /// Policy, sort plans, formats and effort of a new configuration are taken over at once; of what
  /// differs beside them the log says that a restart is needed. Fails (invalid) and changes nothing
  /// when the new configuration is of another station.
  Result<void> reload(const StationConfig& config);

  LineCounters counters() const;
  Line::Latencies latencies() const;
  vision::PoolCounters workers() const;
  std::vector<AlarmBoard::Standing> alarms() const;
  std::uint64_t committed() const;  ///< highest sequence on stable storage
  std::uint64_t pieces_under_way() const;
  std::uint64_t progress() const;         ///< Line::progress: for a watchdog
  std::uint16_t telegram_port() const;    ///< 0: no such link
  std::uint16_t modbus_port() const;      ///< 0: no such link
  std::uint16_t monitoring_port() const;  ///< 0: none
  /// Why the line cannot go on, if it cannot: stop() then.
  std::optional<Error> failure() const;

  /// Takes nothing more, decides and records what is under way, waits for the uplink. Once.
  Result<LiveReport> stop();

  ~LiveStation();

 private:
  struct Impl;
  explicit LiveStation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A report for people, and as one line of JSON.
std::string live_report_to_text(const LiveReport& report);
std::string live_report_to_json(const LiveReport& report);

}  // namespace backstamp::station
