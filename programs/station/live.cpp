#include "programs/station/live.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>

#include "base/process.h"
#include "base/service.h"
#include "base/watchdog.h"
#include "programs/command_line.h"
#include "station/live.h"

namespace backstamp::programs {
namespace {

constexpr const char* kName = "station";
std::atomic<bool> reload_wanted = false;

void on_hangup(int) {
  reload_wanted = true;
}

void reload(station::LiveStation& live, const std::filesystem::path& path, const Logger& log) {
  service::reloading();
  const auto config = station::load_config(path);
  const Result<void> taken =
      config ? live.reload(*config) : Result<void>(std::unexpected(config.error()));
  if (taken) {
    log.write(Severity::notice, "reload", path.string() + " is in force");
  } else {
    log.write(Severity::error, "reload",
              path.string() + " is not taken, all stays as it was: " + taken.error().message);
  }
  service::ready(taken ? "running" : "running; the newest configuration is refused");
}

}  // namespace

int run_live(const std::filesystem::path& path, station::StationConfig config, bool json) {
  const std::stop_token stop = stop_on_signals().get_token();
  struct sigaction hangup = {};
  hangup.sa_handler = on_hangup;
  sigaction(SIGHUP, &hangup, nullptr);

  auto log = open_log("backstamp-station", config.log);
  if (!log) return failed(kName, log.error());
  auto live = station::LiveStation::start(std::move(config), *log);
  if (!live) return failed(kName, live.error());
  service::ready("running");
  std::optional<Error> failure;
  {
    Watchdog watchdog([&live] { return (*live)->progress(); });
    std::mutex mutex;
    std::condition_variable_any moment;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested() && !failure) {
      failure = (*live)->failure();
      if (reload_wanted.exchange(false)) reload(**live, path, *log);
      moment.wait_for(lock, stop, std::chrono::milliseconds(200), [] { return false; });
    }
    service::stopping();
    log->write(Severity::notice, "stopping", "no further pieces; deciding those under way");
  }
  const auto report = (*live)->stop();
  if (failure) return failed(kName, *failure);
  if (!report) return failed(kName, report.error());
  std::fputs(
      (json ? station::live_report_to_json(*report) + "\n" : station::live_report_to_text(*report))
          .c_str(),
      stdout);
  return kDone;
}

}  // namespace backstamp::programs
