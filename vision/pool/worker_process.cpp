#include "vision/pool/worker_process.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace backstamp::vision {
namespace {

using std::chrono::milliseconds;

constexpr off_t kKeptBytes = 16 << 20;  // of input and of output, between requests

/// Shared memory that neither side can shrink: reading it never faults.
Result<UniqueFd> make_memory() {
  UniqueFd memory(::memfd_create("backstamp-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(kSharedBytes)) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return std::unexpected(system_error("shared memory of a decode worker", errno));
  }
  return memory;
}

int milliseconds_until(SteadyTime deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return 0;
  if (deadline - now > std::chrono::hours(1)) return 3'600'000;
  return static_cast<int>(std::chrono::ceil<milliseconds>(deadline - now).count());
}

bool sound(const WireAnswer& answer) {
  const std::uint64_t pixels = std::uint64_t{answer.width_px} * answer.height_px;
  return answer.magic == kWireMagic && answer.bytes <= kFaceReadingBytes &&
         answer.width_px <= limits::kImageSide_px && answer.height_px <= limits::kImageSide_px &&
         pixels <= kOutputBytes &&
         answer.error_kind <= static_cast<std::uint32_t>(ErrorKind::internal);
}

}  // namespace

WorkerProcess::~WorkerProcess() {
  if (shared_) ::munmap(shared_, kSharedBytes);
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::filesystem::path& program,
                                                            milliseconds patience) {
  auto memory = make_memory();
  if (!memory) return std::unexpected(memory.error());
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(system_error("socket pair of a decode worker", errno));
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess);
  worker->socket_.reset(ends[0]);
  UniqueFd theirs(ends[1]);
  worker->memory_ = std::move(*memory);
  void* mapped =
      ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, worker->memory_.get(), 0);
  if (mapped == MAP_FAILED)
    return std::unexpected(system_error("mapping the memory of a decode worker", errno));
  worker->shared_ = static_cast<std::uint8_t*>(mapped);
  auto process = ChildProcess::start(
      {program.string(), std::to_string(theirs.get()), std::to_string(worker->memory_.get())},
      {theirs.get(), worker->memory_.get()});
  if (!process) return std::unexpected(process.error());
  worker->process_ = std::move(*process);
  theirs.reset();  // or its death would not end the waiting below
  WireAnswer hello;
  const Exchange outcome = worker->receive(std::chrono::steady_clock::now() + patience, hello);
  if (outcome != Exchange::answered || hello.status != WireStatus::ready) {
    return fail(ErrorKind::unavailable,
                program.string() + (outcome == Exchange::late ? ": does not become ready"
                                                              : ": ends before it is ready"));
  }
  return worker;
}

Exchange WorkerProcess::receive(SteadyTime deadline, WireAnswer& answer) {
  pollfd waiting{socket_.get(), POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, milliseconds_until(deadline));
    if (ready > 0) break;
    if (ready == 0 && std::chrono::steady_clock::now() >= deadline) return Exchange::late;
    if (ready < 0 && errno != EINTR) return Exchange::died;
  }
  const ssize_t got = ::recv(socket_.get(), &answer, sizeof answer, MSG_DONTWAIT | MSG_TRUNC);
  if (got <= 0) return Exchange::died;
  return got == static_cast<ssize_t>(sizeof answer) && sound(answer) ? Exchange::answered
                                                                     : Exchange::nonsense;
}

Exchange WorkerProcess::exchange(WireRequest request, SteadyTime deadline, WireAnswer& answer) {
  request.number = ++number_;
  ssize_t sent = 0;
  do sent = ::send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent != static_cast<ssize_t>(sizeof request)) return Exchange::died;
  const Exchange outcome = receive(deadline, answer);
  if (outcome != Exchange::answered) return outcome;
  const bool expected = answer.number == request.number &&
                        (answer.status == WireStatus::done || answer.status == WireStatus::failed);
  return expected ? Exchange::answered : Exchange::nonsense;
}

bool WorkerProcess::idle() const {
  pollfd waiting{socket_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 0;
}

void WorkerProcess::trim() {
  for (const std::size_t from : {std::size_t{0}, kInputBytes}) {
    ::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                static_cast<off_t>(from) + kKeptBytes,
                static_cast<off_t>(kInputBytes) - kKeptBytes);
  }
}

}  // namespace backstamp::vision
