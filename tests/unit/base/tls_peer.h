// Bare TLS peers over loopback for what no well-behaved client or server would send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/file.h"

namespace backstamp::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A connected socket to the loopback port; reads give up after 20 seconds.
inline UniqueFd connect_loopback(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// OpenSSL writes to a socket that the peer has closed as to any file.
inline void ignore_broken_pipes() {
  ::signal(SIGPIPE, SIG_IGN);
}

/// A client that sends any bytes and trusts anybody.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int maximum_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())), fd_(connect_loopback(port)) {
    ignore_broken_pipes();
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), maximum_version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_.get());
    connected_ = fd_ && SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    return bytes.empty() || SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// The next bytes; empty at the end of the connection.
  std::string receive() {
    char buffer[4096];
    const int size = SSL_read(ssl_.get(), buffer, sizeof buffer);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }
  /// All until `mark` or the end.
  std::string receive_until(std::string_view mark) {
    std::string all;
    while (all.find(mark) == std::string::npos) {
      const std::string more = receive();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  std::string receive_all() { return receive_until("\xff\xff no such bytes"); }

 private:
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  UniqueFd fd_;
  std::unique_ptr<SSL, FreeTls> ssl_;
  bool connected_ = false;
};

/// A server that answers every connection's first bytes with the same bytes, then closes.
class RawServer {
 public:
  RawServer(const std::filesystem::path& folder, std::string answer)
      : context_(SSL_CTX_new(TLS_server_method())), answer_(std::move(answer)) {
    ignore_broken_pipes();
    SSL_CTX_use_certificate_chain_file(context_.get(), (folder / "server.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), (folder / "server.key").c_str(), SSL_FILETYPE_PEM);
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~RawServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    while (true) {
      const UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd) return;
      const std::unique_ptr<SSL, FreeTls> ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), fd.get());
      if (SSL_accept(ssl.get()) != 1) continue;
      char request[8192];
      if (SSL_read(ssl.get(), request, sizeof request) <= 0) continue;
      if (!answer_.empty()) SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
      SSL_shutdown(ssl.get());
    }
  }

  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::string answer_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace backstamp::test
