// Running the other programs as a person would: as processes, their output in files.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/process.h"

namespace backstamp::demo {

using Json = nlohmann::ordered_json;

/// A folder in which programs are run; all they print on standard error goes to FOLDER/demo.log.
class Commands {
 public:
  explicit Commands(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Runs `backstamp-NAME arguments…` to its end. Fails when it exits with anything but 0, with
  /// the command and the end of the log.
  Result<std::string> run(const std::string& name, std::vector<std::string> arguments) const;
  /// The same; every line of output parsed as JSON.
  Result<std::vector<Json>> run_json(const std::string& name,
                                     std::vector<std::string> arguments) const;
  /// Starts it in the background, its output in FOLDER/`output`.
  Result<ChildProcess> start(const std::string& name, std::vector<std::string> arguments,
                             const std::string& output) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// A file of JSON lines. Fails: not_found, io, invalid (names the line).
Result<std::vector<Json>> read_json_lines(const std::filesystem::path& path);
Result<void> write_json_lines(const std::filesystem::path& path, const std::vector<Json>& lines);

}  // namespace backstamp::demo
