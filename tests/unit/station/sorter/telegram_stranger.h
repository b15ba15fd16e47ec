// A control's end of the telegram written from docs/formats/sorter-telegram.md alone: plain
// sockets, nothing of the project.
#pragma once

#include <cstdint>
#include <vector>

namespace stranger {

using Telegram = std::vector<unsigned char>;

/// A connection to 127.0.0.1:`port`; every call waits up to five seconds.
class Control {
 public:
  explicit Control(int port);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void send(Telegram telegram);  ///< puts the length and the number into the header
  void send_raw(const Telegram& bytes);
  Telegram receive();               ///< the next whole telegram; empty: closed, or none came
  Telegram receive(unsigned type);  ///< the next of this type; others are passed over
  bool closed();                    ///< whether the station closes; what it sends is passed over

 private:
  int socket_ = -1;
  std::uint32_t number_ = 0;
};

/// Fields of a telegram: big-endian, from byte `at`.
std::uint64_t number(const Telegram& telegram, std::size_t at, std::size_t bytes);

Telegram hello(std::uint64_t session, std::uint64_t last, std::uint32_t control);
Telegram heartbeat();
Telegram trigger(std::uint64_t machine_piece, std::uint32_t encoder, unsigned lane);

}  // namespace stranger
