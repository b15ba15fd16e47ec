// The programs as a stranger meets them: started as processes, judged by what they print.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::test {

using Json = nlohmann::ordered_json;

/// What a program that ended left behind.
struct Ran {
  int exit = -1;  ///< its exit status; 128 + the signal that ended it; -1 when it did not end
  std::string out;
  std::string err;
};

/// Where the programs lie that were built with the tests.
std::filesystem::path program(const std::string& name);

std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, const std::string& text);

/// Starts `name` (such as "backstamp-read"); what it prints goes to the end of the two files.
ChildProcess start(const std::string& name, const std::vector<std::string>& arguments,
                   const std::filesystem::path& out, const std::filesystem::path& err);

/// Waits for its end; the exit status as Ran has it, -1 when it did not end (it is then killed).
int exit_of(ChildProcess& child, std::chrono::seconds limit);

/// Runs `name` to its end and kills it after `limit`.
Ran run(const std::string& name, const std::vector<std::string>& arguments,
        std::chrono::seconds limit = std::chrono::seconds(120));

/// Every line as JSON; a line that is none fails the test.
std::vector<Json> json_lines(const std::string& text);

/// Polls for what another process brings about; false when it does not within `limit`.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(5000);
  }
  return true;
}

/// A TCP port of this machine that is free now and that no outgoing connection is given by chance:
/// below the range the kernel takes those from.
std::uint16_t free_port();

/// BACKSTAMP_SEED, or a new one for every run; printed, so that a failure can be repeated.
std::uint64_t printed_seed();
/// Is this a campaign (`scripts/test --long`)?
bool long_run();

}  // namespace backstamp::test
