#include <unistd.h>

#include <cstdio>

#include "base/file.h"
#include "programs/bench/commands.h"
#include "programs/bench/plot.h"
#include "programs/bench/read_figures.h"
#include "programs/budget.h"
#include "programs/command_line.h"

namespace backstamp::bench {
namespace {

constexpr const char* kDescription =
    "Reads mail of which the truth is known: how fast, how much, and whether anything wrong";

constexpr const char* kFooter =
    "Each face is unpacked first, then read in a worker process as a station reads it; the time "
    "is\n"
    "that of locating and decoding alone. Rates come with their 95 % interval (Wilson).\n"
    "\n"
    "D is a dataset (`backstamp dataset make`), one of its shards, or a folder of pictures with a\n"
    "truth.jsonl: a line a picture, {\"image\": NAME, \"difficulty\": CLASS, \"symbols\": "
    "[{\"type\",\n"
    "\"hex\": content bytes, \"role\": \"decoy\" for what is not postal}]}.\n"
    "\n"
    "read     a symbol of the truth whose type and content a reading of its face gives\n"
    "misread  a reading that no symbol of its face has: wrong content, wrong type, or a symbol\n"
    "         where there is none. Decoys that are read right are neither\n"
    "rungs    what each step of the ladder cost and gave on this mail: the way to see what is\n"
    "         worth its time on yours\n"
    "\n"
    "With --peer zxing the linked ZXing-cpp reads each face right after us: the whole picture, "
    "its\n"
    "default options, the postal formats that it knows. It runs in a worker process too; a face\n"
    "that it dies on counts as unread and is left out of the times of both.\n"
    "\n"
    "Examples:\n"
    "  backstamp bench read --dataset mail/ --peer zxing\n"
    "  backstamp bench read --dataset mail/ --threads 2 --out today.json --plot today.svg\n"
    "  backstamp bench compare yesterday.json today.json\n"
    "\n"
    "Exit status: 0; 1 on any misread, on a face that our reader died on, or when a picture could\n"
    "not be looked at; 2 usage.";

int usage(const std::string& message) {
  std::fprintf(stderr, "backstamp-bench: %s\n", message.c_str());
  return programs::kUsage;
}

Result<ReadRun> run_with_progress(const ReadPlan& plan) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto run = run_read(plan, [&](std::size_t faces) {
    if (terminal) std::fprintf(stderr, "\rbench: %zu faces read ", faces);
  });
  if (terminal) std::fputs("\r                                \r", stderr);
  return run;
}

}  // namespace

CLI::App* add_read_command(CLI::App& app, ReadArguments& arguments) {
  CLI::App* read = app.add_subcommand("read", kDescription);
  read->footer(kFooter);
  read->add_option("--dataset", arguments.dataset, "Mail with its truth")
      ->required()
      ->type_name("D");
  read->add_option("--peer", arguments.peer, "Also measure this reader on the same faces")
      ->check(CLI::IsMember({"zxing"}));
  read->add_option("--threads", arguments.threads,
                   "Also measure how reading scales: 1 to so many faces at the same time")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  read->add_option("--limit", arguments.limit, "At most so many faces; 0: all")
      ->capture_default_str();
  read->add_option("--rounds", arguments.rounds,
                   "Read each face so often; its shortest time counts")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  read->add_option("--clock", arguments.clock,
                   "wall; cpu: the processor's time for each face, on a busy machine")
      ->check(CLI::IsMember({"wall", "cpu"}))
      ->capture_default_str();
  read->add_option("--budget", arguments.budget, "Time for one face, as of `backstamp read`")
      ->capture_default_str();
  read->add_flag("--json", arguments.json, "Print everything as JSON, face by face");
  read->add_option("--out", arguments.out, "Write that JSON to a file, for `bench compare`")
      ->type_name("FILE");
  read->add_option("--plot", arguments.plot, "Draw times and rates as SVG")->type_name("FILE");
  read->add_flag("--allow-misreads", arguments.allow_misreads,
                 "Exit 0 in spite of misreads; they are still listed");
  return read;
}

int run_read_command(const ReadArguments& arguments) {
  ReadPlan plan;
  const auto budget = programs::parse_budget(arguments.budget);
  if (!budget) return usage(budget.error().message);
  plan.how.budget = *budget;
  plan.mail = arguments.dataset;
  plan.peer = !arguments.peer.empty();
  plan.threads = arguments.threads;
  plan.rounds = arguments.rounds;
  plan.processor_time = arguments.clock == "cpu";
  plan.limit = arguments.limit;
  const auto run = run_with_progress(plan);
  if (!run) return programs::failed("bench", run.error());
  const std::string json =
      arguments.json || !arguments.out.empty() ? read_report_json(plan, *run) : std::string();
  if (!arguments.out.empty())
    if (auto written = write_file_durably(arguments.out, as_bytes(json)); !written)
      return programs::failed("bench", written.error());
  if (!arguments.plot.empty())
    if (auto written = write_file_durably(arguments.plot, as_bytes(plot_run(plan, *run))); !written)
      return programs::failed("bench", written.error());
  const std::string shown = arguments.json ? json : read_report(plan, *run);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  bool sound = run->unreadable.empty();
  for (const FaceResult& face : run->faces) {
    const bool right = arguments.allow_misreads || face.ours.score.misreads.empty();
    sound = sound && right && face.ours.answered;
  }
  return sound ? programs::kDone : programs::kFailed;
}

}  // namespace backstamp::bench
