#include "station/sorter/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace backstamp::station {
namespace {

/// So little may lie in the kernel that the age of a decision is true when it leaves.
constexpr int kSocketBufferBytes = 16 << 10;
constexpr int kBacklog = 128;

Result<sockaddr_in> parse_address(const std::string& address, std::uint16_t port) {
  sockaddr_in parsed{};
  parsed.sin_family = AF_INET;
  parsed.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &parsed.sin_addr) != 1) {
    return fail(ErrorKind::invalid, "\"" + address + "\" is no IPv4 address");
  }
  return parsed;
}

void set_option(int fd, int level, int option, int value) {
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

Result<UniqueFd> make_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return std::unexpected(system_error("socket", errno));
  return fd;
}

}  // namespace

Result<UniqueFd> listen_on(const std::string& address, std::uint16_t port) {
  const auto to = parse_address(address, port);
  if (!to) return std::unexpected(to.error());
  auto fd = make_socket();
  if (!fd) return fd;
  set_option(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&*to), sizeof *to) != 0 ||
      ::listen(fd->get(), kBacklog) != 0) {
    return std::unexpected(
        system_error("listen on " + address + ":" + std::to_string(port), errno));
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.sin_port);
}

Accepted accept_one(int listener) {
  sockaddr_in from{};
  socklen_t size = sizeof from;
  Accepted accepted;
  accepted.fd.reset(
      ::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.fd) {
    accepted.exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return accepted;
  }
  set_option(accepted.fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(accepted.fd.get(), SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
  accepted.peer = std::string(text.data()) + ":" + std::to_string(ntohs(from.sin_port));
  return accepted;
}

Result<UniqueFd> begin_connect(const std::string& address, std::uint16_t port) {
  const auto to = parse_address(address, port);
  if (!to) return std::unexpected(to.error());
  auto fd = make_socket();
  if (!fd) return fd;
  set_option(fd->get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(fd->get(), reinterpret_cast<const sockaddr*>(&*to), sizeof *to) != 0 &&
      errno != EINPROGRESS) {
    return std::unexpected(
        system_error("connect to " + address + ":" + std::to_string(port), errno));
  }
  return fd;
}

int connect_result(int fd) {
  int result = 0;
  socklen_t size = sizeof result;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0) return errno;
  return result;
}

Moved receive_some(int fd, std::span<std::uint8_t> room, std::size_t& count) {
  count = 0;
  const ssize_t got = ::recv(fd, room.data(), room.size(), 0);
  if (got > 0) {
    count = static_cast<std::size_t>(got);
    return Moved::some;
  }
  if (got == 0) return Moved::ended;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Moved::none : Moved::ended;
}

Moved send_some(int fd, std::span<const std::uint8_t> bytes, std::size_t& count) {
  count = 0;
  const ssize_t put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put > 0) {
    count = static_cast<std::size_t>(put);
    return Moved::some;
  }
  if (put == 0) return Moved::none;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Moved::none : Moved::ended;
}

void end_politely(UniqueFd fd) {
  ::shutdown(fd.get(), SHUT_WR);
  std::array<std::uint8_t, 4096> ignored;
  std::size_t count = 0;
  for (int i = 0; i < 16 && receive_some(fd.get(), ignored, count) == Moved::some; ++i) {
  }
}

Result<Bell> Bell::make() {
  UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return std::unexpected(system_error("eventfd", errno));
  return Bell(std::move(fd));
}

void Bell::ring() {
  if (rung_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(fd_.get(), &one, sizeof one) == sizeof one);
}

void Bell::clear() {
  std::uint64_t count = 0;
  static_cast<void>(::read(fd_.get(), &count, sizeof count) == sizeof count);
  // Read and write in one: who rang before this has been heard, and what it left is seen.
  rung_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace backstamp::station
