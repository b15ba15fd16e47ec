#include "programs/doctor/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "programs/doctor/files.h"

namespace backstamp::doctor {
namespace {

namespace fs = std::filesystem;

constexpr int kJumbo = 8192;
constexpr long kLittleBuffer = 4 << 20;

/// The numeric address, as getaddrinfo has it.
std::unique_ptr<addrinfo, void (*)(addrinfo*)> resolve(const std::string& host,
                                                       const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, ::freeaddrinfo};
}

/// The socket that listens on this port, by its inode; empty: none is seen.
std::string listener_inode(std::uint16_t port) {
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, skipped, inode;
      fields >> number >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;
      fields >> inode;
      const std::size_t colon = local.rfind(':');
      if (state != "0A" || colon == std::string::npos) continue;  // 0A: listening
      if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port) return inode;
    }
  }
  return {};
}

/// The process that has this socket open; 0 when it is not seen (another user's).
int owner_of(const std::string& inode) {
  if (inode.empty()) return 0;
  const std::string wanted = "socket:[" + inode + "]";
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end;
       process.increment(error)) {
    const std::string name = process->path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(name[0]))) continue;
    std::error_code closed;
    for (fs::directory_iterator fd(process->path() / "fd", closed); !closed && fd != end;
         fd.increment(closed)) {
      std::error_code gone;
      if (fs::read_symlink(fd->path(), gone).string() == wanted) return std::atoi(name.c_str());
    }
  }
  return 0;
}

/// The interface that has this address.
std::string interface_of(const in_addr& address) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  std::string name;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    const auto* has = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    if (has->sin_addr.s_addr == address.s_addr) name = one->ifa_name;
  }
  ::freeifaddrs(all);
  return name;
}

long number_in(const std::string& path) {
  long number = -1;
  std::ifstream(path) >> number;
  return number;
}

}  // namespace

void check_port(Findings& findings, const std::string& what, const std::string& address,
                std::uint16_t port, int ours) {
  const std::string where = what + " " + address + ":" + std::to_string(port);
  if (port == 0) return findings.ok("port", where, "any free one");
  const auto target = resolve(address, std::to_string(port), AI_NUMERICHOST | AI_PASSIVE);
  if (!target) {
    return findings.fault("port", where, "is no address", "name an IP address of this machine");
  }
  const UniqueFd fd(::socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), target->ai_addr, target->ai_addrlen) == 0 && ::listen(fd.get(), 1) == 0) {
    return findings.ok("port", where, "is free");
  }
  const int error = errno;
  if (error == EADDRINUSE) {
    const int owner = owner_of(listener_inode(port));
    if (owner != 0 && owner == ours) {
      return findings.ok("port", where, "is served by " + describe_process(owner));
    }
    return findings.fault("port", where, "is taken by " + describe_process(owner),
                          "stop that process, or choose another port on both sides");
  }
  findings.fault("port", where, std::strerror(error),
                 error == EADDRNOTAVAIL ? "no interface of this machine has this address: set it "
                                          "up, or name another one"
                 : error == EACCES      ? "ports under 1024 are root's: choose another one"
                                        : "choose another address or port");
}

Result<UniqueFd> connect_to(const std::string& host, const std::string& port,
                            std::chrono::milliseconds limit) {
  const auto target = resolve(host, port, 0);
  if (!target) return fail(ErrorKind::unavailable, "the name " + host + " is not known");
  UniqueFd fd(::socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(ErrorKind::unavailable, std::strerror(errno));
  if (::connect(fd.get(), target->ai_addr, target->ai_addrlen) != 0 && errno != EINPROGRESS) {
    return fail(ErrorKind::unavailable, std::strerror(errno));
  }
  pollfd ready{fd.get(), POLLOUT, 0};
  if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) {
    return fail(ErrorKind::unavailable,
                "no answer within " + std::to_string(limit.count()) + " ms");
  }
  int error = 0;
  socklen_t size = sizeof error;
  (void)::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(ErrorKind::unavailable, std::strerror(error));
  return fd;
}

void check_mtu(Findings& findings, const std::string& camera, const std::string& address,
               int packet_bytes) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(3956);  // GigE Vision control
  if (::inet_pton(AF_INET, address.c_str(), &peer.sin_addr) != 1) return;
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in local{};
  socklen_t size = sizeof local;
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return findings.fault("mtu", camera, "no way to " + address + ": " + std::strerror(errno),
                          "give the camera's network card an address in the camera's network");
  }
  const std::string name = interface_of(local.sin_addr);
  const long mtu = number_in("/sys/class/net/" + name + "/mtu");
  if (name.empty() || mtu < 0) return;
  const std::string found = name + " carries packets of " + std::to_string(mtu) + " bytes";
  const std::string remedy = "ip link set " + name +
                             " mtu 9000 (for good: in the network's configuration), and jumbo "
                             "packets in every switch up to the camera";
  if (packet_bytes > mtu) {
    return findings.fault("mtu", camera,
                          found + ", packet_bytes wants " + std::to_string(packet_bytes), remedy);
  }
  if (mtu < kJumbo) return findings.warning("mtu", camera, found, remedy);
  findings.ok("mtu", camera, found);
}

void check_socket_buffers(Findings& findings) {
  const long limit = number_in("/proc/sys/net/core/rmem_max");
  if (limit < 0) return;
  const std::string found = "net.core.rmem_max is " + std::to_string(limit) + " bytes";
  if (limit >= kLittleBuffer) return findings.ok("socket-buffers", "", found);
  findings.warning("socket-buffers", "", found + ": a burst of a camera is lost",
                   "echo net.core.rmem_max=33554432 > /etc/sysctl.d/60-backstamp.conf && sysctl "
                   "--system");
}

Endpoint split_endpoint(const std::string& endpoint) {
  const std::size_t scheme = endpoint.find("://");
  const std::string rest = scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return {rest, ""};
  std::string host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, rest.substr(colon + 1)};
}

}  // namespace backstamp::doctor
