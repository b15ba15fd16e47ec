// How fast a meter box mints: a box of its own with SoftHSM, served as a process, asked over its
// socket; and whether its registers and its journal are sound afterwards.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "base/process.h"
#include "datacenter/meterbox.h"
#include "programs/bench/commands.h"
#include "programs/command_line.h"

namespace backstamp::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kDescription =
    "Measures a meter box: tokens a second through SoftHSM, from one account and from many at once";

constexpr const char* kFooter =
    "A box is made with a development token, served by backstamp-meterbox, and asked over its\n"
    "socket: by one account with 100 pieces a request and with 1, then by many accounts that\n"
    "contend. Every answer is checked as it comes; at the end the whole journal is audited: "
    "seals,\n"
    "chain, registers, each signature. The token lies in memory (/dev/shm) where there is such a\n"
    "folder, as making a thousand keys on a disk takes minutes; the journal lies in --folder.\n"
    "\n"
    "Example:\n"
    "  backstamp bench mint --meters 1000 --seconds 5 --json\n"
    "\n"
    "Exit status: 0 done; 1 a wrong answer, or a journal that does not balance; 2 usage.";

/// A folder of our own, removed at the end.
class Folder {
 public:
  explicit Folder(const fs::path& parent) {
    std::string name = (parent / "backstamp-mint-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path quick_parent() {
  const fs::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path();
}

struct Load {
  const char* name;
  datacenter::MintLoad load;
};
struct Measured {
  const char* name;
  datacenter::MintLoad load;
  datacenter::MintFigures figures;
  double box_cpu_s;
};

/// The processor's time that a process has had, as the kernel counts it.
double cpu_s(pid_t process) {
  const auto stat = read_file("/proc/" + std::to_string(process) + "/stat", 4096);
  if (!stat) return 0;
  // Behind the name, which ends with the last parenthesis: utime and stime are the 12th and 13th.
  const std::string text(as_text(*stat));
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<ChildProcess> start_box(const fs::path& box, const fs::path& socket, const fs::path& ready) {
  auto child = ChildProcess::start({"/bin/sh", "-c", "exec \"$@\" >/dev/null", "sh",
                                    (program_folder() / "backstamp-meterbox").string(), "serve",
                                    box.string(), "--socket", socket.string(), "--ready-file",
                                    ready.string()});
  if (!child) return child;
  for (int tries = 0; tries < 3000; ++tries) {
    if (fs::exists(ready)) return child;
    if (!child->running()) return fail(ErrorKind::internal, "backstamp-meterbox did not start");
    ::usleep(10'000);
  }
  return fail(ErrorKind::timeout, "backstamp-meterbox is not ready");
}

Result<std::vector<Measured>> measure(const MintArguments& arguments, const fs::path& socket,
                                      pid_t box) {
  const std::chrono::milliseconds duration(static_cast<std::int64_t>(arguments.seconds * 1000));
  const Load loads[] = {
      {"one_meter_100", {socket, 1, 1, 100, duration}},
      {"one_meter", {socket, 1, 1, 1, duration}},
      {"many_meters", {socket, arguments.meters, arguments.threads, 1, duration}},
      {"many_meters_10", {socket, arguments.meters, arguments.threads, 10, duration}}};
  std::vector<Measured> all;
  for (const Load& one : loads) {
    std::fprintf(stderr, "bench: mint %s\n", one.name);
    const double before = cpu_s(box);
    auto figures = datacenter::measure_minting(one.load);
    if (!figures) return std::unexpected(figures.error());
    all.push_back({one.name, one.load, *std::move(figures), cpu_s(box) - before});
  }
  return all;
}

/// What was answered must be what is on record, to the last one.
Result<void> check(const std::vector<Measured>& all, const datacenter::MeterBoxAudit& audit) {
  std::uint64_t tokens = 0;
  std::uint64_t faults = 0;
  std::uint64_t version = 0;
  for (const Measured& one : all) {
    tokens += one.figures.tokens;
    faults += one.figures.faults;
    version = std::max(version, one.figures.version);
  }
  if (faults > 0) return fail(ErrorKind::internal, std::to_string(faults) + " wrong answers");
  if (audit.pieces != tokens || audit.version < version ||
      audit.control.mills != audit.ascending.mills + audit.descending.mills ||
      audit.funded.mills + audit.refunded.mills != audit.control.mills + audit.withdrawn.mills) {
    return fail(ErrorKind::internal, "the journal does not agree with the answers");
  }
  return {};
}

Json to_json(const Measured& one) {
  const auto us = [&](double fraction) {
    return static_cast<double>(one.figures.times.percentile_ns(fraction)) / 1e3;
  };
  return {
      {"meters", one.load.meters},
      {"threads", one.load.threads},
      {"pieces_per_request", one.load.pieces},
      {"tokens_per_s", static_cast<double>(one.figures.tokens) / one.figures.seconds},
      {"tokens", one.figures.tokens},
      {"box_cpu_us_per_token",
       1e6 * one.box_cpu_s / static_cast<double>(std::max<std::uint64_t>(1, one.figures.tokens))},
      {"request_us_p50", us(0.5)},
      {"request_us_p99", us(0.99)}};
}

void print(const std::vector<Measured>& all, const datacenter::MeterBoxAudit& audit, bool json) {
  Json out;
  for (const Measured& one : all) out[one.name] = to_json(one);
  out["audit"] = {{"sound", true},
                  {"records", audit.records},
                  {"pieces", audit.pieces},
                  {"control", audit.control.to_string()}};
  if (json) {
    std::puts(out.dump().c_str());
    return;
  }
  for (const Measured& one : all) {
    const Json shown = to_json(one);
    std::printf(
        "%-15s %8.0f tokens/s  %4u meters, %2u at once, %3u pieces a request;"
        "  p50 %7.0f us  p99 %7.0f us  box CPU %4.0f us/token\n",
        one.name, shown["tokens_per_s"].get<double>(), one.load.meters, one.load.threads,
        one.load.pieces, shown["request_us_p50"].get<double>(),
        shown["request_us_p99"].get<double>(), shown["box_cpu_us_per_token"].get<double>());
  }
  std::printf("journal: %llu records sound, %llu pieces, every signature verified\n",
              static_cast<unsigned long long>(audit.records),
              static_cast<unsigned long long>(audit.pieces));
}

Result<void> run(const MintArguments& arguments) {
  const Folder token(quick_parent());
  const Folder folder(arguments.folder.empty() ? fs::temp_directory_path()
                                               : fs::path(arguments.folder));
  if (token.path().empty() || folder.path().empty()) {
    return fail(ErrorKind::io, "no folder could be made to work in");
  }
  datacenter::NewMeterBox box;
  box.folder = folder.path() / "box";
  box.issuer = 1;
  box.open_limit = {2'000'000'000};
  box.soft_token = token.path() / "token";
  if (auto made = datacenter::make_meter_box(box); !made) return made;
  const fs::path socket = folder.path() / "socket";
  auto child = start_box(box.folder, socket, folder.path() / "ready");
  if (!child) return std::unexpected(child.error());
  std::fprintf(stderr, "bench: %u accounts are opened\n", arguments.meters);
  const auto opened = datacenter::measure_minting(
      {socket, arguments.meters, arguments.threads, 1, std::chrono::milliseconds(0)});
  if (!opened) return std::unexpected(opened.error());
  const auto all = measure(arguments, socket, child->pid());
  if (!all) return std::unexpected(all.error());
  child->signal(SIGTERM);
  if (child->wait_for(std::chrono::seconds(30)) != 0) {
    return fail(ErrorKind::internal, "backstamp-meterbox did not end well");
  }
  std::fprintf(stderr, "bench: the journal is audited\n");
  const auto audit = datacenter::audit_meter_box(box.folder, true, nullptr);
  if (!audit) return std::unexpected(audit.error());
  if (auto sound = check(*all, *audit); !sound) return sound;
  print(*all, *audit, arguments.json);
  return {};
}

}  // namespace

CLI::App* add_mint_command(CLI::App& app, MintArguments& arguments) {
  CLI::App* mint = app.add_subcommand("mint", kDescription);
  mint->footer(kFooter);
  mint->add_option("--meters", arguments.meters, "Accounts that contend")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  mint->add_option("--threads", arguments.threads, "Requests under way at once")
      ->check(CLI::Range(1u, 64u))
      ->capture_default_str();
  mint->add_option("--seconds", arguments.seconds, "How long each load lasts")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  mint->add_option("--folder", arguments.folder, "Where the journal is written [temporary files]");
  mint->add_flag("--json", arguments.json, "One line of JSON");
  return mint;
}

int run_mint_command(const MintArguments& arguments) {
  const auto done = run(arguments);
  return done ? programs::kDone : programs::failed("bench", done.error());
}

}  // namespace backstamp::bench
