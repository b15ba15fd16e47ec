// Programs of the machine that tests bring in as peers and judges.
#pragma once

#include <optional>

#include "tests/support/programs.h"

namespace backstamp::test {

/// A program by its name in PATH, or in one of `more` folders.
std::optional<std::filesystem::path> find_tool(const std::string& name,
                                               const std::vector<std::filesystem::path>& more = {});

/// Runs it to its end, with `input` as its standard input, and kills it after `limit`.
Ran run_tool(const std::filesystem::path& tool, const std::vector<std::string>& arguments,
             const std::string& input = {}, std::chrono::seconds limit = std::chrono::seconds(60));

/// Starts it; its output goes to the end of `log`.
ChildProcess start_tool(const std::filesystem::path& tool,
                        const std::vector<std::string>& arguments,
                        const std::filesystem::path& log);

}  // namespace backstamp::test
