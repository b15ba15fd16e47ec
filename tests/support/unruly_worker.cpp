// A decode worker as the real one, but for faces that bear a mark (tests/support/unruly.h).
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/support/unruly.h"
#include "vision/pool/arguments.h"
#include "vision/pool/decode_worker.h"

namespace {

using namespace backstamp::vision;
using backstamp::Result;
using backstamp::test::Unruly;
using backstamp::test::UnrulyMark;

int own_socket = -1;

[[noreturn]] void spin() {
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}

void leak(std::size_t bytes) {
  static void* volatile kept = nullptr;
  const bool too_much = BACKSTAMP_SANITIZED && bytes > kDecodeWorkerBytes;  // no limit forbids it
  kept = too_much ? nullptr : std::malloc(bytes);
  if (kept == nullptr) std::abort();  // as new would, with nobody to catch it
  std::memset(kept, 1, bytes);
}

void wait(std::uint32_t milliseconds) {
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (steady_clock::now() < until) ::poll(nullptr, 0, 1);
}

void say(const void* what, std::size_t size) {
  if (::send(own_socket, what, size, MSG_NOSIGNAL) < 0) std::_Exit(1);
}

void say_nonsense(const WireRequest& request, std::uint32_t kind) {
  WireAnswer answer{.status = WireStatus::done, .number = request.number};
  if (kind == 0) return say("?", 1);
  if (kind == 1) answer.number = request.number + 1;
  if (kind == 2) answer.bytes = ~0ull;
  if (kind == 3) answer.magic ^= 1;
  say(&answer, sizeof answer);
}

WireAnswer garbage(const WorkerMemory& memory, std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < bytes; ++i) memory.output[i] = static_cast<std::uint8_t>(random());
  return {.bytes = bytes};
}

WireAnswer lie(const WorkerMemory& memory) {
  FaceReading invented;
  Reading reading;
  reading.text = backstamp::test::kLie;
  const auto content = backstamp::as_bytes(reading.text);
  reading.content.assign(content.begin(), content.end());
  invented.readings.push_back(reading);
  invented.cause = backstamp::postal::NoReadCause::none;
  const backstamp::Bytes encoded = encode_face_reading(invented);
  std::memcpy(memory.output.data(), encoded.data(), encoded.size());
  return {.bytes = encoded.size()};
}

/// Aborts when it could write to what others see.
void scribble(const WorkerMemory& memory) {
  auto* frames = const_cast<std::uint8_t*>(memory.frames.data());
  if (frames == nullptr) return;
  if (::mprotect(frames, memory.frames.size(), PROT_READ | PROT_WRITE) != 0) return;
  std::memset(frames, 0, memory.frames.size());
  std::abort();
}

/// Aborts when it holds a descriptor but its socket and three that lead nowhere, or can have one.
void escape() {
  for (int fd = 0; fd < 256; ++fd) {
    struct stat what {};
    if (::fstat(fd, &what) != 0) continue;
    const bool nowhere = fd <= 2 && S_ISCHR(what.st_mode);
    const bool sanitized_log = BACKSTAMP_SANITIZED && fd == 2;
    if (!nowhere && !sanitized_log && fd != own_socket) std::abort();
  }
  const auto refused = [](long got) {
    if (got >= 0) std::abort();
  };
  refused(::open("/dev/null", O_RDONLY));
  refused(::open("/proc/self/mem", O_RDWR));
  refused(::socket(AF_INET, SOCK_STREAM, 0));
  refused(::memfd_create("x", 0));
  if (BACKSTAMP_SANITIZED) return;  // a sanitizer's run time needs the rest
  refused(::syscall(SYS_getppid));
  refused(::syscall(SYS_prctl, 0, 0, 0, 0, 0));
  refused(::syscall(SYS_process_vm_writev, 1, nullptr, 0, nullptr, 0, 0));
}

Result<WireAnswer> obey(const WireRequest& request, const WorkerMemory& memory) {
  const auto mark = backstamp::test::mark_of(face_of(request, memory));
  if (!mark) return read_request(request, memory);
  switch (mark->what) {
    case Unruly::abort:
      std::abort();
    case Unruly::segfault:
      *static_cast<volatile int*>(nullptr) = 1;
      break;
    case Unruly::spin:
      spin();
    case Unruly::leak:
      leak(std::size_t{mark->amount} << 20);
      break;
    case Unruly::nonsense:
      say_nonsense(request, mark->amount);
      break;
    case Unruly::late: {
      const auto answer = read_request(request, memory);
      wait(mark->amount);
      return answer;
    }
    case Unruly::garbage:
      return garbage(memory, std::size_t{mark->amount} << 10, request.number);
    case Unruly::scribble:
      scribble(memory);
      break;
    case Unruly::escape:
      escape();
      break;
    case Unruly::lie:
      return lie(memory);
  }
  return read_request(request, memory);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (const auto given = parse_arguments(argument_count, arguments)) own_socket = given->socket;
  return serve(argument_count, arguments, kDecodeWorkerBytes, warm_up_reader, obey);
}
