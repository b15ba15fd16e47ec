// backstamp-bench: how fast each stage of the spine is on this machine.
#include <stdlib.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/process.h"
#include "programs/bench/commands.h"
#include "programs/bench/measure.h"
#include "programs/command_line.h"

namespace {

using namespace backstamp;

struct Arguments {
  std::filesystem::path dataset;
  std::size_t faces = 60;
  unsigned rounds = 2;
  unsigned threads = 1;
  bool json = false;
};

/// A folder of our own, removed at the end.
class Workspace {
 public:
  Workspace() {
    std::string name = (std::filesystem::temp_directory_path() / "backstamp-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Workspace() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Result<void> synthesize(const std::filesystem::path& out, std::size_t faces) {
  std::fprintf(stderr, "bench: making %zu faces\n", faces);
  // Standard output is ours alone: the shell only redirects, then becomes the program.
  auto child = ChildProcess::start({"/bin/sh", "-c", "exec \"$@\" >/dev/null", "sh",
                                    (program_folder() / "backstamp-dataset").string(), "make",
                                    out.string(), "--seed", "1", "--count", std::to_string(faces),
                                    "--mix", "clean=25,typical=50,hard=20,blank=5"});
  if (!child) return std::unexpected(child.error());
  const auto status = child->wait_for(std::chrono::minutes(10));
  if (status == 0) return {};
  return fail(ErrorKind::internal, "backstamp-dataset could not make the faces");
}

Result<std::vector<bench::Stage>> measure(const Arguments& arguments, const Workspace& space) {
  auto dataset = arguments.dataset;
  if (dataset.empty()) {
    dataset = space.path() / "faces";
    if (auto made = synthesize(dataset, arguments.faces); !made) {
      return std::unexpected(made.error());
    }
  }
  const auto pictures = bench::load_pictures(dataset, arguments.faces);
  if (!pictures) return std::unexpected(pictures.error());
  std::vector<bench::Stage> stages;
  const auto run = [&](const char* what, auto&& stage) -> Result<void> {
    std::fprintf(stderr, "bench: %s\n", what);
    auto measured = stage();
    if (!measured) return std::unexpected(measured.error());
    stages.push_back(std::move(*measured));
    return {};
  };
  using postal::SignatureAlgorithm;
  const auto& folder = space.path();
  for (auto done :
       {run("read", [&] { return bench::measure_read(*pictures, arguments.rounds); }),
        run("verify", [] { return bench::measure_verify(SignatureAlgorithm::eddsa, 4000); }),
        run("verify", [] { return bench::measure_verify(SignatureAlgorithm::es256, 4000); }),
        run("spool append", [&] { return bench::measure_append(folder / "one", 500, 1); }),
        run("spool append", [&] { return bench::measure_append(folder / "many", 20000, 256); }),
        run("event", [&] {
          return bench::measure_event(*pictures, folder / "lane", arguments.rounds,
                                      arguments.threads);
        })}) {
    if (!done) return std::unexpected(done.error());
  }
  return stages;
}

double ms(std::uint64_t value_ns) {
  return static_cast<double>(value_ns) / 1e6;
}

void print_json(const bench::Stage& stage) {
  const nlohmann::ordered_json json{{"stage", stage.name},
                                    {"note", stage.note},
                                    {"per_s_per_core", stage.per_s},
                                    {"p50_ms", ms(stage.times.percentile_ns(0.5))},
                                    {"p90_ms", ms(stage.times.percentile_ns(0.9))},
                                    {"p99_ms", ms(stage.times.percentile_ns(0.99))},
                                    {"max_ms", ms(stage.times.max_ns())},
                                    {"count", stage.times.count()},
                                    {"failures", stage.failures}};
  std::puts(json.dump().c_str());
}

void print_text(const bench::Stage& stage) {
  std::printf("%-17s %10.1f /s  p50 %8.3f  p90 %8.3f  p99 %8.3f  max %8.3f ms  %s%s\n",
              stage.name.c_str(), stage.per_s, ms(stage.times.percentile_ns(0.5)),
              ms(stage.times.percentile_ns(0.9)), ms(stage.times.percentile_ns(0.99)),
              ms(stage.times.max_ns()), stage.note.c_str(), stage.failures > 0 ? "  WRONG" : "");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Measures each stage alone and the whole: read, verify, spool append, and the end-to-end\n"
      "event from induction to stable storage. Every stage checks its answers; a wrong one is a\n"
      "failure, however fast. Rates are for one core. `bench read` measures the reader alone on\n"
      "mail of which the truth is known, `bench compare` compares two such runs, `bench verify`\n"
      "measures the verification of tokens and the duplicate index, `bench mint` a meter box.",
      "backstamp bench"};
  app.footer(
      "Examples:\n"
      "  backstamp bench                       on faces that it synthesizes\n"
      "  backstamp bench --dataset faces/ --json\n"
      "  backstamp bench read --dataset mail/ --peer zxing --out today.json\n"
      "  backstamp bench compare yesterday.json today.json\n"
      "  backstamp bench verify --json\n"
      "  backstamp bench mint --meters 1000");
  app.add_option("--dataset", arguments.dataset, "Recorded faces [synthesized]");
  app.add_option("--faces", arguments.faces, "At most so many faces")
      ->check(CLI::Range(1u, 100000u))
      ->capture_default_str();
  app.add_option("--rounds", arguments.rounds, "How often each face is read")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  app.add_option("--threads", arguments.threads, "Workers of the lane in the end-to-end stage")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "One line of JSON a stage");
  bench::ReadArguments read_arguments;
  const CLI::App* read = bench::add_read_command(app, read_arguments);
  bench::CompareArguments compare_arguments;
  const CLI::App* compare = bench::add_compare_command(app, compare_arguments);
  bench::VerifyArguments verify_arguments;
  const CLI::App* verify = bench::add_verify_command(app, verify_arguments);
  bench::MintArguments mint_arguments;
  const CLI::App* mint = bench::add_mint_command(app, mint_arguments);
  app.require_subcommand(0, 1);
  BACKSTAMP_PARSE(app, argc, argv);
  if (read->parsed()) return bench::run_read_command(read_arguments);
  if (verify->parsed()) return bench::run_verify_command(verify_arguments);
  if (compare->parsed()) return bench::run_compare_command(compare_arguments);
  if (mint->parsed()) return bench::run_mint_command(mint_arguments);

  const Workspace space;
  const auto stages = measure(arguments, space);
  if (!stages) return programs::failed("bench", stages.error());
  bool sound = true;
  for (const bench::Stage& stage : *stages) {
    arguments.json ? print_json(stage) : print_text(stage);
    sound = sound && stage.failures == 0;
  }
  return sound ? programs::kDone : programs::kFailed;
}
