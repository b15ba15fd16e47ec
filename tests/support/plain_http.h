// A request over plain HTTP, as curl or a monitoring server makes it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/file.h"

namespace backstamp::test {

struct PlainAnswer {
  int status = 0;    ///< 0: no connection, or no answer that could be read
  std::string head;  ///< with its status line
  std::string body;
};

/// What a server on this machine's loopback says to these bytes, until it closes.
inline PlainAnswer plain_exchange(std::uint16_t port, const std::string& bytes) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PlainAnswer answer;
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return answer;
  }
  if (!write_all(fd.get(), as_bytes(bytes))) return answer;
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::stoi(text.substr(9, 3));
  answer.head = text.substr(0, end + 2);
  answer.body = text.substr(end + 4);
  return answer;
}

inline PlainAnswer plain_get(std::uint16_t port, const std::string& target) {
  return plain_exchange(
      port, "GET " + target + " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
}

}  // namespace backstamp::test
