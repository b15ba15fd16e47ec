// A lane's evidence as people and programs find it: datasets like any other, also while it runs.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kFaces = 40;

/// Mail of which much cannot be read; made once.
const std::string& mail() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    const Ran made = run("backstamp-dataset", {"make", folder / "mail", "--seed", "12", "--count",
                                               std::to_string(kFaces), "--mix",
                                               "postal:hard=25,extreme=75", "--shape", "letter"});
    REQUIRE(made.exit == 0);
    return (folder / "mail").string();
  }();
  return path;
}

/// A station for that mail, with a folder of its own.
class Lane {
 public:
  explicit Lane(const std::string& redaction, unsigned pieces_per_hour = 0) {
    // As much effort as a replay takes, and no clock: the same face is read the same way again.
    write_text(config(), "station: LANE-1\nsource:\n  path: " + mail() +
                             "\n  pieces_per_hour: " + std::to_string(pieces_per_hour) +
                             "\nread:\n  deadline: 60s\n  effort: 1000000\n  workers: 2\n"
                             "keys:\n  bundle: " +
                             mail() + "/keys.bundle\n  root: " + mail() +
                             "/root.pub\n"
                             "journal:\n  directory: journal\n"
                             "evidence:\n  directory: evidence\n  free_megabytes: 0\n"
                             "  redaction: " +
                             redaction + "\n");
  }

  std::vector<Json> replay() const {
    const Ran ran = run("backstamp-replay", {mail(), "--config", config(), "--json"});
    INFO(ran.err);
    REQUIRE(ran.exit == 0);
    return json_lines(ran.out);
  }
  ChildProcess start_replay() const {
    return start("backstamp-replay", {mail(), "--config", config(), "--json"}, folder_ / "out",
                 folder_ / "err");
  }

  /// The dataset of the class: one day's, unless the test runs over midnight.
  std::string evidence(const std::string& kind) const {
    const auto folder = folder_ / "evidence" / std::filesystem::path(kind);
    std::error_code error;
    for (const auto& day : std::filesystem::directory_iterator(folder, error)) return day.path();
    return folder / "none";
  }
  std::string config() const { return folder_ / "station.yaml"; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
};

std::uint64_t piece_of(const std::string& sample) {
  return std::stoull(sample.substr(0, 10));
}

/// Piece → cause, of events on which nothing was read.
std::map<std::uint64_t, std::string> no_reads(const std::vector<Json>& events) {
  std::map<std::uint64_t, std::string> causes;
  for (const Json& event : events) {
    if (event.at("cause") != "none") causes[event.at("piece")] = event.at("cause");
  }
  return causes;
}

TEST_CASE("a lane's no-reads, kept whole, replay and read again with the causes that they had") {
  const Lane lane("none");
  const auto causes = no_reads(lane.replay());
  REQUIRE(causes.size() >= 5);
  const std::string kept = lane.evidence("no-read");

  const Json info = json_lines(run("backstamp-dataset", {"info", kept, "--json"}).out).at(0);
  CHECK(info.at("samples") == causes.size());
  CHECK(info.at("maker").at("station") == "LANE-1");
  const Ran verified = run("backstamp-dataset", {"verify", kept});
  CHECK(verified.exit == 0);

  std::map<std::uint64_t, std::string> replayed;
  for (const Json& event : json_lines(run("backstamp-replay", {kept, "--json"}).out)) {
    replayed[piece_of(event.at("sample"))] = event.at("cause");
  }
  CHECK(replayed == causes);
  std::map<std::uint64_t, std::string> read;
  for (const Json& line :
       json_lines(run("backstamp-read", {kept, "--json", "--budget", "30s"}).out)) {
    read[piece_of(line.at("image"))] = line.at("cause");
  }
  CHECK(read == causes);
}

TEST_CASE("redacted, they still replay as no-reads of their pieces, most with their causes") {
  const Lane lane("codes-only");
  const auto causes = no_reads(lane.replay());
  const auto events = json_lines(run("backstamp-replay", {lane.evidence("no-read"), "--json"}).out);
  REQUIRE(events.size() == causes.size());
  std::size_t same = 0;
  for (const Json& event : events) {
    const auto found = causes.find(piece_of(event.at("sample")));
    REQUIRE(found != causes.end());
    if (event.at("cause") == found->second) ++same;
    // What looked empty looks empty: redaction makes nothing that could be taken for a code.
    if (found->second == "nothing_found") CHECK(event.at("cause") == "nothing_found");
  }
  INFO(same << " of " << causes.size());
  CHECK(same * 3 >= causes.size() * 2);
}

TEST_CASE("evidence bears no truth: nothing is scored on it") {
  const Lane lane("codes-only");
  const auto events = lane.replay();
  REQUIRE_FALSE(no_reads(events).empty());
  const Ran bench = run("backstamp-bench", {"read", "--dataset", lane.evidence("no-read")});
  INFO(bench.err);
  CHECK(bench.exit == 1);
  CHECK(bench.err.find("no faces of which the truth is known") != std::string::npos);
}

TEST_CASE("evidence is read while its station runs, and after it was killed") {
  const Lane lane("none", 36'000);
  ChildProcess station = lane.start_replay();
  const auto samples = [&]() -> std::uint64_t {
    const Ran info = run("backstamp-dataset", {"info", lane.evidence("no-read"), "--json"});
    return info.exit == 0 ? json_lines(info.out).at(0).at("samples").get<std::uint64_t>() : 0;
  };
  REQUIRE(wait_until([&] { return samples() >= 3; }, 60s));
  const auto seen = json_lines(run("backstamp-read", {lane.evidence("no-read"), "--json"}).out);
  CHECK(seen.size() >= 3);
  for (const Json& line : seen) CHECK_FALSE(line.contains("error"));
  station.signal(SIGKILL);
  exit_of(station, 10s);
  const auto left = json_lines(run("backstamp-read", {lane.evidence("no-read"), "--json"}).out);
  CHECK(left.size() >= seen.size());
  CHECK(run("backstamp-dataset", {"verify", lane.evidence("no-read")}).exit == 0);

  // It goes on where it was, and what was kept stays.
  lane.replay();
  CHECK(samples() >= left.size());
}

}  // namespace
}  // namespace backstamp::test
