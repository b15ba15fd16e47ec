#include "vision/pool/worker_process.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "vision/pool/arguments.h"

namespace backstamp::vision {
namespace {

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

timespec time_until(SteadyTime deadline) {
  using std::chrono::nanoseconds;
  constexpr std::chrono::hours kLongest{1};
  const auto now = std::chrono::steady_clock::now();
  nanoseconds left = deadline > now ? deadline - now : nanoseconds(0);
  if (left > kLongest) left = kLongest;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {seconds.count(), (left - seconds).count()};
}

/// Resident memory that is no file's and shared with nobody: in statm(5) the second number less
/// the third, in pages.
std::size_t private_bytes(int statm) {
  char text[128];
  const ssize_t got = ::pread(statm, text, sizeof text, 0);
  std::size_t numbers[3] = {};
  const char* at = text;
  const char* const end = text + std::max<ssize_t>(got, 0);
  for (std::size_t& number : numbers) {
    while (at != end && *at == ' ') ++at;
    at = std::from_chars(at, end, number).ptr;
  }
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return numbers[1] > numbers[2] ? (numbers[1] - numbers[2]) * page : 0;
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

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::launch(const WorkerPlan& plan) {
  auto memory = make_memory();
  if (!memory) return std::unexpected(memory.error());
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return std::unexpected(system_error("socket pair of a decode worker", errno));
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess);
  worker->socket_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);  // closed below, or its death would not be noticed
  worker->memory_ = std::move(*memory);
  void* mapped =
      ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, worker->memory_.get(), 0);
  if (mapped == MAP_FAILED)
    return std::unexpected(system_error("mapping the memory of a decode worker", errno));
  worker->shared_ = static_cast<std::uint8_t*>(mapped);
  WorkerArguments arguments{.socket = theirs.get(), .memory = worker->memory_.get()};
  arguments.profile = plan.profile;
  std::vector<int> inherited = {arguments.socket, arguments.memory};
  if (plan.ring) {
    arguments.ring = plan.ring->descriptor();
    arguments.ring_bytes = plan.ring->total_bytes();
    inherited.push_back(arguments.ring);
  }
  std::vector<std::string> command = format_arguments(arguments);
  command.insert(command.begin(), plan.program.string());
  worker->launched_ = std::chrono::steady_clock::now();
  auto process = ChildProcess::start(command, inherited);
  if (!process) return std::unexpected(process.error());
  worker->process_ = std::move(*process);
  return worker;
}

Exchange WorkerProcess::hear_ready() {
  WireAnswer hello;
  const Exchange outcome = receive(SteadyTime{}, hello);
  if (outcome != Exchange::answered) return outcome;
  if (hello.status != WireStatus::ready || !take_realtime(hello)) return Exchange::nonsense;
  start_time_ = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - launched_);
  const std::string statm = "/proc/" + std::to_string(process_.pid()) + "/statm";
  statm_.reset(::open(statm.c_str(), O_RDONLY | O_CLOEXEC));  // without it, it never seems to grow
  start_bytes_ = memory_bytes();
  copied_.reserve(16 << 10);
  return Exchange::answered;
}

bool WorkerProcess::take_realtime(const WireAnswer& ready) {
  if (ready.bytes > kRealtimeTextBytes) return false;
  const ByteView text = copy_output(ready.bytes);
  if (!is_printable(text)) return false;
  const auto allowed = [&ready](Realtime what) {
    return (ready.realtime & static_cast<std::uint32_t>(what)) != 0;
  };
  realtime_ = {allowed(Realtime::pinned), allowed(Realtime::fifo), allowed(Realtime::niced),
               allowed(Realtime::locked), std::string(as_text(text))};
  return true;
}

ByteView WorkerProcess::copy_output(std::size_t bytes) {
  const auto from = output().first(bytes);
  copied_.assign(from.begin(), from.end());
  return copied_;
}

std::size_t WorkerProcess::memory_bytes() const {
  if (!statm_) return 0;
  struct stat shared {};
  const bool known = ::fstat(memory_.get(), &shared) == 0;
  return private_bytes(statm_.get()) +
         (known ? static_cast<std::size_t>(shared.st_blocks) * 512 : 0);
}

std::size_t WorkerProcess::growth_bytes() const {
  const std::size_t now = memory_bytes();
  return now > start_bytes_ ? now - start_bytes_ : 0;
}

Exchange WorkerProcess::receive(SteadyTime deadline, WireAnswer& answer) {
  pollfd waiting{socket_.get(), POLLIN, 0};
  for (;;) {
    const timespec left = time_until(deadline);
    const int ready = ::ppoll(&waiting, 1, &left, nullptr);
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

bool WorkerProcess::gone() const {
  pollfd end{socket_.get(), 0, 0};
  return ::poll(&end, 1, 0) > 0;
}

void WorkerProcess::trim() {
  for (const std::size_t from : {std::size_t{0}, kInputBytes}) {
    ::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                static_cast<off_t>(from) + kKeptBytes,
                static_cast<off_t>(kInputBytes) - kKeptBytes);
  }
}

}  // namespace backstamp::vision
