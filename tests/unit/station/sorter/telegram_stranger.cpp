#include "telegram_stranger.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace stranger {
namespace {

constexpr int kWait_ms = 5000;

void put(Telegram& telegram, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    telegram.push_back(static_cast<unsigned char>(value >> shift));
  }
}

/// A header whose length and number are not yet known.
Telegram begin(unsigned type) {
  return {0, 0, 1, static_cast<unsigned char>(type), 0, 0, 0, 0};
}

/// Exactly `size` bytes; fewer when the other end closes or is silent.
Telegram take(int socket, std::size_t size) {
  Telegram bytes(size);
  std::size_t had = 0;
  while (had < size) {
    pollfd readable{socket, POLLIN, 0};
    if (poll(&readable, 1, kWait_ms) <= 0) break;
    const ssize_t got = recv(socket, bytes.data() + had, size - had, 0);
    if (got <= 0) break;
    had += static_cast<std::size_t>(got);
  }
  bytes.resize(had);
  return bytes;
}

}  // namespace

Control::Control(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  const int small = 4096;
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the station does not answer");
  }
}

Control::~Control() {
  close(socket_);
}

void Control::send_raw(const Telegram& bytes) {
  std::size_t put = 0;
  while (put < bytes.size()) {
    const ssize_t went = ::send(socket_, bytes.data() + put, bytes.size() - put, MSG_NOSIGNAL);
    if (went <= 0) return;  // closed: the test asks closed()
    put += static_cast<std::size_t>(went);
  }
}

void Control::send(Telegram telegram) {
  const std::uint32_t number = ++number_;
  telegram[1] = static_cast<unsigned char>(telegram.size());
  for (int i = 0; i < 4; ++i) {
    telegram[static_cast<std::size_t>(4 + i)] = static_cast<unsigned char>(number >> 8 * (3 - i));
  }
  send_raw(telegram);
}

Telegram Control::receive() {
  Telegram telegram = take(socket_, 8);
  if (telegram.size() < 8) return {};
  const std::size_t length = number(telegram, 0, 2);
  const Telegram rest = take(socket_, length - 8);
  telegram.insert(telegram.end(), rest.begin(), rest.end());
  return telegram.size() == length ? telegram : Telegram{};
}

Telegram Control::receive(unsigned type) {
  for (;;) {
    const Telegram telegram = receive();
    if (telegram.empty() || telegram[3] == type) return telegram;
  }
}

bool Control::closed() {
  for (;;) {
    pollfd readable{socket_, POLLIN, 0};
    if (poll(&readable, 1, kWait_ms) <= 0) return false;
    unsigned char bytes[4096];
    if (recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
  }
}

std::uint64_t number(const Telegram& telegram, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | telegram.at(at + i);
  return value;
}

Telegram hello(std::uint64_t session, std::uint64_t last, std::uint32_t control) {
  Telegram telegram = begin(1);
  put(telegram, session, 8);
  put(telegram, last, 8);
  put(telegram, control, 4);
  put(telegram, 0, 4);
  return telegram;
}

Telegram heartbeat() {
  return begin(2);
}

Telegram trigger(std::uint64_t machine_piece, std::uint32_t encoder, unsigned lane) {
  Telegram telegram = begin(3);
  put(telegram, machine_piece, 8);
  put(telegram, encoder, 4);
  put(telegram, lane, 2);
  put(telegram, 1, 1);
  put(telegram, 0, 1);
  return telegram;
}

}  // namespace stranger
