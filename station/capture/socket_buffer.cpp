#include "station/capture/socket_buffer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>

namespace backstamp::station::capture {
namespace {

bool is_bound_to(int descriptor, std::uint16_t port) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM) {
    return false;
  }
  sockaddr_in address{};
  size = sizeof address;
  return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.sin_family == AF_INET && ntohs(address.sin_port) == port;
}

std::optional<int> socket_at(std::uint16_t port) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (is_bound_to(descriptor, port)) return descriptor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> size_receive_buffer(std::uint16_t port, std::uint64_t bytes) {
  const auto descriptor = socket_at(port);
  if (!descriptor) return std::nullopt;
  const int wanted = static_cast<int>(std::min<std::uint64_t>(bytes, 1u << 30));
  ::setsockopt(*descriptor, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  ::setsockopt(*descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted);
  int granted = 0;
  socklen_t size = sizeof granted;
  if (::getsockopt(*descriptor, SOL_SOCKET, SO_RCVBUF, &granted, &size) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(granted) / 2;  // the kernel doubles it, for its own needs
}

}  // namespace backstamp::station::capture
