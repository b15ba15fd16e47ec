// backstamp-doctor: looks at a machine before and while it works, and says what to do.
#include <string>
#include <vector>

#include "programs/command_line.h"
#include "programs/config_kind.h"
#include "programs/doctor/checks.h"

namespace {

using namespace backstamp;

void unreadable(doctor::Findings& findings, const std::string& path, const Error& error) {
  findings.fault("configuration", path, error.message,
                 error.kind == ErrorKind::not_found
                     ? "name the file that the service is started with"
                     : "backstamp check-config names every fault with its line");
}

void examine(doctor::Findings& findings, const std::string& path) {
  const auto kind = programs::config_kind(path);
  if (!kind) return unreadable(findings, path, kind.error());
  if (*kind == programs::ConfigKind::datacenter) {
    const auto config = datacenter::load_config(path);
    if (!config) return unreadable(findings, path, config.error());
    findings.ok("configuration", path, "a data center, " + config->name);
    return check_datacenter(findings, *config);
  }
  const auto config = station::load_config(path);
  if (!config) return unreadable(findings, path, config.error());
  findings.ok("configuration", path,
              "station " + config->station +
                  (config->live ? ", " + std::to_string(config->live->lanes.size()) + " lanes"
                                : ", recorded mail"));
  check_station(findings, *config);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Looks at what a station or a data center needs: configuration, keys, disk, clock, cameras,\n"
      "network, sorter, data center, worker programs. Says of each fault what to do. Run it as "
      "the\n"
      "user of the service; it changes nothing.",
      "backstamp doctor"};
  app.footer(
      "Examples:\n"
      "  backstamp doctor --config station.yaml\n"
      "  sudo -u backstamp backstamp doctor --config /var/lib/backstamp/lane-1/station.yaml\n"
      "  backstamp doctor --config dc/datacenter.yaml --json\n\n"
      "Exit status 1 when there is a fault; warnings alone are 0. A running service is not\n"
      "disturbed. docs/operations.md says more of each check.");
  std::vector<std::string> configs;
  bool json = false;
  app.add_option("--config", configs,
                 "A station.yaml or datacenter.yaml; may be given more than once")
      ->required();
  app.add_flag("--json", json, "Print one line of JSON a check");
  BACKSTAMP_PARSE(app, argc, argv);
  doctor::Findings findings;
  for (const std::string& config : configs) examine(findings, config);
  std::fputs((json ? to_json(findings) : to_text(findings)).c_str(), stdout);
  return findings.any_fault() ? programs::kFailed : programs::kDone;
}
