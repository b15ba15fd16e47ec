#include "tests/support/notify_socket.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace backstamp::test {

NotifySocket::NotifySocket(const std::string& name)
    : name_(name), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    throw std::runtime_error("no socket " + name);
  }
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
}

NotifySocket::~NotifySocket() {
  ::unsetenv("NOTIFY_SOCKET");
}

std::vector<std::string> NotifySocket::take() {
  std::vector<std::string> messages;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) return messages;
    messages.emplace_back(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace backstamp::test
