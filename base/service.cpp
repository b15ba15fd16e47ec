#include "base/service.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/file.h"

namespace backstamp::service {
namespace {

/// A manager that reads nothing is not waited for: it restarts what it does not hear of.
constexpr timeval kSendLimit{1, 0};

/// One value of one line: what follows a line break would be another message to the manager.
std::string one_line(std::string_view text) {
  std::string out(text.substr(0, 512));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return out;
}

void tell(const std::string& message) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path, or "@" and an abstract name; anything else (vsock) is not spoken here.
  if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
  const std::size_t length = std::strlen(name);
  if (length < 2 || length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = '\0';
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendLimit, sizeof kSendLimit);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  (void)::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const char* end = text + std::strlen(text);
  std::uint64_t value = 0;
  const auto read = std::from_chars(text, end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

void ready(std::string_view status) {
  tell("READY=1\nSTATUS=" + one_line(status));
}

void reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto now_us = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                      static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us));
}

void stopping() {
  tell("STOPPING=1");
}

void status(std::string_view text) {
  tell("STATUS=" + one_line(text));
}

void watchdog() {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const auto limit = number_in("WATCHDOG_USEC");
  if (!limit || *limit < 2 || *limit > 86'400'000'000) return std::nullopt;
  const auto meant = number_in("WATCHDOG_PID");
  if (meant && *meant != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  return std::chrono::microseconds(static_cast<std::int64_t>(*limit / 2));
}

}  // namespace backstamp::service
