// Stands in for a worker program; BEHAVIOUR says what is wrong with it.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "vision/pool/wire.h"

using namespace backstamp::vision;

namespace {

[[noreturn]] void hang() {
  for (;;) ::pause();
}

void say(int socket, const void* what, std::size_t size) {
  if (::send(socket, what, size, MSG_NOSIGNAL) < 0) std::_Exit(1);
}

}  // namespace

int main(int, char** arguments) {
  const int socket = std::atoi(arguments[1]);
  const char* behaviour = BEHAVIOUR;
  if (std::strcmp(behaviour, "never_ready") == 0) return 3;
  const WireAnswer ready{.status = WireStatus::ready};
  say(socket, &ready, sizeof ready);
  for (;;) {
    WireRequest request;
    if (::recv(socket, &request, sizeof request, 0) <= 0) return 0;
    if (std::strcmp(behaviour, "abort") == 0) std::_Exit(134);
    if (std::strcmp(behaviour, "hang") == 0) hang();
    WireAnswer answer{.number = request.number};
    if (std::strcmp(behaviour, "blame") == 0) {
      answer.status = WireStatus::failed;
      answer.error_kind = static_cast<std::uint32_t>(backstamp::ErrorKind::io);
      say(socket, &answer, sizeof answer);
      continue;
    }
    answer.width_px = 0x7FFFFFFF;  // nonsense: a size that nobody asked for
    answer.height_px = 0x7FFFFFFF;
    answer.bytes = ~0ull;
    if (request.number % 2 == 0) answer = {.number = request.number, .bytes = 4000};
    if (request.number % 3 == 0) say(socket, "?", 1);
    say(socket, &answer, sizeof answer);
  }
}
