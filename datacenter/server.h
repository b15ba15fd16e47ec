// The running data center: the API for meters, the receipt of events, the waiting period.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/alarm.h"
#include "base/error.h"
#include "datacenter/config.h"

namespace backstamp::datacenter {

/// Serves from start until it is destroyed. One process a database: a second one is refused.
class DataCenter {
 public:
  /// `log` gets lines for people, from any thread; so do alarms where they have no sink of their
  /// own. Fails: not_found, invalid, refused, io.
  static Result<DataCenter> start(const Config& config, std::function<void(std::string)> log,
                                  AlarmSink alarms = {});

  std::string https_url() const;          ///< "https://127.0.0.1:8443", with the real port
  std::string uplink_endpoint() const;    ///< "tcp://127.0.0.1:7443", with the real port
  std::uint16_t monitoring_port() const;  ///< 0: no pages are configured
  /// Grows every second or so, while the database takes and gives: for a watchdog.
  std::uint64_t progress() const;

  /// Takes a changed allow-list into force: stations reconnect. On an Error of the file the old
  /// list stays.
  Result<void> reload_stations();

  /// Set when the storage failed: the process must end, and starts again from what is on disk.
  std::optional<Error> failure() const;

  DataCenter(DataCenter&&) noexcept;
  DataCenter& operator=(DataCenter&&) noexcept;
  ~DataCenter();

 private:
  struct Impl;
  explicit DataCenter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datacenter
