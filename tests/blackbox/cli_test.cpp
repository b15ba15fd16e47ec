// What all commands have in common, tried on every program that was built.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tests/support/programs.h"

namespace backstamp::test {
namespace {

constexpr std::size_t kColumns = 100;

/// The commands: every program but those that only other programs start.
std::vector<std::string> commands() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(BACKSTAMP_BIN_DIR)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("backstamp-") && !name.ends_with("-worker")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The subcommands that a program's help lists.
std::vector<std::string> subcommands(const std::string& help) {
  std::vector<std::string> names;
  std::istringstream lines(help);
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) {
      listed = line.starts_with("Subcommands") || line.starts_with("SUBCOMMANDS");
    } else if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ') {
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return names;
}

void check_width(const std::string& help) {
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const auto columns =
        static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
          return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        }));
    INFO(line);
    CHECK(columns <= kColumns);
  }
}

TEST_CASE("every command teaches itself: --help exits 0, with an example, on a screen's width") {
  REQUIRE(commands().size() >= 8);
  for (const std::string& command : commands()) {
    const Ran ran = run(command, {"--help"});
    INFO(command << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("Example") != std::string::npos);
    CHECK(ran.out.find("backstamp " + command.substr(10)) != std::string::npos);
    check_width(ran.out);
    for (const std::string& subcommand : subcommands(ran.out)) {
      const Ran sub = run(command, {subcommand, "--help"});
      INFO(command << " " << subcommand << "\n" << sub.out << sub.err);
      CHECK(sub.exit == 0);
      CHECK(sub.out.size() > 40);
      check_width(sub.out);
    }
  }
}

TEST_CASE("an option that does not exist is exit status 2, said on standard error") {
  for (const std::string& command : commands()) {
    const Ran ran = run(command, {"--no-such-option"});
    INFO(command << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("what is not there is exit status 1 with its name, not a crash") {
  const std::vector<std::vector<std::string>> absent = {
      {"backstamp-station", "--config", "/nowhere/station.yaml"},
      {"backstamp-datacenter", "--config", "/nowhere/dc.yaml"},
      {"backstamp-datacenter", "report", "--config", "/nowhere/dc.yaml"},
      {"backstamp-replay", "--config", "/nowhere/station.yaml", "/nowhere/faces"},
      {"backstamp-dataset", "info", "/nowhere/faces"},
      {"backstamp-keys", "inspect", "/nowhere/keys.bundle"},
      {"backstamp-meter", "status", "--vault", "/nowhere/vault"},
      {"backstamp-calibrate", "check", "/nowhere/profile.yaml", "/nowhere/faces"}};
  for (const auto& line : absent) {
    const Ran ran = run(line[0], {line.begin() + 1, line.end()});
    INFO(line[0] << " " << line[1] << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 1);
    CHECK(ran.out.empty());
    CHECK(ran.err.find("/nowhere/") != std::string::npos);
  }
}

TEST_CASE("`backstamp` lists every command, runs it, and says what to do about an unknown one") {
  for (const char* question : {"--help", "-h", "help"}) {
    const Ran ran = run("backstamp", {question});
    INFO(question << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 0);
    check_width(ran.out);
    for (const std::string& command : commands()) {
      INFO(command);
      CHECK(ran.out.find("\n  " + command.substr(10) + " ") != std::string::npos);
    }
  }
  for (const std::string& command : commands()) {
    CHECK(run("backstamp", {command.substr(10), "--help"}).out == run(command, {"--help"}).out);
  }
  const Ran none = run("backstamp", {});
  CHECK(none.exit == 2);
  CHECK(none.err.find("Usage") != std::string::npos);
  for (const char* wrong : {"nonsense", "../read", "decode-worker", "--nonsense", ""}) {
    const Ran ran = run("backstamp", {wrong});
    INFO(wrong << "\n" << ran.out << ran.err);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find("--help") != std::string::npos);
  }
  CHECK(run("backstamp", {"staton"}).err.find("'station'") != std::string::npos);
}

}  // namespace
}  // namespace backstamp::test
