// A TCP relay on loopback that cuts connections after a random number of bytes.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <list>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace backstamp::uplink::test {

inline int port_of(const std::string& endpoint) {
  return std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
}

/// A socket connected to a port on loopback; -1 when nobody listens.
inline UniqueFd connect_to(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

class LossyRelay {
 public:
  LossyRelay(int target_port, std::uint64_t seed, std::uint64_t most_bytes)
      : target_(target_port), random_(seed), most_bytes_(most_bytes) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), plain, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), plain, &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~LossyRelay() {
    stop_ = true;
    thread_.join();
  }
  LossyRelay(const LossyRelay&) = delete;
  LossyRelay& operator=(const LossyRelay&) = delete;

  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  unsigned cuts() const { return cuts_; }
  void become_reliable() { reliable_ = true; }

 private:
  struct Pair {
    UniqueFd near, far;
    std::uint64_t budget;  ///< bytes until it is cut
  };

  void run() {
    while (!stop_) {
      std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        fds.push_back({pair.near.get(), POLLIN, 0});
        fds.push_back({pair.far.get(), POLLIN, 0});
      }
      ::poll(fds.data(), fds.size(), 20);
      std::size_t at = 1;
      for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
        const bool alive = (fds[at].revents == 0 || forward(pair->near, pair->far, *pair)) &&
                           (fds[at + 1].revents == 0 || forward(pair->far, pair->near, *pair));
        pair = alive ? std::next(pair) : pairs_.erase(pair);
      }
      if ((fds[0].revents & POLLIN) == 0) continue;
      UniqueFd near(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      UniqueFd far = connect_to(target_);
      if (near && far) pairs_.push_back({std::move(near), std::move(far), random_() % most_bytes_});
    }
  }

  /// False when the connection ends, by itself or by our knife, perhaps in the middle of a message.
  bool forward(const UniqueFd& from, const UniqueFd& to, Pair& pair) {
    std::array<std::uint8_t, 16384> bytes{};
    const ssize_t got = ::recv(from.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    auto size = static_cast<std::size_t>(got);
    const bool cut = !reliable_ && size >= pair.budget;
    if (cut) size = static_cast<std::size_t>(pair.budget);
    pair.budget -= reliable_ ? 0 : size;
    for (std::size_t sent = 0; sent < size;) {
      const ssize_t wrote = ::send(to.get(), bytes.data() + sent, size - sent, MSG_NOSIGNAL);
      if (wrote <= 0) return false;
      sent += static_cast<std::size_t>(wrote);
    }
    if (cut) ++cuts_;
    return !cut;
  }

  int target_;
  std::mt19937_64 random_;
  std::uint64_t most_bytes_;
  UniqueFd listener_;
  int port_ = 0;
  std::list<Pair> pairs_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> reliable_{false};
  std::atomic<unsigned> cuts_{0};
  std::thread thread_;
};

}  // namespace backstamp::uplink::test
