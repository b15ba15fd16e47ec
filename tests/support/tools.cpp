#include "tests/support/tools.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <sstream>

namespace backstamp::test {
namespace {

namespace fs = std::filesystem;

/// The shell redirects and becomes the tool.
ChildProcess start_redirected(const fs::path& tool, const std::vector<std::string>& arguments,
                              const fs::path& in, const fs::path& out, const fs::path& err) {
  std::vector<std::string> line = {
      "/bin/sh",
      "-c",
      "in=$1; out=$2; err=$3; shift 3; exec \"$@\" <\"$in\" >>\"$out\" 2>>\"$err\"",
      "sh",
      in.string(),
      out.string(),
      err.string(),
      tool.string()};
  line.insert(line.end(), arguments.begin(), arguments.end());
  auto child = ChildProcess::start(line);
  REQUIRE(child);
  return std::move(*child);
}

}  // namespace

std::optional<fs::path> find_tool(const std::string& name, const std::vector<fs::path>& more) {
  std::vector<fs::path> folders = more;
  const char* path = std::getenv("PATH");
  std::istringstream list(path != nullptr ? path : "");
  for (std::string folder; std::getline(list, folder, ':');) folders.emplace_back(folder);
  for (const fs::path& folder : folders) {
    if (!folder.empty() && ::access((folder / name).c_str(), X_OK) == 0) return folder / name;
  }
  return std::nullopt;
}

Ran run_tool(const fs::path& tool, const std::vector<std::string>& arguments,
             const std::string& input, std::chrono::seconds limit) {
  const TemporaryFolder folder;
  write_text(folder / "in", input);
  ChildProcess child =
      start_redirected(tool, arguments, folder / "in", folder / "out", folder / "err");
  Ran ran;
  ran.exit = exit_of(child, limit);
  ran.out = read_text(folder / "out");
  ran.err = read_text(folder / "err");
  return ran;
}

ChildProcess start_tool(const fs::path& tool, const std::vector<std::string>& arguments,
                        const fs::path& log) {
  return start_redirected(tool, arguments, "/dev/null", log, log);
}

}  // namespace backstamp::test
