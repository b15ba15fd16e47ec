#include "programs/simulate/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace backstamp::simulate {
namespace {

using namespace std::chrono_literals;

/// After a link was restored, so much longer decisions may come late: both ends try again at times
/// of their own, at most two seconds apart.
constexpr auto kRecovery = 2500ms;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const sockaddr_in address = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

void send_at_once(int fd) {
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool write_all(int fd, const std::uint8_t* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = ::send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::open(Stage& stage, std::uint16_t station_port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, 4) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    const std::string why = std::strerror(errno);
    if (listener >= 0) ::close(listener);
    return fail(ErrorKind::io, "the simulated wire to the machine: " + why);
  }
  return std::unique_ptr<Relay>(new Relay(stage, listener, ntohs(address.sin_port), station_port));
}

Relay::Relay(Stage& stage, int listener, std::uint16_t port, std::uint16_t station_port)
    : stage_(stage),
      listener_(listener),
      port_(port),
      station_port_(station_port),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Relay::~Relay() {
  thread_.request_stop();
  thread_.join();
  drop();
  ::close(listener_);
}

void Relay::drop() {
  for (int* const fd : {&machine_, &station_}) {
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }
}

void Relay::run(const std::stop_token& stop) {
  be_simulation_thread("sim-wire");
  std::optional<SteadyTime> start;
  while (!stop.stop_requested()) {
    if (!start) start = stage_.start.given();
    if (start) keep_to_plan(*start);
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < silent_until_) {
      std::this_thread::sleep_for(2ms);
      continue;
    }
    std::array<pollfd, 3> ends{
        {{listener_, POLLIN, 0}, {machine_, POLLIN, 0}, {station_, POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), 5) <= 0) continue;
    if (ends[0].revents != 0) take_machine();
    if (machine_ < 0 || station_ < 0) continue;
    const bool from_machine = ends[1].fd == machine_ && ends[1].revents != 0;
    const bool from_station = ends[2].fd == station_ && ends[2].revents != 0;
    if ((from_machine && !pass(machine_, station_)) ||
        (from_station && !pass(station_, machine_))) {
      drop();
    }
  }
}

void Relay::keep_to_plan(SteadyTime start) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (next_ >= stage_.plan.link.size() || now < start + stage_.plan.link[next_].from) return;
  const LinkFault& fault = stage_.plan.link[next_++];
  stage_.ledger.link_broken(now, now + fault.lasts + kRecovery);
  switch (fault.kind) {
    case LinkFault::Kind::cut:
      drop();
      cut_until_ = now + fault.lasts;
      break;
    case LinkFault::Kind::silence:
      silent_until_ = now + fault.lasts;
      break;
    case LinkFault::Kind::nonsense: {
      constexpr std::uint8_t kNonsense[] = {0xFF, 0xFF, 0xFF, 0xFF, 'G', 'E',
                                            'T',  ' ',  '/',  '\r', '\n'};
      if (station_ >= 0) (void)write_all(station_, kNonsense, sizeof kNonsense);
      break;
    }
  }
}

void Relay::take_machine() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (std::chrono::steady_clock::now() < cut_until_) {
    ::close(fd);
    return;
  }
  drop();
  machine_ = fd;
  station_ = connect_to(station_port_);
  if (station_ < 0) {
    drop();
    return;
  }
  send_at_once(machine_);
  send_at_once(station_);
}

bool Relay::pass(int from, int to) {
  std::array<std::uint8_t, 4096> bytes;
  const ssize_t count = ::recv(from, bytes.data(), bytes.size(), 0);
  return count > 0 && write_all(to, bytes.data(), static_cast<std::size_t>(count));
}

}  // namespace backstamp::simulate
