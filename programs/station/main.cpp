// backstamp-station: a scan station, from its configuration; and how it is enrolled.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/service.h"
#include "base/watchdog.h"
#include "programs/command_line.h"
#include "programs/station/live.h"
#include "station/enrolment.h"
#include "station/report.h"
#include "station/station.h"

namespace {

using namespace backstamp;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "station";

struct Options {
  std::string config;
  std::string letter;
  std::string root;
  bool json = false;
};

int run(const Options& options) {
  const auto config = station::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  if (config->live) return programs::run_live(options.config, *config, options.json);
  auto& stop = stop_on_signals();
  auto log = open_log("backstamp-station", config->log);
  if (!log) return programs::failed(kName, log.error());
  service::ready("reads " + config->source.path.string());
  // Recorded mail waits for nobody: that the process lives is enough.
  const Watchdog watchdog([] { return std::uint64_t{0}; }, [] { return false; });
  const std::stop_callback told(stop.get_token(), [] { service::stopping(); });
  const auto report = station::run_station(
      *config, [&log](const std::string& line) { log->write(Severity::info, "note", line); }, {},
      stop.get_token());
  if (!report) return programs::failed(kName, report.error());
  std::fputs((options.json ? station::station_report_to_json(*report) + "\n"
                           : station::station_report_to_text(*report))
                 .c_str(),
             stdout);
  return programs::kDone;
}

int done(const Options& options, const Json& json, const std::string& text) {
  std::puts(options.json ? json.dump().c_str() : text.c_str());
  return programs::kDone;
}

int new_key(const Options& options) {
  const auto config = station::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  const auto made = station::make_station_key(*config);
  if (!made) return programs::failed(kName, made.error());
  return done(options, {{"station", config->station}, {"public_key_file", made->string()}},
              "made a key; bring " + made->string() +
                  " to the data center: backstamp datacenter enrol-station --name " +
                  config->station);
}

Result<std::optional<postal::KeyId>> told_root(const std::string& hex) {
  if (hex.empty()) return std::optional<postal::KeyId>();
  const auto bytes = from_hex(hex);
  postal::KeyId root{};
  if (!bytes || bytes->size() != root.size()) {
    return fail(ErrorKind::invalid, "--root: 16 hexadecimal digits are wanted");
  }
  std::copy(bytes->begin(), bytes->end(), root.begin());
  return std::optional(root);
}

Result<station::Enrolled> enrol(const station::StationConfig& config, const Options& options) {
  const auto root = told_root(options.root);
  if (!root) return std::unexpected(root.error());
  const auto text = read_file(options.letter, uplink::kEnrolmentBytes);
  if (!text) return std::unexpected(text.error());
  const auto letter = uplink::parse_enrolment(as_text(*text));
  if (!letter) return fail(options.letter, letter.error());
  return station::install_enrolment(config, *letter, *root);
}

int enrol(const Options& options) {
  const auto config = station::load_config(options.config);
  if (!config) return programs::failed(kName, config.error());
  const auto enrolled = enrol(*config, options);
  if (!enrolled) return programs::failed(kName, enrolled.error());
  if (enrolled->other_endpoint) {
    std::fprintf(stderr, "the letter names another address of the data center than %s does\n",
                 options.config.c_str());
  }
  const std::string root = to_hex(enrolled->root);
  return done(options,
              {{"station", config->station},
               {"root", root},
               {"sequence", enrolled->sequence},
               {"time", format_utc(enrolled->time)},
               {"new_key", enrolled->new_key}},
              "enrolled " + config->station + ": root " + root + ", bundle " +
                  std::to_string(enrolled->sequence) + ", not before " +
                  format_utc(enrolled->time) + (enrolled->new_key ? ", with its new key" : ""));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Runs a scan station: reads every piece of its lanes or its source, verifies the token,\n"
      "decides, journals one event a piece and carries the events to the data center.\n"
      "Started again, it goes on after the last piece in its journal.",
      "backstamp station"};
  app.footer(
      "Examples:\n"
      "  backstamp station --config station.yaml\n"
      "  backstamp station new-key --config station.yaml\n"
      "  backstamp station enrol --config station.yaml --letter lane-1.enrolment\n\n"
      "docs/formats/station-config.md lists every key. SIGTERM finishes the pieces that were\n"
      "taken, waits for the last acknowledgement and ends; a second one ends at once. SIGHUP "
      "makes\n"
      "a station with lanes read its configuration again.");
  Options options;
  app.add_option("--config", options.config, "The station's YAML file");
  app.add_flag("--json", options.json, "Print the report at the end as one line of JSON");
  CLI::App* key = app.add_subcommand("new-key", "Make the station's key, or the one that follows");
  CLI::App* letter = app.add_subcommand("enrol", "Install what the data center gave the station");
  for (CLI::App* command : {key, letter}) {
    command->add_option("--config", options.config, "The station's YAML file")->required();
    command->add_flag("--json", options.json, "Print JSON");
  }
  letter->add_option("--letter", options.letter, "What `datacenter enrol-station` wrote")
      ->required();
  letter->add_option("--root", options.root, "Refuse any other root: its key id, 16 digits");
  app.require_subcommand(0, 1);
  app.callback([&] {
    if (app.get_subcommands().empty() && options.config.empty()) {
      throw CLI::RequiredError("--config");
    }
  });
  BACKSTAMP_PARSE(app, argc, argv);
  if (key->parsed()) return new_key(options);
  if (letter->parsed()) return enrol(options);
  return run(options);
}
