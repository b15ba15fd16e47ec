// The pool's side of one worker process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "vision/pool/wire.h"

namespace backstamp::vision {

/// How an exchange ended. After anything but `answered` the worker is of no further use.
enum class Exchange { answered, died, late, nonsense };

/// A started worker with its shared memory; killed when it goes out of scope. Thread-bound.
class WorkerProcess {
 public:
  /// Starts `program` and waits until it is ready, at most `patience`. Fails: not_found, io,
  /// unavailable (it ended or was silent).
  static Result<std::unique_ptr<WorkerProcess>> start(const std::filesystem::path& program,
                                                      std::chrono::milliseconds patience);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  std::span<std::uint8_t> input() { return {shared_, kInputBytes}; }
  /// Written by the worker, at any time: copy before looking.
  std::span<const std::uint8_t> output() const { return {shared_ + kInputBytes, kOutputBytes}; }

  /// Sends a request (its number is set here) and waits for the answer until `deadline`. An answer
  /// is given out only when its form, number and sizes are right.
  Exchange exchange(WireRequest request, SteadyTime deadline, WireAnswer& answer);

  /// Whether it still waits for work; false when it has died or said something unasked.
  bool idle() const;

  /// Gives the pages of a large picture back to the system.
  void trim();

 private:
  WorkerProcess() = default;
  Exchange receive(SteadyTime deadline, WireAnswer& answer);

  ChildProcess process_;
  UniqueFd socket_;
  UniqueFd memory_;
  std::uint8_t* shared_ = nullptr;
  std::uint64_t number_ = 0;
};

}  // namespace backstamp::vision
