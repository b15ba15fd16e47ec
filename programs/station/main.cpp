// backstamp-station: a scan station, from its configuration.
#include <cstdio>

#include "base/clock.h"
#include "base/process.h"
#include "programs/command_line.h"
#include "station/report.h"
#include "station/station.h"

int main(int argc, char** argv) {
  using namespace backstamp;
  CLI::App app{
      "Runs a scan station: reads every piece of its source, verifies the token, decides,\n"
      "journals one event a piece and carries the events to the data center.\n"
      "Started again, it goes on after the last piece in its journal.",
      "backstamp station"};
  app.footer(
      "Example:\n"
      "  backstamp station --config station.yaml\n\n"
      "docs/formats/station-config.md lists every key. SIGTERM finishes the pieces that were\n"
      "taken, waits for the last acknowledgement and ends; a second one ends at once.");
  std::string config_path;
  bool json = false;
  app.add_option("--config", config_path, "The station's YAML file")->required();
  app.add_flag("--json", json, "Print the report at the end as one line of JSON");
  BACKSTAMP_PARSE(app, argc, argv);

  auto& stop = stop_on_signals();
  const auto config = station::load_config(config_path);
  if (!config) return programs::failed("station", config.error());
  const auto log = [](const std::string& line) {
    std::fprintf(stderr, "%s %s\n", format_utc(utc_now()).c_str(), line.c_str());
  };
  const auto report = station::run_station(*config, log, {}, stop.get_token());
  if (!report) return programs::failed("station", report.error());
  std::fputs((json ? station::station_report_to_json(*report) + "\n"
                   : station::station_report_to_text(*report))
                 .c_str(),
             stdout);
  return programs::kDone;
}
