#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/http.h"
#include "base/http/message.h"
#include "base/http/session.h"

namespace backstamp::http {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr std::chrono::seconds kStopLimit{5};

struct Route {
  std::string method;
  std::vector<std::string> pattern;
  Server::StreamHandler handler;
};

}  // namespace

struct Server::Impl {
  SessionHost host;
  std::vector<Route> routes;
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::uint16_t port = 0;
  bool started = false;
  net::io_context io;  // after all that its handlers touch
  tcp::acceptor acceptor{io};
  net::steady_timer accept_again{io};
  std::vector<std::thread> threads;

  Result<void> load_certificate();
  Result<void> listen();
  void accept();
  void admit(tcp::socket socket);
  std::vector<std::shared_ptr<Session>> all_sessions();
  std::variant<Response, EventSource> handle(Request& request, const Target& target) const;
};

Result<void> Server::Impl::load_certificate() {
  if (host.options.certificate.empty() && host.options.private_key.empty()) return {};
  error_code error;
  SSL_CTX_set_min_proto_version(host.tls.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(host.tls.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cipher_list(host.tls.native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_session_cache_mode(host.tls.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(host.tls.native_handle(), 0);
  host.tls.use_certificate_chain_file(host.options.certificate.string(), error);
  if (error) {
    return fail(ErrorKind::invalid, host.options.certificate.string() +
                                        ": not a certificate in PEM: " + error.message());
  }
  host.tls.use_private_key_file(host.options.private_key.string(), net::ssl::context::pem, error);
  if (error) {
    return fail(ErrorKind::invalid, host.options.private_key.string() +
                                        ": not the private key in PEM of " +
                                        host.options.certificate.string() + ": " + error.message());
  }
  return {};
}

Result<void> Server::Impl::listen() {
  const std::string where = host.options.address + ":" + std::to_string(host.options.port);
  error_code error;
  const auto address = net::ip::make_address(host.options.address, error);
  if (error) return fail(ErrorKind::invalid, where + ": wanted an IP address to listen on");
  if (host.options.certificate.empty() && !address.is_loopback() && !host.options.plain_anywhere) {
    return fail(ErrorKind::refused,
                where + ": without a certificate only this machine (127.0.0.1 or ::1) is served");
  }
  const tcp::endpoint endpoint(address, host.options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  if (!error) port = acceptor.local_endpoint(error).port();
  if (error) return fail(ErrorKind::io, "listen on " + where + ": " + error.message());
  return {};
}

void Server::Impl::accept() {
  acceptor.async_accept(net::make_strand(io), [this](const error_code& error, tcp::socket socket) {
    if (host.stopping || error == net::error::operation_aborted) return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    accept_again.expires_after(std::chrono::milliseconds(100));  // out of descriptors, perhaps
    accept_again.async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
  });
}

void Server::Impl::admit(tcp::socket socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  std::string text = peer.address().to_string() + ":" + std::to_string(peer.port());
  const auto session = make_session(host, std::move(socket), std::move(text));
  {
    const std::lock_guard lock(host.mutex);
    ++accepted;
    if (host.sessions.size() >= host.options.connections_limit) {
      ++refused;
      return;
    }
    host.sessions.emplace(session.get(), session);
  }
  session->start();
}

std::vector<std::shared_ptr<Session>> Server::Impl::all_sessions() {
  std::vector<std::shared_ptr<Session>> all;
  const std::lock_guard lock(host.mutex);
  for (const auto& [key, weak] : host.sessions) {
    if (auto session = weak.lock()) all.push_back(std::move(session));
  }
  return all;
}

std::variant<Response, EventSource> Server::Impl::handle(Request& request,
                                                         const Target& target) const {
  const std::string& method = request.method;
  std::string allowed;
  for (const Route& route : routes) {
    auto parameters = match_segments(route.pattern, target.segments);
    if (!parameters) continue;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) {
      request.parameters = std::move(*parameters);
      return route.handler(request);
    }
    if (allowed.find(route.method) == std::string::npos) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
    }
  }
  if (allowed.empty()) return error_response(404, "there is nothing here");
  Response response = error_response(405, "only " + allowed + " here");
  response.headers["allow"] = allowed;
  return response;
}

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->host.options = std::move(options);
  impl_->host.handle = [impl = impl_.get()](Request& request, const Target& target) {
    return impl->handle(request, target);
  };
}

Server::~Server() {
  stop();
}

void Server::route(std::string method, std::string pattern, Handler handler) {
  BACKSTAMP_ASSERT(!impl_->started);
  impl_->routes.push_back({std::move(method), split_pattern(pattern),
                           [handler = std::move(handler)](
                               const Request& request) -> std::variant<Response, EventSource> {
                             return handler(request);
                           }});
}

void Server::stream(std::string pattern, StreamHandler handler) {
  BACKSTAMP_ASSERT(!impl_->started);
  impl_->routes.push_back({"GET", split_pattern(pattern), std::move(handler)});
}

Result<void> Server::start() {
  BACKSTAMP_ASSERT(!impl_->started);
  if (auto loaded = impl_->load_certificate(); !loaded) return loaded;
  if (auto listening = impl_->listen(); !listening) return listening;
  impl_->started = true;
  impl_->accept();
  for (unsigned i = 0; i < std::max(1u, impl_->host.options.threads); ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->io.run(); });
  }
  return {};
}

std::uint16_t Server::port() const {
  return impl_->port;
}

std::uint64_t Server::refused_connections() const {
  return impl_->refused;
}

ServerCounters Server::counters() const {
  ServerCounters counters;
  for (std::size_t i = 0; i < impl_->host.answers.size(); ++i) {
    counters.answers[i] = impl_->host.answers[i];
  }
  counters.connections = impl_->accepted;
  counters.refused = impl_->refused;
  const std::lock_guard lock(impl_->host.mutex);
  counters.open = impl_->host.sessions.size();
  return counters;
}

void Server::wake() {
  for (const auto& session : impl_->all_sessions()) session->wake();
}

void Server::stop() {
  if (!impl_->started || impl_->host.stopping.exchange(true)) return;
  net::post(impl_->io, [impl = impl_.get()] {
    error_code ignored;
    impl->acceptor.close(ignored);
    impl->accept_again.cancel();
  });
  for (const auto& session : impl_->all_sessions()) session->stop();
  {
    std::unique_lock lock(impl_->host.mutex);
    impl_->host.gone.wait_for(lock, kStopLimit, [this] { return impl_->host.sessions.empty(); });
  }
  impl_->io.stop();
  for (auto& thread : impl_->threads) thread.join();
}

}  // namespace backstamp::http
