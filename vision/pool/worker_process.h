// The pool's side of one worker process.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/realtime.h"
#include "vision/frame_ring.h"
#include "vision/pool/wire.h"

namespace backstamp::vision {

/// How an exchange ended. After anything but `answered` the worker is of no further use.
enum class Exchange { answered, died, late, nonsense };

/// What workers of one kind are.
struct WorkerPlan {
  std::filesystem::path program;
  std::shared_ptr<FrameRing> ring;  ///< may be empty
  RealtimeProfile profile;
};

/// A worker with its shared memory; killed when it goes out of scope. One thread at a time has it,
/// but for memory_bytes(), gone() and `suspect`.
class WorkerProcess {
 public:
  /// Starts the program and does not wait for it. Fails: not_found, io.
  static Result<std::unique_ptr<WorkerProcess>> launch(const WorkerPlan& plan);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Readable when hear_ready() has something to hear.
  int socket() const { return socket_.get(); }
  /// Its first words, without waiting: answered when it is ready, late when it has said nothing.
  Exchange hear_ready();
  /// From its launch to its first words.
  std::chrono::microseconds start_time() const { return start_time_; }
  SteadyTime launched() const { return launched_; }
  /// What the machine allowed it, as it says.
  const RealtimeState& realtime() const { return realtime_; }

  std::span<std::uint8_t> input() { return {shared_, kInputBytes}; }
  /// The output, copied: the worker may write to it at any time. Valid until the next call; takes
  /// no memory once it has held as much.
  ByteView copy_output(std::size_t bytes);
  /// The output itself, for pixels.
  std::span<const std::uint8_t> output() const { return {shared_ + kInputBytes, kOutputBytes}; }

  /// Sends a request (its number is set here) and waits for the answer until `deadline`. An answer
  /// is given out only when its form, number and sizes are right.
  Exchange exchange(WireRequest request, SteadyTime deadline, WireAnswer& answer);

  /// Whether it still waits for work; false when it has died or said something unasked.
  bool idle() const;

  /// Whether its end of the socket is closed. Any thread.
  bool gone() const;

  /// Gives the pages of a large picture back to the system.
  void trim();

  /// The memory that it has for itself: not its program's and not the ring's. Two system calls. Any
  /// thread. 0 when it has died.
  std::size_t memory_bytes() const;
  /// By how much that is more than when it was ready.
  std::size_t growth_bytes() const;
  /// That it was seen to have too much while it was at work, which may be the picture's fault.
  std::atomic<bool> suspect = false;

  /// Ends it at once, without waiting for its end.
  void kill() { process_.signal(9); }
  /// Whether its end has come (after kill()); it then goes out of scope without waiting.
  bool ended() { return !process_.running(); }

 private:
  WorkerProcess() = default;
  Exchange receive(SteadyTime deadline, WireAnswer& answer);
  bool take_realtime(const WireAnswer& ready);

  ChildProcess process_;
  UniqueFd socket_;
  UniqueFd memory_;
  UniqueFd statm_;
  std::uint8_t* shared_ = nullptr;
  std::uint64_t number_ = 0;
  SteadyTime launched_{};
  std::chrono::microseconds start_time_{};
  std::size_t start_bytes_ = 0;
  RealtimeState realtime_;
  Bytes copied_;
};

}  // namespace backstamp::vision
