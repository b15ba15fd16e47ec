// Pages for those who watch a process: figures for Prometheus, health, alarms. Over plain HTTP,
// which is why it is for this machine unless the configuration says otherwise (base/http.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "base/error.h"
#include "base/metrics.h"
#include "base/yaml.h"

namespace backstamp {

struct MonitoringConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  bool plain_anywhere = false;
};
/// `address`, `port` (required) and `plain_anywhere`.
MonitoringConfig read_monitoring(yaml::Section section);

/// How a process is.
struct Health {
  bool ok = true;     ///< it does its work; alarms may stand all the same
  std::string state;  ///< in one word: "ContinuousExecution", "serving"
  std::vector<StandingAlarm> alarms;
};
/// {"ok": …, "state": …, "alarms": [{"name", "source", "cause", "remedy", "since"}, …]}
std::string health_to_json(const Health& health);

/// Serves from start until it is destroyed:
///   /metrics  text exposition 0.0.4: what `figures` writes, then those of the process itself
///             (process_…) and backstamp_alarm{name, source} for each alarm that stands
///   /healthz  health_to_json; status 200, or 503 when it is not ok
///   /alarms   the list of alarms alone
/// Both callbacks run on its thread, one at a time, and must not wait for the work they tell of.
class Monitoring {
 public:
  using Figures = std::function<void(metrics::Page&)>;
  /// Fails: io (the port is taken), invalid, refused (not a loopback address).
  static Result<Monitoring> start(const MonitoringConfig& config, Figures figures,
                                  std::function<Health()> health);
  std::uint16_t port() const;  ///< the real one

  Monitoring(Monitoring&&) noexcept;
  Monitoring& operator=(Monitoring&&) noexcept;
  ~Monitoring();

 private:
  struct Impl;
  explicit Monitoring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds,
/// process_max_fds, process_threads and process_start_time_seconds, as Prometheus' own clients name
/// them.
void process_metrics(metrics::Page& page);

}  // namespace backstamp
