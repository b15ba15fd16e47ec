// The configuration of the data center: datacenter.yaml and its allow-list of stations.
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
#include "uplink/curve_keys.h"

namespace backstamp::datacenter {

/// datacenter.yaml, checked. Relative paths in it are taken from its folder.
struct Config {
  std::string name;  ///< what people call this data center
  std::filesystem::path database;
  std::chrono::microseconds waiting_period{};  ///< from registration until "not read"

  postal::DuplicateRules duplicates;  ///< which readings one piece cannot have made

  struct Https {
    std::string address;
    std::uint16_t port = 0;  ///< 0: any free one
    std::filesystem::path certificate;
    std::filesystem::path private_key;
  } https;

  struct Uplink {
    std::string endpoint;            ///< "tcp://ADDRESS:PORT", port 0: any free one
    std::filesystem::path keys;      ///< the .secret file of the CURVE key pair
    std::filesystem::path stations;  ///< the allow-list
  } uplink;

  /// The secure meter box; none: no postage is dispensed here.
  struct MeterBox {
    std::filesystem::path socket;
    std::chrono::milliseconds timeout{5000};  ///< for each order
  };
  std::optional<MeterBox> meterbox;
  /// What is published to stations (docs/formats/key-bundle.md).
  struct Keys {
    std::filesystem::path bundle;    ///< the newest; whoever replaces it publishes it
    std::filesystem::path root;      ///< public key of its root
    std::filesystem::path time_key;  ///< private key that signs the time
  };
  std::optional<Keys> keys;  ///< absent: keys reach stations by other ways
  LogConfig log;
  std::optional<MonitoringConfig> monitoring;  ///< absent: no pages
};

/// Fails: not_found, invalid (every fault named by file, line and key).
Result<Config> load_config(const std::filesystem::path& path);
/// The same from text; `name` stands for the file in messages.
Result<Config> parse_config(std::string_view text, std::string name, std::filesystem::path folder);

/// The allow-list of stations. Fails also when a name or a key stands in it twice.
Result<uplink::AllowList> load_stations(const std::filesystem::path& path);

}  // namespace backstamp::datacenter
