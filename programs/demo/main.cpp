// backstamp-demo: the whole loop on one machine, with trouble planted and accounted for.
#include <cstdio>

#include "base/file.h"
#include "base/process.h"
#include "programs/command_line.h"
#include "programs/demo/outcome.h"
#include "programs/demo/post_office.h"
#include "programs/demo/scenes.h"

namespace {

using namespace backstamp;

struct Arguments {
  std::filesystem::path directory = "demo";
  unsigned faces = 420;
  std::uint64_t seed = 1;
  unsigned waiting_seconds = 10;
  bool json = false;
};

constexpr const char* kMark = ".backstamp-demo";

/// An empty folder of our own. One that holds anything but an earlier demo is not touched.
Result<std::filesystem::path> fresh_folder(const std::filesystem::path& wanted) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(wanted, error).lexically_normal();
  if (std::filesystem::exists(folder, error)) {
    if (!std::filesystem::exists(folder / kMark, error) &&
        !std::filesystem::is_empty(folder, error)) {
      return fail(ErrorKind::refused, folder.string() +
                                          ": holds something that no demo made; name another "
                                          "folder with --directory");
    }
    std::filesystem::remove_all(folder, error);
  }
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  if (auto marked = write_file_durably(folder / kMark, {}); !marked) {
    return std::unexpected(marked.error());
  }
  return folder;
}

Result<demo::Books> collect(const demo::PostOffice& office) {
  demo::Books books;
  for (auto [list, target] : {std::pair{"--events", &books.events},
                              {"--pieces", &books.pieces},
                              {"--suspects", &books.suspects},
                              {"--noreads", &books.no_reads}}) {
    auto lines = office.report(list);
    if (!lines) return std::unexpected(lines.error());
    *target = std::move(*lines);
  }
  for (unsigned meter = 0; meter < demo::kMeters; ++meter) {
    auto lines = office.notices(meter);
    if (!lines) return std::unexpected(lines.error());
    books.notices.insert(books.notices.end(), lines->begin(), lines->end());
  }
  return books;
}

/// The story, step by step, each said before it is done.
Result<demo::Outcome> play(demo::PostOffice& office, const Arguments& arguments,
                           demo::Json& station_report) {
  const auto say = [](const char* what) { std::fprintf(stderr, "demo: %s\n", what); };
  const auto step = [&](const char* what, auto&& work) -> Result<void> {
    say(what);
    return work();
  };
  Result<void> done = step("founding a post office: keys, meter box, data center, 6 meters",
                           [&] { return office.found(); });
  if (done) done = step("meters mint postage for every piece", [&] { return office.mint(); });
  if (done)
    done = step("one meter's key is revoked, another's has run out",
                [&] { return office.publish_keys(); });
  if (done) done = step("rendering the faces (a minute or so)", [&] { return office.render(); });
  if (done) done = step("measuring a station profile", [&] { return office.calibrate(); });
  if (done) {
    done = step("meters register and listen", [&] { return office.open(); });
  }
  if (!done) return std::unexpected(done.error());
  say("the station reads every face");
  auto report = office.run_station();
  if (!report) return std::unexpected(report.error());
  station_report = std::move(*report);
  done = step("waiting for the mail that never comes",
              [&] { return office.settle(std::chrono::seconds(arguments.waiting_seconds + 60)); });
  if (!done) return std::unexpected(done.error());
  const auto books = collect(office);
  if (!books) return std::unexpected(books.error());
  say("further stations: copies, later passes, a piece fed once more, an old bundle");
  auto scenes = demo::play_scenes(office, *books);
  if (!scenes) return std::unexpected(scenes.error());
  office.close();
  demo::Outcome outcome = demo::compare(office.faces(), office.minted(), *books);
  outcome.scenes = std::move(*scenes);
  return outcome;
}

int run(const Arguments& arguments) {
  const auto folder = fresh_folder(arguments.directory);
  if (!folder) return programs::failed("demo", folder.error());
  demo::PostOffice office(demo::Commands(*folder), arguments.faces, arguments.seed,
                          std::to_string(arguments.waiting_seconds) + "s");
  demo::Json station_report;
  const auto outcome = play(office, arguments, station_report);
  if (!outcome) return programs::failed("demo", outcome.error());
  const std::string summary = demo::to_json(*outcome, station_report).dump(2) + "\n";
  if (auto written = write_file_durably(*folder / "summary.json", as_bytes(summary)); !written) {
    return programs::failed("demo", written.error());
  }
  const std::string screen =
      demo::to_screen(*outcome, station_report, arguments.directory.string());
  std::fputs(arguments.json ? (demo::to_json(*outcome, station_report).dump() + "\n").c_str()
                            : screen.c_str(),
             stdout);
  return outcome->ok() ? programs::kDone : programs::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "The whole loop on this machine: a meter box, a data center, six meters and a station, each\n"
      "its own process. Faces are synthesized; forged, copied, moved, blank and damaged ones are\n"
      "among them, and some registered pieces never come. At the end every piece is accounted "
      "for.",
      "backstamp demo"};
  app.footer(
      "Examples:\n"
      "  backstamp demo\n"
      "  backstamp demo --faces 2000 --seed 7 --json > summary.json\n\n"
      "Exits 0 only when nothing was lost, counted twice or misread, no crooked piece was "
      "accepted\n"
      "and each meter heard the truth. DIRECTORY/demo.log holds what the programs said.");
  app.add_option("--directory", arguments.directory, "Where everything is made")
      ->capture_default_str();
  app.add_option("--faces", arguments.faces, "Faces past the camera")
      ->check(CLI::Range(40u, 100000u))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "Another seed, another day's mail")
      ->capture_default_str();
  app.add_option("--waiting-period", arguments.waiting_seconds,
                 "Seconds after which a registered piece was not read")
      ->check(CLI::Range(1u, 3600u))
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "The summary as one line of JSON");
  BACKSTAMP_PARSE(app, argc, argv);
  return run(arguments);
}
