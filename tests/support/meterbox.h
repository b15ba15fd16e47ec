// A meter box as a process, with a development token of its own.
#pragma once

#include "tests/support/programs.h"

namespace backstamp::test {

/// Memory, where there is such a folder: what is tested is the loss of processes, not of disks, and
/// making keys on a disk takes long.
std::filesystem::path quick_folder();

/// The folder of a box below `folder`, and its process.
class MeterBoxProcess {
 public:
  explicit MeterBoxProcess(const TemporaryFolder& folder) : folder_(folder) {}

  /// Makes the box; accounts may be opened with a million.
  void init(const std::vector<std::string>& more = {});
  /// Starts it, without waiting.
  void start(const std::vector<std::string>& more = {});
  /// Can it be spoken to? False when it ended or does not become ready.
  bool await();
  void kill();
  /// SIGTERM; its exit status.
  int stop();
  bool running() { return process_.running(); }
  pid_t pid() const { return process_.pid(); }
  /// `audit --records`: records, accounts, and the summary as the last line.
  std::vector<Json> audit() const;

  std::filesystem::path box() const { return folder_ / "box"; }
  std::filesystem::path token() const { return folder_ / "token"; }
  std::filesystem::path socket() const { return folder_ / "socket"; }
  std::string log() const { return read_text(folder_ / "box.err"); }

 private:
  const TemporaryFolder& folder_;
  ChildProcess process_;
};

}  // namespace backstamp::test
