// backstamp-replay: recorded mail through the lane, events on standard output.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "datasets/dataset.h"
#include "datasets/replay_source.h"
#include "postal/event_json.h"
#include "postal/key_bundle.h"
#include "programs/command_line.h"
#include "station/report.h"
#include "station/station.h"

namespace {

using namespace backstamp;

struct Arguments {
  std::filesystem::path dataset;
  std::string config;
  std::filesystem::path bundle;
  std::filesystem::path root;
  std::string formats = "postal";
  std::string today;
  unsigned threads = 1;
  std::uint32_t pieces_per_hour = 0;
  bool json = false;
};

void print(const postal::ScanEvent& event) {
  std::puts(postal::event_to_json(event).c_str());
}

void log(const std::string& line) {
  std::fprintf(stderr, "replay: %s\n", line.c_str());
}

/// The keys that were named, else those beside the dataset, else none: all keys are unknown then.
Result<postal::Verifier> open_keys(const Arguments& arguments) {
  auto bundle = arguments.bundle;
  auto root = arguments.root;
  if (bundle.empty() && std::filesystem::exists(arguments.dataset / "keys.bundle")) {
    bundle = arguments.dataset / "keys.bundle";
    if (root.empty()) root = arguments.dataset / "root.pub";
  }
  if (bundle.empty()) {
    log("no key bundle: every token's key is unknown (name one with --bundle and --root)");
    return postal::Verifier::make(postal::KeyBundle{});
  }
  if (root.empty()) {
    return fail(ErrorKind::invalid,
                bundle.string() + ": name the public key of its signer with --root");
  }
  const auto root_key = postal::load_public_key(root);
  if (!root_key) return std::unexpected(root_key.error());
  const auto file = read_file(bundle, limits::kKeyBundleBytes);
  if (!file) return std::unexpected(file.error());
  const auto opened = postal::open_bundle(*file, *root_key);
  if (!opened) return fail(bundle.string(), opened.error());
  return postal::Verifier::make(opened->believed());
}

/// The day against which mailing dates are judged: as told, else the day on which the dataset says
/// its mail was mailed, else none (the day of the replay).
Result<std::optional<Date>> judging_day(const Arguments& arguments) {
  std::string day = arguments.today;
  if (day.empty()) {
    const auto dataset = datasets::DatasetReader::open(arguments.dataset);
    const auto manifest =
        nlohmann::json::parse(dataset ? dataset->manifest_json() : "{}", nullptr, false);
    if (manifest.is_object())
      day = manifest.value(nlohmann::json::json_pointer("/maker/mailed"), std::string());
  }
  if (day.empty()) return std::nullopt;
  const auto date = parse_date(day);
  if (!date) return std::unexpected(date.error());
  return *date;
}

/// Events to standard output, nothing recorded.
Result<station::LaneReport> dry_run(const Arguments& arguments, std::stop_token stop) {
  const auto verifier = open_keys(arguments);
  if (!verifier) return std::unexpected(verifier.error());
  auto source = datasets::open_source(arguments.dataset);
  if (!source) return std::unexpected(source.error());
  station::LaneOptions options;
  options.workers = arguments.threads;
  options.pieces_per_hour = arguments.pieces_per_hour;
  if (arguments.pieces_per_hour == 0) options.deadline = std::chrono::seconds(5);
  const auto formats = vision::Formats::parse(arguments.formats);
  if (!formats) return std::unexpected(formats.error());
  options.formats = *formats;
  const auto today = judging_day(arguments);
  if (!today) return std::unexpected(today.error());
  options.today = *today;
  vision::DecodePoolOptions workers;
  workers.workers = arguments.threads;
  auto pool = vision::DecodePool::start(workers);
  if (!pool) return std::unexpected(pool.error());
  auto index = station::DuplicateIndex::in_memory();
  station::DuplicateJudge duplicates(index, {});
  std::uint64_t sequence = 0;
  const auto sink = [&](const postal::ScanEvent& judged, station::LaneFace&) -> Result<void> {
    postal::ScanEvent event = judged;
    event.id = {"replay", 0, ++sequence};
    index.note(event);
    print(event);
    return {};
  };
  return station::run_lane(**source, *pool, station::always(*verifier), duplicates, options, sink,
                           stop);
}

int run(const Arguments& arguments, std::stop_token stop) {
  if (arguments.config.empty()) {
    const auto report = dry_run(arguments, stop);
    if (!report) return programs::failed("replay", report.error());
    if (!arguments.json) std::fputs(station::report_to_text(*report).c_str(), stderr);
    return programs::kDone;
  }
  const auto config = station::load_config(arguments.config, arguments.dataset);
  if (!config) return programs::failed("replay", config.error());
  const auto report = station::run_station(*config, log, print, stop);
  if (!report) return programs::failed("replay", report.error());
  if (!arguments.json) std::fputs(station::station_report_to_text(*report).c_str(), stderr);
  return programs::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Replays recorded mail through the lane and prints one event a piece, as JSON lines.\n"
      "Alone it records nothing; with --config it is that station, fed from DATASET.",
      "backstamp replay"};
  app.footer(
      "Examples:\n"
      "  backstamp replay faces/                       events on standard output\n"
      "  backstamp replay faces/ --pieces-per-hour 36000\n"
      "  backstamp replay faces/ --config station.yaml journal, uplink and all\n"
      "  backstamp replay letters/ --bundle keys.bundle --root root.pub");
  app.add_option("DATASET", arguments.dataset, "A dataset, a tar or a folder of pictures")
      ->required();
  app.add_option("--config", arguments.config, "Be this station; its source path is not used");
  app.add_option("--bundle", arguments.bundle, "Key bundle [DATASET/keys.bundle, if there]");
  app.add_option("--root", arguments.root, "Public key of the bundle's signer [DATASET/root.pub]");
  app.add_option("--formats", arguments.formats, "Symbologies to read")->capture_default_str();
  app.add_option("--threads", arguments.threads, "Faces read at the same time")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("--pieces-per-hour", arguments.pieces_per_hour,
                 "Feed at line speed, with a line's deadline of 500 ms [as fast as read]");
  app.add_option("--today", arguments.today,
                 "Judge mailing dates against this day [the dataset's own, else today]");
  app.add_flag("--json", arguments.json, "No summary on standard error");
  BACKSTAMP_PARSE(app, argc, argv);
  return run(arguments, stop_on_signals().get_token());
}
