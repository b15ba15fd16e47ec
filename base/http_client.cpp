#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/http.h"
#include "base/http/message.h"
#include "base/http/sse.h"
#include "base/limits.h"

namespace backstamp::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::ip::tcp;
using std::chrono::steady_clock;
using Deadline = steady_clock::time_point;
using Parser = beast::http::response_parser<beast::http::buffer_body>;

// Three keep-alive comments of our server: after that the peer is gone without a word.
constexpr std::chrono::seconds kSilenceLimit{45};

/// One TLS connection. Each step runs the loop until it is done or its time is over.
class Connection {
 public:
  Connection(net::ssl::context& tls, const ServerUrl& url, const std::string& name)
      : url_(url), name_(name), resolver_(io_), stream_(io_, tls) {}

  Result<void> open(Deadline deadline);
  /// Sends a whole request and reads the head of the answer into a fresh parser.
  Result<void> exchange(const std::string& request, Deadline deadline);
  /// The next piece of the body; empty when the body is complete.
  Result<std::string_view> read_some(Deadline deadline);
  const Parser& answer() const { return *parser_; }
  bool keep_alive() const { return parser_ && parser_->is_done() && parser_->keep_alive(); }
  /// A byte or the end of the stream waits where nothing was asked for.
  bool stale() const;
  /// Some bytes of the answer came.
  bool answered() const { return parser_ && parser_->got_some(); }
  /// Any thread: makes the step under way fail, and all that follow.
  void abort() {
    net::post(io_, [this] {
      aborted_ = true;
      close();
    });
  }

 private:
  template <typename Start>
  Result<void> step(const char* what, Deadline deadline, Start start);
  void close() {
    error_code ignored;
    resolver_.cancel();
    stream_.next_layer().close(ignored);
  }
  Result<void> verify_name();
  Result<void> refuse(const char* what, const error_code& error);

  ServerUrl url_;
  std::string name_;
  net::io_context io_{1};
  bool aborted_ = false;
  tcp::resolver resolver_;
  net::ssl::stream<tcp::socket> stream_;
  beast::flat_buffer buffer_{limits::kHttpHeaderBytes + (64u << 10)};
  std::optional<Parser> parser_;
  std::array<char, 16u << 10> chunk_{};
};

template <typename Start>
Result<void> Connection::step(const char* what, Deadline deadline, Start start) {
  if (aborted_) return fail(ErrorKind::unavailable, name_ + ": " + what + ": broken off");
  std::optional<error_code> done;
  start([&done](const error_code& error, auto&&...) { done = error; });
  io_.restart();
  while (!done) {
    if (io_.run_one_until(deadline) > 0) continue;
    close();
    io_.restart();
    while (!done && io_.run_one() > 0) {
    }
    return fail(ErrorKind::timeout, name_ + ": " + what + ": no answer in time");
  }
  if (*done) return refuse(what, *done);
  return {};
}

Result<void> Connection::refuse(const char* what, const error_code& error) {
  const long verdict = SSL_get_verify_result(stream_.native_handle());
  if (verdict != X509_V_OK) {
    return fail(ErrorKind::refused, name_ + ": its certificate is not trusted: " +
                                        X509_verify_cert_error_string(verdict));
  }
  const bool too_large =
      error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow;
  return fail(too_large ? ErrorKind::limit : ErrorKind::unavailable,
              name_ + ": " + what + ": " + error.message());
}

/// The certificate must name the host or the address that was asked for.
Result<void> Connection::verify_name() {
  SSL* ssl = stream_.native_handle();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  error_code not_an_address;
  net::ip::make_address(url_.host, not_an_address);
  const bool set =
      not_an_address ? SSL_set1_host(ssl, url_.host.c_str()) == 1 &&
                           SSL_set_tlsext_host_name(ssl, const_cast<char*>(url_.host.c_str())) == 1
                     : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url_.host.c_str()) == 1;
  if (!set) return fail(ErrorKind::invalid, name_ + ": the host cannot be verified");
  return {};
}

