#include "programs/datacenter/serve.h"

#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/process.h"
#include "base/service.h"
#include "base/watchdog.h"
#include "datacenter/server.h"
#include "programs/command_line.h"

namespace backstamp::programs {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "datacenter";

std::atomic<bool> reload_wanted = false;

void on_hangup(int) {
  reload_wanted = true;
}

Result<void> announce(const datacenter::DataCenter& center, const std::string& ready_file) {
  Json said{{"ready", true}, {"https", center.https_url()}, {"uplink", center.uplink_endpoint()}};
  if (center.monitoring_port() != 0) said["monitoring"] = center.monitoring_port();
  const std::string line = said.dump() + "\n";
  if (!ready_file.empty()) {
    if (auto written = write_file_durably(ready_file, as_bytes(line)); !written) return written;
  }
  std::cout << line << std::flush;
  service::ready("serves meters at " + center.https_url() + " and stations at " +
                 center.uplink_endpoint());
  return {};
}

void reload(datacenter::DataCenter& center, const Logger& log) {
  service::reloading();
  const auto reloaded = center.reload_stations();
  if (reloaded) {
    log.write(Severity::notice, "reload", "the list of stations was read again");
  } else {
    log.write(Severity::error, "reload",
              "the list of stations stays as it was: " + reloaded.error().message);
  }
  service::ready(reloaded ? "the list of stations was read again"
                          : "serves with the old list of stations: the new one has faults");
}

}  // namespace

int serve_datacenter(const std::string& path, const std::string& ready_file) {
  const std::stop_token stop = stop_on_signals().get_token();
  struct sigaction hangup = {};
  hangup.sa_handler = on_hangup;
  sigaction(SIGHUP, &hangup, nullptr);

  const auto config = datacenter::load_config(path);
  if (!config) return failed(kName, config.error());
  const auto log = open_log("backstamp-datacenter", config->log);
  if (!log) return failed(kName, log.error());
  auto center = datacenter::DataCenter::start(
      *config, [&log](const std::string& line) { log->write(Severity::info, "note", line); },
      [&log](const Alarm& alarm) { log->write(alarm); });
  if (!center) return failed(kName, center.error());
  if (auto told = announce(*center, ready_file); !told) return failed(kName, told.error());
  const Watchdog watchdog([&center] { return center->progress(); });
  std::mutex mutex;
  std::condition_variable_any moment;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    if (const auto failure = center->failure()) return failed(kName, *failure);
    if (reload_wanted.exchange(false)) reload(*center, *log);
    moment.wait_for(lock, stop, std::chrono::milliseconds(200), [] { return false; });
  }
  service::stopping();
  return kDone;
}

}  // namespace backstamp::programs
