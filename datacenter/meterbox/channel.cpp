#include "datacenter/meterbox/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "datacenter/meterbox/protocol.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    return fail(ErrorKind::limit, path.string() + ": too long for a socket's path");
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

Result<UniqueFd> make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return std::unexpected(system_error("socket", errno));
  return fd;
}

/// A message must fit the buffer whole. The kernel grants twice what is asked for.
void make_room(int fd) {
  const int bytes = static_cast<int>(kMessageBytes);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

enum class Ready { yes, woken, timed_out };

Result<Ready> wait_for(int fd, short events, int wake,
                       std::optional<std::chrono::steady_clock::time_point> end) {
  for (;;) {
    pollfd of[] = {{fd, events, 0}, {wake, POLLIN, 0}};
    int wait_ms = -1;
    if (end) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*end - std::chrono::steady_clock::now());
      wait_ms = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }
    const int ready = ::poll(of, wake < 0 ? 1 : 2, wait_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return std::unexpected(system_error("poll", errno));
    if (wake >= 0 && of[1].revents != 0) return Ready::woken;
    return ready == 0 ? Ready::timed_out : Ready::yes;
  }
}

}  // namespace

Result<UniqueFd> connect_to(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  auto fd = make_socket();
  if (!fd) return fd;
  make_room(fd->get());
  if (::connect(fd->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    if (errno == EACCES || errno == EPERM) {
      return fail(ErrorKind::refused, "meter box: no permission for " + path.string());
    }
    return fail(ErrorKind::unavailable, "meter box: nobody answers at " + path.string() + " (" +
                                            std::strerror(errno) + ")");
  }
  return fd;
}

Result<UniqueFd> listen_at(const std::filesystem::path& path) {
  if (connect_to(path)) {
    return fail(ErrorKind::refused, path.string() + ": another meter box listens there");
  }
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  auto fd = make_socket();
  if (!fd) return fd;
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), 0666) != 0 || ::listen(fd->get(), kBacklog) != 0) {
    return std::unexpected(system_error("listen at " + path.string(), errno));
  }
  return fd;
}

Result<std::optional<UniqueFd>> accept_from(int listener, int wake) {
  for (;;) {
    const auto ready = wait_for(listener, POLLIN, wake, {});
    if (!ready) return std::unexpected(ready.error());
    if (*ready != Ready::yes) return std::optional<UniqueFd>{};
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      // One that has gone meanwhile, or too many open files: the next one may do better.
      if (errno != EAGAIN) ::usleep(10'000);
      continue;
    }
    make_room(fd.get());
    return std::optional(std::move(fd));
  }
}

Result<std::uint32_t> peer_user(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return std::unexpected(system_error("SO_PEERCRED", errno));
  }
  return credentials.uid;
}

Result<void> send_message(int fd, ByteView message, std::chrono::milliseconds timeout) {
  if (message.size() > kMessageBytes) {
    return fail(ErrorKind::limit, "meter box: a message is at most 262144 bytes");
  }
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const ssize_t sent = ::send(fd, message.data(), message.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(message.size())) return {};
    if (sent >= 0) return fail(ErrorKind::io, "meter box: a message was sent in part");
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) {
      return fail(ErrorKind::unavailable, "meter box: the other side has gone");
    }
    if (errno != EAGAIN && errno != ENOBUFS) return std::unexpected(system_error("send", errno));
    const auto ready = wait_for(fd, POLLOUT, -1, end);
    if (!ready) return std::unexpected(ready.error());
    if (*ready == Ready::timed_out) {
      return fail(ErrorKind::timeout, "meter box: the other side takes no message");
    }
  }
}

Result<std::optional<Bytes>> receive_message(int fd, int wake,
                                             std::optional<std::chrono::milliseconds> timeout) {
  using Received = std::optional<Bytes>;
  std::optional<std::chrono::steady_clock::time_point> end;
  if (timeout) end = std::chrono::steady_clock::now() + *timeout;
  for (;;) {
    const auto ready = wait_for(fd, POLLIN, wake, end);
    if (!ready) return std::unexpected(ready.error());
    if (*ready == Ready::woken) return Received{};
    if (*ready == Ready::timed_out) return fail(ErrorKind::timeout, "meter box: no answer in time");
    // Its length first: no buffer of a size that the other side chose.
    std::uint8_t one = 0;
    const ssize_t size = ::recv(fd, &one, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0 && errno != ECONNRESET) return std::unexpected(system_error("recv", errno));
    if (size <= 0) return Received{};
    if (static_cast<std::size_t>(size) > kMessageBytes) {
      return fail(ErrorKind::limit, "meter box: a message is at most 262144 bytes");
    }
    Bytes message(static_cast<std::size_t>(size));
    const ssize_t got = ::recv(fd, message.data(), message.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got != size) return Received{};
    return Received(std::move(message));
  }
}

}  // namespace backstamp::datacenter::meterbox