Result<void> Connection::open(Deadline deadline) {
  if (auto named = verify_name(); !named) return named;
  tcp::resolver::results_type addresses;
  auto resolved = step("resolve", deadline, [&](auto done) {
    resolver_.async_resolve(url_.host, url_.port,
                            [&addresses, done](const error_code& error, auto results) mutable {
                              addresses = std::move(results);
                              done(error);
                            });
  });
  if (!resolved && url_.host == "localhost") {
    // RFC 6761 section 6.3: this name is the loopback even where no hosts file says so.
    const net::ip::address loopback = net::ip::address_v4::loopback();
    const auto port = static_cast<std::uint16_t>(std::strtoul(url_.port.c_str(), nullptr, 10));
    addresses =
        tcp::resolver::results_type::create(tcp::endpoint(loopback, port), url_.host, url_.port);
    resolved = {};
  }
  if (!resolved) return resolved;
  auto connected = step("connect", deadline, [&](auto done) {
    net::async_connect(stream_.next_layer(), addresses, done);
  });
  if (!connected) return connected;
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  return step("TLS handshake", deadline,
              [&](auto done) { stream_.async_handshake(net::ssl::stream_base::client, done); });
}

Result<void> Connection::exchange(const std::string& request, Deadline deadline) {
  parser_.emplace();
  parser_->header_limit(limits::kHttpHeaderBytes);
  parser_->body_limit((std::numeric_limits<std::uint64_t>::max)());  // counted by who reads it
  auto sent = step("send", deadline,
                   [&](auto done) { net::async_write(stream_, net::buffer(request), done); });
  if (!sent) return sent;
  return step("read the answer", deadline,
              [&](auto done) { beast::http::async_read_header(stream_, buffer_, *parser_, done); });
}

Result<std::string_view> Connection::read_some(Deadline deadline) {
  std::size_t size = 0;
  while (size == 0 && !parser_->is_done()) {
    auto& body = parser_->get().body();
    body.data = chunk_.data();
    body.size = chunk_.size();
    body.more = true;
    auto read = step("read the answer", deadline, [&](auto done) {
      beast::http::async_read_some(stream_, buffer_, *parser_,
                                   [done](error_code error, std::size_t) mutable {
                                     if (error == beast::http::error::need_buffer) error = {};
                                     done(error);
                                   });
    });
    if (!read) return std::unexpected(read.error());
    size = chunk_.size() - body.size;
  }
  return std::string_view(chunk_.data(), size);
}

bool Connection::stale() const {
  if (buffer_.size() > 0) return true;
  char byte = 0;
  const int fd = const_cast<Connection*>(this)->stream_.next_layer().native_handle();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

Response head_of(const Parser& parser) {
  Response response;
  response.status = static_cast<int>(parser.get().result_int());
  response.content_type.clear();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string().data(), field.name_string().size());
    for (char& letter : name) {
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
    }
    std::string value(field.value().data(), field.value().size());
    if (name == "content-type") response.content_type = value;
    response.headers[name] = std::move(value);
  }
  return response;
}

}  // namespace

struct Client::Impl {
  ClientOptions options;
  net::ssl::context tls{net::ssl::context::tls_client};
  ServerUrl url;
  Result<void> ready;
  std::unique_ptr<Connection> kept;

  explicit Impl(ClientOptions wanted) : options(std::move(wanted)) { ready = prepare(); }
  Result<void> prepare();
  std::unique_ptr<Connection> connection() {
    return std::make_unique<Connection>(tls, url, options.base_url);
  }
  Result<std::string> write_request(std::string_view method, const std::string& target,
                                    const std::string& headers, const std::string& body) const;
  Result<Response> ask(bool is_get, const std::string& request);
  Result<Response> read_response(Connection& from, Deadline deadline) const;
  Result<void> read_events(Connection& from,
                           const std::function<bool(const ServerEvent&)>& on_event) const;
};

Result<void> Client::Impl::prepare() {
  auto parsed = parse_server_url(options.base_url);
  if (!parsed) return std::unexpected(parsed.error());
  url = std::move(*parsed);
  if (!header_safe(options.authorization)) {
    return fail(ErrorKind::invalid, options.base_url + ": authorization holds a control character");
  }
  error_code error;
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(net::ssl::verify_peer);
  tls.load_verify_file(options.authority.string(), error);
  if (error) {
    return fail(
        ErrorKind::invalid,
        options.authority.string() + ": not an authority's certificate in PEM: " + error.message());
  }
  return {};
}

Result<std::string> Client::Impl::write_request(std::string_view method, const std::string& target,
                                                const std::string& headers,
                                                const std::string& body) const {
  if (!target.starts_with('/') || !header_safe(target) || target.find(' ') != std::string::npos) {
    return fail(ErrorKind::invalid, "target " + target + ": wanted /PATH in escapes");
  }
  std::string out = std::string(method) + " " + target + " HTTP/1.1\r\nhost: " + url.authority;
  out += "\r\nuser-agent: backstamp\r\n" + headers;
  if (!options.authorization.empty()) out += "authorization: " + options.authorization + "\r\n";
  if (method == "POST") {
    out += "content-type: application/json\r\n";
    out += "content-length: " + std::to_string(body.size()) + "\r\n";
  }
  return out + "\r\n" + body;
}

