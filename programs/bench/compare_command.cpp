#include <cstdio>

#include "base/file.h"
#include "programs/bench/commands.h"
#include "programs/bench/compare.h"
#include "programs/command_line.h"

namespace backstamp::bench {
namespace {

constexpr std::uint64_t kRunBytes = 1ull << 30;

constexpr const char* kDescription =
    "Compares two runs of `bench read --out` over the same mail, and fails on a loss";

constexpr const char* kFooter =
    "A loss is:\n"
    "  - of a type in a class, of a type, of a class or of all: more symbols that only the old "
    "run\n"
    "    read than only the new one, so uneven that chance makes it with a probability under\n"
    "    --significance (McNemar's exact test)\n"
    "  - time: the median of the faces' new to old time, or the ratio of the means, is surely\n"
    "    (1 - --significance) more than 1 + --slower. Where both runs measured the peer, what the\n"
    "    machine itself became slower or faster by is divided out first\n"
    "  - any misread, and any face that the reader died on, that the old run did not have\n"
    "  - a face of the old run that the new one lacks\n"
    "\n"
    "Examples:\n"
    "  backstamp bench compare before.json after.json\n"
    "\n"
    "Exit status: 0 no loss; 1 a loss, or a file that is no run; 2 usage.";

Result<RecordedRun> load_run(const std::string& path) {
  const auto file = read_file(path, kRunBytes);
  if (!file) return std::unexpected(file.error());
  auto run = parse_run(*file);
  if (!run) return fail(path, run.error());
  return run;
}

}  // namespace

CLI::App* add_compare_command(CLI::App& app, CompareArguments& arguments) {
  CLI::App* compare = app.add_subcommand("compare", kDescription);
  compare->footer(kFooter);
  compare->add_option("OLD", arguments.before, "The run before")->required()->type_name("FILE");
  compare->add_option("NEW", arguments.after, "The run after")->required()->type_name("FILE");
  compare->add_option("--significance", arguments.significance, "Probability of a false alarm")
      ->check(CLI::Range(1e-9, 0.5))
      ->capture_default_str();
  compare->add_option("--slower", arguments.slower, "Share of time that may be lost")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  compare->add_flag("--json", arguments.json, "Print everything as JSON");
  return compare;
}

int run_compare_command(const CompareArguments& arguments) {
  const auto before = load_run(arguments.before);
  if (!before) return programs::failed("bench", before.error());
  const auto after = load_run(arguments.after);
  if (!after) return programs::failed("bench", after.error());
  const GateOptions options{arguments.significance, arguments.slower};
  const auto comparison = compare_runs(*before, *after, options);
  if (!comparison) return programs::failed("bench", comparison.error());
  const std::string shown = arguments.json ? compare_report_json(*comparison, options)
                                           : compare_report(*comparison, options);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return comparison->loss() ? programs::kFailed : programs::kDone;
}

}  // namespace backstamp::bench
