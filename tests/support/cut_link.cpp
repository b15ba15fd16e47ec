#include "tests/support/cut_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace backstamp::test {
namespace {

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void without_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

CutLink::CutLink(std::uint16_t to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = local(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 8) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for a link");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

CutLink::~CutLink() {
  stop_ = true;
  thread_.join();
}

void CutLink::cut(bool reset) {
  cut_ = reset ? 2 : 1;
  while (cut_ != 0 && !stop_) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

void CutLink::cut_after(std::size_t bytes) {
  after_ = static_cast<std::int64_t>(bytes);
}

void CutLink::end(bool reset) {
  const linger hard{1, 0};
  for (UniqueFd* fd : {&machine_, &station_}) {
    if (*fd && reset) ::setsockopt(fd->get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd->reset();
  }
}

void CutLink::pass(int from, int to, bool from_station) {
  std::array<char, 4096> buffer;
  std::size_t room = buffer.size();
  const std::int64_t after = from_station ? after_.load() : -1;
  if (after >= 0) room = std::min(room, static_cast<std::size_t>(after));
  const ssize_t got = room == 0 ? 0 : ::recv(from, buffer.data(), room, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0 && ::send(to, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got) {
    if (after >= 0) after_ = after - got;
    return;
  }
  if (room == 0) after_ = -1;
  end(false);
}

void CutLink::run() {
  while (!stop_) {
    if (const int how = cut_; how != 0) {
      end(how == 2);
      cut_ = 0;
    }
    pollfd waited[] = {{listener_.get(), POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
    if (!stalled_ && machine_) {
      waited[1].fd = machine_.get();
      waited[2].fd = station_.get();
    }
    if (::poll(waited, 3, 1) <= 0) continue;
    if (waited[1].revents != 0) pass(machine_.get(), station_.get(), false);
    if (waited[2].revents != 0 && machine_) pass(station_.get(), machine_.get(), true);
    if (waited[0].revents == 0 || stalled_) continue;
    UniqueFd machine(::accept(listener_.get(), nullptr, nullptr));
    if (down_) continue;
    UniqueFd station(::socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in to = local(to_);
    if (::connect(station.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) continue;
    without_delay(machine.get());
    without_delay(station.get());
    end(false);
    machine_ = std::move(machine);
    station_ = std::move(station);
    ++connections_;
  }
}

}  // namespace backstamp::test