Result<Response> Client::Impl::read_response(Connection& from, Deadline deadline) const {
  Response response = head_of(from.answer());
  while (true) {
    const auto piece = from.read_some(deadline);
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) return response;
    if (response.body.size() + piece->size() > limits::kHttpBodyBytes) {
      return fail(ErrorKind::limit, options.base_url + ": an answer of more than " +
                                        std::to_string(limits::kHttpBodyBytes) + " bytes");
    }
    response.body += *piece;
  }
}

Result<Response> Client::Impl::ask(bool is_get, const std::string& request) {
  const Deadline deadline = steady_clock::now() + options.timeout;
  while (true) {
    auto link = std::exchange(kept, nullptr);
    if (link && link->stale()) link = nullptr;
    const bool reused = link != nullptr;
    if (!reused) {
      link = connection();
      if (auto opened = link->open(deadline); !opened) return std::unexpected(opened.error());
    }
    if (auto sent = link->exchange(request, deadline); !sent) {
      // The server may close an idle connection just as we speak. Only a request that changes
      // nothing may be sent twice; what to do about another is the caller's to say.
      const bool lost = sent.error().kind == ErrorKind::unavailable && !link->answered();
      if (reused && is_get && lost) continue;
      return std::unexpected(sent.error());
    }
    auto response = read_response(*link, deadline);
    if (response && link->keep_alive()) kept = std::move(link);
    return response;
  }
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

Result<Response> Client::get(const std::string& target) {
  if (!impl_->ready) return std::unexpected(impl_->ready.error());
  const auto request = impl_->write_request("GET", target, "", "");
  if (!request) return std::unexpected(request.error());
  return impl_->ask(true, *request);
}

Result<Response> Client::post(const std::string& target, std::string body) {
  if (!impl_->ready) return std::unexpected(impl_->ready.error());
  const auto request = impl_->write_request("POST", target, "", body);
  if (!request) return std::unexpected(request.error());
  return impl_->ask(false, *request);
}

Result<void> Client::Impl::read_events(
    Connection& from, const std::function<bool(const ServerEvent&)>& on_event) const {
  EventParser parser;
  std::vector<ServerEvent> events;
  while (true) {
    const auto piece = from.read_some(steady_clock::now() + kSilenceLimit);
    // However it ended, the stream is over; only silence is worth a word.
    if (!piece && piece.error().kind == ErrorKind::timeout) return std::unexpected(piece.error());
    if (!piece || piece->empty()) return {};
    events.clear();
    if (auto fed = parser.feed(*piece, events); !fed) return fail(options.base_url, fed.error());
    for (const ServerEvent& event : events) {
      if (!on_event(event)) return {};
    }
  }
}

Result<void> Client::follow(const std::string& target, const std::string& last_id,
                            const std::function<bool(const ServerEvent&)>& on_event,
                            std::stop_token stop) {
  if (!impl_->ready) return std::unexpected(impl_->ready.error());
  if (!header_safe(last_id)) return fail(ErrorKind::invalid, "the id of the last event");
  std::string headers = "accept: text/event-stream\r\n";
  if (!last_id.empty()) headers += "last-event-id: " + last_id + "\r\n";
  const auto request = impl_->write_request("GET", target, headers, "");
  if (!request) return std::unexpected(request.error());

  const auto link = impl_->connection();
  const std::stop_callback on_stop(stop, [&link] { link->abort(); });
  const Deadline deadline = steady_clock::now() + impl_->options.timeout;
  auto followed = link->open(deadline);
  if (followed) followed = link->exchange(*request, deadline);
  if (followed) {
    const Response head = head_of(link->answer());
    if (head.status != 200 || !head.content_type.starts_with("text/event-stream")) {
      return fail(head.status >= 500 ? ErrorKind::unavailable : ErrorKind::refused,
                  impl_->options.base_url + target + ": wanted a stream of events, answered " +
                      std::to_string(head.status));
    }
    followed = impl_->read_events(
        *link, [&](const ServerEvent& event) { return !stop.stop_requested() && on_event(event); });
  }
  if (stop.stop_requested()) return {};
  return followed;
}

}  // namespace backstamp::http
