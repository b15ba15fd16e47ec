#include "vision/pool/serve.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/realtime.h"
#include "vision/pool/arguments.h"
#include "vision/pool/sandbox.h"

namespace backstamp::vision {
namespace {

/// A worker under SCHED_FIFO that never waits would keep everyone off its processor; no reading
/// takes so long, and the kernel ends one that does.
constexpr rlim_t kLongestFifo_us = 10'000'000;

bool send_answer(int socket, const WireAnswer& answer) {
  ssize_t sent = 0;
  do sent = ::send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof answer);
}

/// Maps what the pool shares and closes the descriptors: a mapping needs none.
std::optional<WorkerMemory> map_memory(const WorkerArguments& arguments) {
  WorkerMemory memory;
  void* own =
      ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, arguments.memory, 0);
  if (own == MAP_FAILED) return std::nullopt;
  auto* shared = static_cast<std::uint8_t*>(own);
  memory.input = {shared, kInputBytes};
  memory.output = {shared + kInputBytes, kOutputBytes};
  ::close(arguments.memory);
  if (arguments.ring < 0) return memory;
  void* ring = ::mmap(nullptr, arguments.ring_bytes, PROT_READ, MAP_SHARED, arguments.ring, 0);
  if (ring == MAP_FAILED) return std::nullopt;
  memory.frames = {static_cast<const std::uint8_t*>(ring), arguments.ring_bytes};
  ::close(arguments.ring);
  return memory;
}

/// The first words: ready, and what the machine allowed.
WireAnswer greeting(const RealtimeProfile& profile, std::span<std::uint8_t> output) {
  const RealtimeState state = apply_realtime(profile);
  if (state.fifo) {
    const rlimit longest{kLongestFifo_us, kLongestFifo_us};
    ::setrlimit(RLIMIT_RTTIME, &longest);
  }
  WireAnswer answer{.status = WireStatus::ready};
  const auto bit = [](bool allowed, Realtime what) {
    return allowed ? static_cast<std::uint32_t>(what) : 0u;
  };
  answer.realtime = bit(state.pinned, Realtime::pinned) | bit(state.fifo, Realtime::fifo) |
                    bit(state.niced, Realtime::niced) | bit(state.locked, Realtime::locked);
  answer.bytes = std::min(state.text.size(), kRealtimeTextBytes);
  std::memcpy(output.data(), state.text.data(), answer.bytes);
  return answer;
}

WireAnswer answer_request(const WireRequest& request, const WorkerMemory& memory,
                          const Handler& handler) {
  WireAnswer answer;
  Result<WireAnswer> done = handler(request, memory);
  if (done) {
    answer = *done;
    answer.status = WireStatus::done;
  } else {
    const std::string& message = done.error().message;
    answer.status = WireStatus::failed;
    answer.error_kind = static_cast<std::uint32_t>(done.error().kind);
    answer.bytes = std::min<std::size_t>(message.size(), 1024);
    std::memcpy(memory.output.data(), message.data(), answer.bytes);
  }
  answer.number = request.number;
  return answer;
}

}  // namespace

int serve(int argument_count, char** arguments, std::size_t address_space_bytes,
          const std::function<void()>& warm_up, const Handler& handler) {
  const auto given = parse_arguments(argument_count, arguments);
  if (!given) {
    std::fprintf(stderr, "%s: a part of backstamp's reader, started by it; not for the shell\n",
                 arguments[0]);
    return 2;
  }
  const auto memory = map_memory(*given);
  if (!memory) {
    std::perror("worker: mmap of the shared memory");
    return 1;
  }
  warm_up();
  const WireAnswer ready = greeting(given->profile, memory->output);
  if (!enter_sandbox(address_space_bytes + kSharedBytes + given->ring_bytes)) {
    std::perror("worker: sandbox");
    return 1;
  }
  if (!send_answer(given->socket, ready)) return 1;
  for (;;) {
    WireRequest request;
    const ssize_t got = ::recv(given->socket, &request, sizeof request, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return 0;  // the pool is gone
    if (got != static_cast<ssize_t>(sizeof request) || request.magic != kWireMagic) return 1;
    if (!send_answer(given->socket, answer_request(request, *memory, handler))) return 1;
  }
}

}  // namespace backstamp::vision
