#include "vision/pool/serve.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "vision/pool/sandbox.h"

namespace backstamp::vision {
namespace {

bool parse_descriptor(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 2;
}

bool send_answer(int socket, const WireAnswer& answer) {
  ssize_t sent = 0;
  do sent = ::send(socket, &answer, sizeof answer, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof answer);
}

WireAnswer answer_request(const WireRequest& request, ByteView input,
                          std::span<std::uint8_t> output, const Handler& handler) {
  WireAnswer answer;
  Result<WireAnswer> done = handler(request, input, output);
  if (done) {
    answer = *done;
    answer.status = WireStatus::done;
  } else {
    const std::string& message = done.error().message;
    answer.status = WireStatus::failed;
    answer.error_kind = static_cast<std::uint32_t>(done.error().kind);
    answer.bytes = std::min<std::size_t>(message.size(), 1024);
    std::memcpy(output.data(), message.data(), answer.bytes);
  }
  answer.number = request.number;
  return answer;
}

}  // namespace

int serve(int argument_count, char** arguments, std::size_t address_space_bytes,
          const std::function<void()>& warm_up, const Handler& handler) {
  int socket = -1;
  int memory = -1;
  if (argument_count != 3 || !parse_descriptor(arguments[1], socket) ||
      !parse_descriptor(arguments[2], memory)) {
    std::fprintf(stderr, "%s: a part of backstamp's reader, started by it; not for the shell\n",
                 arguments[0]);
    return 2;
  }
  void* mapped = ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (mapped == MAP_FAILED) {
    std::perror("worker: mmap of the shared memory");
    return 1;
  }
  auto* shared = static_cast<std::uint8_t*>(mapped);
  warm_up();
  if (!enter_sandbox(address_space_bytes + kSharedBytes)) {
    std::perror("worker: sandbox");
    return 1;
  }
  if (!send_answer(socket, {.status = WireStatus::ready})) return 1;
  for (;;) {
    WireRequest request;
    const ssize_t got = ::recv(socket, &request, sizeof request, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return 0;  // the pool is gone
    if (got != static_cast<ssize_t>(sizeof request) || request.magic != kWireMagic) return 1;
    const WireAnswer answer = answer_request(request, {shared, kInputBytes},
                                             {shared + kInputBytes, kOutputBytes}, handler);
    if (!send_answer(socket, answer)) return 1;
  }
}

}  // namespace backstamp::vision
