#include "base/log/outlet.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace backstamp::log {
namespace {

constexpr timeval kJournalSendLimit{0, 250'000};
/// A pipe that is said to take anything takes this much without waiting (pipe(7)).
constexpr std::size_t kPipeBytes = 4096;

class Journal final : public Outlet {
 public:
  explicit Journal(UniqueFd socket, sockaddr_un address)
      : socket_(std::move(socket)), address_(address) {}

  Result<void> write(const std::string& entry, SteadyTime) override {
    if (send(entry.data(), entry.size(), -1)) return {};
    if (errno != EMSGSIZE && errno != ENOBUFS) return failed("journald");
    // Too big for a datagram: journald takes a descriptor of memory that nobody can change.
    const UniqueFd memory(::memfd_create("backstamp-log", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) return failed("memfd_create");
    if (auto written = write_all(memory.get(), as_bytes(entry)); !written) return written;
    const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return failed("seal");
    if (!send(nullptr, 0, memory.get())) return failed("journald");
    return {};
  }

 private:
  static std::unexpected<Error> failed(const char* what) {
    return std::unexpected(system_error(what, errno));
  }

  bool send(const void* data, std::size_t size, int descriptor) {
    iovec part{const_cast<void*>(data), size};
    msghdr message{};
    message.msg_name = &address_;
    message.msg_namelen = sizeof address_;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (descriptor >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    } else {
      message.msg_iov = &part;
      message.msg_iovlen = 1;
    }
    return ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0;
  }

  UniqueFd socket_;
  sockaddr_un address_;
};

class Stream final : public Outlet {
 public:
  explicit Stream(int descriptor) : descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return;
    socket_ = S_ISSOCK(status.st_mode);
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
    const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
    own_.reset(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (own_) descriptor_ = own_.get();
  }

  Result<void> write(const std::string& line, SteadyTime deadline) override {
    // What follows a line that was begun and not ended begins a line of its own.
    const std::string entry = torn_ ? "\n" + line : line;
    for (std::size_t done = 0; done < entry.size();) {
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd ready{descriptor_, POLLOUT, 0};
      const int polled =
          ::poll(&ready, 1, static_cast<int>(std::clamp<long long>(wait.count(), 0, 60'000)));
      if (polled < 0 && errno == EINTR) continue;
      if (polled == 0) return fail(ErrorKind::timeout, "the reader of the log does not read");
      const std::size_t size = std::min(entry.size() - done, kPipeBytes);
      const ssize_t written =
          socket_ ? ::send(descriptor_, entry.data() + done, size, MSG_NOSIGNAL | MSG_DONTWAIT)
                  : ::write(descriptor_, entry.data() + done, size);
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (written < 0) return std::unexpected(system_error("log", errno));
      done += static_cast<std::size_t>(written);
      torn_ = done < entry.size();
    }
    return {};
  }

 private:
  int descriptor_;
  bool socket_ = false;
  bool torn_ = false;
  UniqueFd own_;
};

}  // namespace

Result<std::unique_ptr<Outlet>> open_journal(const std::filesystem::path& socket) {
  const std::string name = socket.string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::limit, name + ": too long for the name of a socket");
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || !probe) return std::unexpected(system_error("socket", errno));
  const auto* peer = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(probe.get(), peer, sizeof address) != 0) {
    return fail(ErrorKind::unavailable,
                name + ": journald does not listen here: " + std::strerror(errno));
  }
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kJournalSendLimit,
                     sizeof kJournalSendLimit);
  return std::make_unique<Journal>(std::move(fd), address);
}

std::unique_ptr<Outlet> open_stream(int descriptor) {
  return std::make_unique<Stream>(descriptor);
}

}  // namespace backstamp::log
