// backstamp-simulate: a sorting line without hardware, judged by what its machine is told.
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "base/process.h"
#include "programs/command_line.h"
#include "programs/simulate/founding.h"
#include "programs/simulate/gige.h"
#include "programs/simulate/mark.h"
#include "programs/simulate/progress.h"
#include "programs/simulate/report.h"
#include "programs/simulate/run.h"

namespace backstamp::simulate {
namespace {

namespace fs = std::filesystem;
using programs::kUsage;

/// Each camera process has all of them in memory, so there are few.
constexpr std::uint32_t kGigeFaces = 40;

constexpr const char* kFooter =
    "Examples:\n"
    "  backstamp simulate --lanes 4 --rate 60000 --seconds 600\n"
    "  backstamp simulate --seconds 120 --jams 3 --doubles 10 --missing 10 --plc-cuts 2\n"
    "  backstamp simulate --mail recorded/ --unpaced\n"
    "\n"
    "Belts, cameras and the sorting machine's control are simulated; the station behind them is "
    "the\n"
    "real one, with its worker processes, journal and sorter link. docs/simulation.md says how, "
    "and\n"
    "what the figures mean. Faces are rendered before the clock starts.\n"
    "\n"
    "Exit status: 0; 1 when a promise was not kept: an event for every piece, one decision for\n"
    "every piece, 99.99 % of them in time, every piece read as the same face is in calm; 2 usage.";

/// The folder of the simulation, removed at the end unless it was named.
class Workspace {
 public:
  explicit Workspace(fs::path keep) : path_(std::move(keep)), kept_(!path_.empty()) {
    if (kept_) {
      std::error_code ignored;
      fs::create_directories(path_, ignored);
      return;
    }
    std::string name = (fs::temp_directory_path() / "backstamp-simulate-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Workspace() {
    std::error_code ignored;
    if (!kept_ && !path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool kept_;
};

void add_line_options(CLI::App& app, Options& options) {
  app.add_option("--mail", options.mail,
                 "Recorded mail (a dataset, a tar, a folder) [synthesized]");
  app.add_option("--faces", options.faces, "Faces to render")
      ->check(CLI::Range(1u, 5000u))
      ->capture_default_str();
  app.add_option("--mix", options.mix, "postal, or plain: one class of genuine mail")
      ->check(CLI::IsMember({"postal", "plain"}))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "What mail, belts and faults follow from")
      ->capture_default_str();
  app.add_option("--lanes", options.lanes, "Lanes")
      ->check(CLI::Range(1u, 32u))
      ->capture_default_str();
  app.add_option("--cameras-per-lane", options.cameras_per_lane, "Cameras of each lane")
      ->check(CLI::Range(1u, 3u))
      ->capture_default_str();
  app.add_option(
         "--cameras", options.cameras,
         "memory; or gige: fake GigE Vision cameras on the loopback, as fast as it lets them")
      ->transform(CLI::CheckedTransformer(std::map<std::string, CameraForm>{
          {"memory", CameraForm::memory}, {"gige", CameraForm::gige}}));
  app.add_option("--rate", options.rate, "Pieces an hour and lane")
      ->check(CLI::Range(60u, 400'000u))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long the belts run")
      ->check(CLI::Range(1.0, 86'400.0))
      ->capture_default_str();
  app.add_option("--deadline-ms", options.deadline_ms, "From trigger to decision")
      ->check(CLI::Range(110u, 60'000u))
      ->capture_default_str();
  app.add_option("--window-ms", options.window_ms,
                 "How far from its time a picture may come [up to 60, as the deadline allows]")
      ->check(CLI::Range(5u, 5000u));
  app.add_option("--effort", options.effort,
                 "Work for one face [a station's default]; a face that takes six times as long as "
                 "its work should is given up")
      ->check(CLI::Range(2'000u, 10'000'000u));
  app.add_option("--workers", options.workers, "Faces read at the same time [one a core]")
      ->check(CLI::Range(1u, 256u));
  app.add_flag("--unpaced", options.unpaced, "Only as fast as the station takes pieces");
  app.add_flag("--no-unpaced", options.no_unpaced, "Only in real time");
  app.add_option("--unpaced-seconds", options.unpaced_seconds,
                 "How long the part without pacing is")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  app.add_option("--keep", options.keep, "Keep journal and keys in this folder");
  app.add_flag("--json", options.json, "One JSON object on standard output");
}

void add_fault_options(CLI::App& app, Options& options) {
  LineFaults& faults = options.faults;
  const auto count = [&](const char* name, std::uint32_t& value, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(0u, 100'000u))->group("Faults, in all");
  };
  count("--jams", faults.jams, "The belt stands for some seconds");
  count("--speed-changes", faults.speed_changes, "The belt goes slower or faster for a while");
  count("--doubles", faults.doubles, "Two pieces at once");
  count("--missing", faults.missing, "Triggers that the machine does not send");
  count("--unplugs", faults.unplugs, "A camera is away for some seconds");
  count("--damaged", faults.damaged, "Pictures of which a part did not arrive");
  count("--frozen", faults.frozen, "Pictures that are the one before");
  count("--wrong-size", faults.wrong_size, "Pictures of another size");
  count("--plc-cuts", faults.plc_cuts, "The link to the machine breaks");
  count("--plc-silences", faults.plc_silences, "The link stands, and nothing comes over it");
  count("--plc-nonsense", faults.plc_nonsense, "Bytes that are no telegram");
}

/// "crash=100,hang=100,bloat=100". Fails (invalid).
Result<WorkerFaults> parse_worker_faults(const std::string& text) {
  WorkerFaults faults;
  const std::map<std::string, std::uint32_t*> names{
      {"crash", &faults.crash}, {"hang", &faults.hang}, {"bloat", &faults.bloat}};
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const std::size_t equals = part.find('=');
    const auto name = names.find(part.substr(0, equals));
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    const bool digits = !value.empty() && value.size() <= 6 &&
                        value.find_first_not_of("0123456789") == std::string::npos;
    if (name == names.end() || !digits || std::stoul(value) < 3) {
      return fail(ErrorKind::invalid,
                  "--faults " + text + ": wanted crash=N,hang=N,bloat=N with N of 3 or more");
    }
    *name->second = static_cast<std::uint32_t>(std::stoul(value));
  }
  return faults;
}

/// What cannot be had together, if anything.
const char* contradiction(const Options& options) {
  if (options.worker_faults.any() && options.decode_worker.empty()) {
    return "--faults needs --decode-worker: the worker of a release does nothing that it is told "
           "by "
           "a picture";
  }
  if (options.unpaced && options.no_unpaced) {
    return "--unpaced and --no-unpaced leave nothing to do";
  }
  const LineFaults& faults = options.faults;
  if (options.cameras == CameraForm::gige &&
      (options.unpaced || options.worker_faults.any() ||
       faults.damaged + faults.frozen + faults.wrong_size > 0)) {
    return "--cameras gige shows sound pictures in real time only (--unplugs apart)";
  }
  return nullptr;
}

Result<RunResult> one_run(const Options& options, const Mail& mail, const fs::path& folder,
                          bool paced, const std::stop_token& stop) {
  RunSetup setup{options,
                 mail,
                 folder / (paced ? "paced" : "unpaced"),
                 paced,
                 paced ? options.seconds : options.unpaced_seconds,
                 mark_for_unruly_worker};
  std::error_code error;
  fs::create_directories(setup.folder, error);
  if (error) return fail(ErrorKind::io, setup.folder.string() + ": " + error.message());
  return run_line(setup, stop);
}

int simulate(const Options& options, const std::stop_token& stop) {
  const Workspace space(options.keep);
  Report report{options, 0, 0, {}, {}, {}};
  ProgressLine line;
  const auto progress = [&](const char* what, std::uint64_t done, std::uint64_t total) {
    line.show(what, done, total);
  };
  auto mail = make_mail(options, space.path(), progress);
  if (!mail) return programs::failed("simulate", mail.error());
  if (options.cameras == CameraForm::gige) make_one_size(*mail);
  const LinePlan unused;
  const auto calm =
      read_in_calm(*mail, read_options(found_station(options, unused, *mail, {})), progress);
  if (!calm) return programs::failed("simulate", calm.error());
  line.end();
  report.faces = mail->faces.size();
  report.face_bytes = mail->bytes();
  report.mix = mail->mix;
  if (!options.unpaced) {
    auto run = one_run(options, *mail, space.path(), true, stop);
    if (!run) return programs::failed("simulate", run.error());
    report.paced = std::move(*run);
  }
  if (!options.no_unpaced) {
    auto run = one_run(options, *mail, space.path(), false, stop);
    if (!run) return programs::failed("simulate", run.error());
    report.unpaced = std::move(*run);
  }
  const std::string text = options.json ? report_to_json(report) + "\n" : report_to_text(report);
  std::fputs(text.c_str(), stdout);
  bool kept = true;
  for (const auto* run : {&report.paced, &report.unpaced}) {
    kept = kept && (!*run || broken_promises(**run, options).empty());
  }
  return kept ? programs::kDone : programs::kFailed;
}

int run(int argc, char** argv) {
  CLI::App app("Runs a sorting line without hardware and says how the station kept up",
               "backstamp simulate");
  app.footer(kFooter);
  Options options;
  std::string faults;
  add_line_options(app, options);
  add_fault_options(app, options);
  app.add_option("--faults", faults,
                 "Workers that fail on every N-th piece: crash=N,hang=N,bloat=N")
      ->group("Faults, in all");
  app.add_option("--decode-worker", options.decode_worker,
                 "The worker that --faults needs (built with the tests)")
      ->check(CLI::ExistingFile)
      ->group("Faults, in all");
  BACKSTAMP_PARSE(app, argc, argv);
  if (!faults.empty()) {
    auto parsed = parse_worker_faults(faults);
    if (!parsed) {
      programs::failed("simulate", parsed.error());
      return kUsage;
    }
    options.worker_faults = *parsed;
  }
  if (const char* const fault = contradiction(options)) {
    std::fprintf(stderr, "backstamp-simulate: %s\n", fault);
    return kUsage;
  }
  if (options.cameras == CameraForm::gige) {
    options.no_unpaced = true;
    options.faces = std::min(options.faces, kGigeFaces);
  }
  return simulate(options, stop_on_signals().get_token());
}

}  // namespace
}  // namespace backstamp::simulate

int main(int argc, char** argv) {
  return backstamp::simulate::run(argc, argv);
}
