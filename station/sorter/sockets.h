// TCP sockets that never wait, and a bell that wakes the thread that serves them.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace backstamp::station {

/// A listening socket. `address` is numeric IPv4. Fails: invalid (the address), io.
Result<UniqueFd> listen_on(const std::string& address, std::uint16_t port);
/// The port that a bound socket has.
std::uint16_t port_of(int fd);

struct Accepted {
  UniqueFd fd;             ///< none when nobody waits, or the system has no descriptor left
  std::string peer;        ///< "10.0.0.5:49152"
  bool exhausted = false;  ///< somebody waits and there is no descriptor: do not ask at once again
};
/// The next that waits, with small buffers and without Nagle's delay.
Accepted accept_one(int listener);

/// Begins to connect; the socket is writable when that is decided. Fails: invalid, io.
Result<UniqueFd> begin_connect(const std::string& address, std::uint16_t port);
/// What became of it: 0, or an errno.
int connect_result(int fd);

/// What one try to move bytes came to.
enum class Moved { some, none, ended };
/// Receives into `room`, which must not be empty; `count` is how much came.
Moved receive_some(int fd, std::span<std::uint8_t> room, std::size_t& count);
/// Sends the front of `bytes`; `count` is how much went.
Moved send_some(int fd, std::span<const std::uint8_t> bytes, std::size_t& count);
/// Ends the connection so that what was sent last arrives: says so and takes what still comes in.
void end_politely(UniqueFd fd);

/// Rung by any thread without waiting; its descriptor is readable until it is cleared.
class Bell {
 public:
  static Result<Bell> make();
  Bell(Bell&& other) noexcept : fd_(std::move(other.fd_)) {}
  void ring();
  void clear();
  int fd() const { return fd_.get(); }

 private:
  explicit Bell(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::atomic<bool> rung_{false};
};

}  // namespace backstamp::station
