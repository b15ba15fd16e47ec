// The configuration of a station: one strict YAML file (docs/formats/station-config.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log_config.h"
#include "base/monitoring.h"
#include "postal/duplicates.h"
#include "postal/event.h"
#include "station/evidence.h"
#include "station/key_keeper.h"
#include "station/live_config.h"
#include "station/policy.h"
#include "vision/reader.h"

namespace backstamp::station {

/// Where the pieces come from.
struct SourceConfig {
  std::filesystem::path path;  ///< a dataset, a tar of pictures, or a folder of pictures
  /// Pieces an hour, as on a line: each piece is due at its time, ready or not. 0: the next piece
  /// is taken when a worker is free.
  std::uint32_t pieces_per_hour = 0;
};

struct JournalConfig {
  std::filesystem::path directory;
  std::uint64_t segment_bytes = 64ull << 20;
  std::chrono::microseconds commit_interval{2000};
  std::chrono::hours keep_acknowledged{45 * 24};
};

struct UplinkConfig {
  std::string endpoint;
  std::filesystem::path station_key;  ///< the station's .secret file
  std::filesystem::path server_key;   ///< the data center's .public file
  /// At the end of a replay and at a stop: how long to wait for the last acknowledgement.
  std::chrono::milliseconds drain{30'000};
};

/// A live line has `live`; a replay has `source`.
struct StationConfig {
  std::string station;
  postal::StationRole role = postal::StationRole::induction;
  std::string place;       ///< the building it stands in; empty: not told
  std::uint32_t pass = 1;  ///< which pass of a piece it is set up for
  SourceConfig source;
  std::optional<std::filesystem::path> profile;
  unsigned workers = 0;  ///< 0: one a core
  vision::Formats formats = vision::Formats::all();
  vision::RepairLimits repair;
  std::chrono::milliseconds deadline{500};  ///< from induction to decision
  /// Work for one face. Half of what the deadline allows unless it is told, so that reading ends by
  /// counted work, and by the clock only where the machine is twice as slow as it should be.
  std::uint32_t effort = 250'000;
  KeysConfig keys;
  Policy policy;
  postal::DuplicateRules duplicates;  ///< what concerns one machine of them
  JournalConfig journal;
  std::optional<UplinkConfig> uplink;  ///< absent: events stay in the journal
  std::optional<EvidenceConfig> evidence;
  std::optional<LiveConfig> live;
  std::optional<MonitoringConfig> monitoring;
  LogConfig log;
};

/// Reads a configuration whole or refuses it with every fault named by file, line and key.
/// `source_override` takes the place of the file's source path (its section may then be absent).
Result<StationConfig> load_config(const std::filesystem::path& path,
                                  const std::optional<std::filesystem::path>& source_override = {});

}  // namespace backstamp::station
