#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <type_traits>

#include "base/assert.h"
#include "base/http/session.h"
#include "base/http/sse.h"
#include "base/limits.h"

namespace backstamp::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using net::ip::tcp;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kHandshakeLimit{10};
constexpr std::chrono::seconds kPollInterval{1};  // of an event source that nobody wakes
constexpr std::chrono::seconds kKeepAliveInterval{15};
constexpr std::chrono::seconds kEventWriteLimit{30};  // a client that does not read
constexpr std::chrono::seconds kLingerLimit{2};
constexpr std::size_t kLingerBytes = 16u << 20;

/// Beast's view of a text is not the standard's on Debian 12.
std::string_view view(const auto& text) {
  return {text.data(), text.size()};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return out;
}

/// What a request is answered with when it could not be read.
int status_of(const error_code& error) {
  using Fault = beast::http::error;
  if (error == Fault::header_limit || error == Fault::buffer_overflow) return 431;
  if (error == Fault::body_limit) return 413;
  return 400;
}

using TlsStream = net::ssl::stream<tcp::socket>;

/// One connection, alive while one of its operations is; everything runs on its strand. `Stream` is
/// TlsStream, or a bare socket where there is no certificate.
template <typename Stream>
class Connection final : public Session, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <typename... Layers>
  Connection(SessionHost& host, std::string peer, Layers&&... layers)
      : host_(host),
        stream_(std::forward<Layers>(layers)...),
        timer_(stream_.get_executor()),
        peer_(std::move(peer)) {}
  ~Connection() override { host_.forget(this); }

  void start() override {
    if constexpr (kTls) {
      arm(std::min<steady_clock::duration>(kHandshakeLimit, host_.options.idle_timeout));
      stream_.async_handshake(net::ssl::stream_base::server,
                              [self = this->shared_from_this()](const error_code& error) {
                                if (error) return self->close();
                                self->read_request();
                              });
    } else {
      net::post(stream_.get_executor(),
                [self = this->shared_from_this()] { self->read_request(); });
    }
  }

  void wake() override {
    if (wake_pending_.exchange(true)) return;
    net::post(stream_.get_executor(), [self = this->shared_from_this()] {
      self->wake_pending_ = false;
      self->poll_source();
    });
  }

  void stop() override {
    net::post(stream_.get_executor(), [self = this->shared_from_this()] {
      if (!self->working_) self->close();
    });
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  tcp::socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void close() {
    error_code ignored;
    source_ = nullptr;
    timer_.cancel();
    socket().close(ignored);
  }

  /// Closes the connection unless armed anew within `limit`.
  void arm(steady_clock::duration limit) {
    timer_.expires_after(limit);
    timer_.async_wait([weak = this->weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (error || !self || self->timer_.expiry() > steady_clock::now()) return;
      self->close();
    });
  }

  void read_request() {
    if (host_.stopping) return close();
    working_ = false;
    parser_.emplace();
    parser_->header_limit(limits::kHttpHeaderBytes);
    parser_->body_limit(limits::kHttpBodyBytes);
    arm(host_.options.idle_timeout);
    beast::http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const error_code& error, std::size_t) {
          if (error) return self->refuse_bytes(error);
          self->on_header();
        });
  }

  void on_header() {
    const auto& head = parser_->get();
    const bool expects = lower(view(head[beast::http::field::expect])) == "100-continue";
    if (!expects || parser_->is_done()) return read_body();
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(stream_, net::buffer(out_),
                     [self = this->shared_from_this()](const error_code& error, std::size_t) {
                       if (error) return self->close();
                       self->read_body();
                     });
  }

  void read_body() {
    arm(host_.options.idle_timeout);
    beast::http::async_read(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const error_code& error, std::size_t) {
          if (error) return self->refuse_bytes(error);
          self->on_request();
        });
  }

  void refuse_bytes(const error_code& error) {
    const bool grammar =
        error.category() == make_error_code(beast::http::error::bad_method).category();
    if (!grammar || error == beast::http::error::end_of_stream ||
        error == beast::http::error::partial_message) {
      return close();
    }
    respond(error_response(status_of(error), error.message()), false, true);
  }

  void on_request() {
    working_ = true;
    const auto& head = parser_->get();
    const bool keep = parser_->keep_alive();
    const std::string method(view(head.method_string()));
    const auto target = parse_target(view(head.target()));
    if (!target) return respond(error_response(400, target.error().message), false, true);
    if (head.version() >= 11 && head.count(beast::http::field::host) != 1) {
      return respond(error_response(400, "wanted one Host header"), false, true);
    }
    Request request;
    request.method = method;
    request.path = target->path;
    request.query = target->query;
    request.peer = peer_;
    for (const auto& field : head) {
      std::string& value = request.headers[lower(view(field.name_string()))];
      if (!value.empty()) value += ", ";
      value += view(field.value());
    }
    request.body = std::move(parser_->get().body());
    auto answer = handle(request, *target);
    if (auto* source = std::get_if<EventSource>(&answer)) {
      if (method == "HEAD") return respond(Response{}, keep, false);
      return start_stream(std::move(*source), request.headers["last-event-id"]);
    }
    respond(std::get<Response>(answer), keep, method != "HEAD");
  }

  std::variant<Response, EventSource> handle(Request& request, const Target& target) {
    try {
      return host_.handle(request, target);
    } catch (...) {
      return error_response(500, "the server failed to answer");
    }
  }

  void respond(const Response& response, bool keep, bool with_body) {
    working_ = true;
    keep = keep && !host_.stopping;
    auto text = write_response(response, keep, with_body);
    if (!text) {
      text = write_response(error_response(500, "the server failed to answer"), keep, with_body);
    }
    BACKSTAMP_ASSERT(text.has_value());
    out_ = std::move(*text);
    const char digit = out_[std::string_view("HTTP/1.1 ").size()];
    if (digit >= '1' && digit <= '5') ++host_.answers[static_cast<std::size_t>(digit - '0')];
    arm(host_.options.idle_timeout);
    net::async_write(stream_, net::buffer(out_),
                     [self = this->shared_from_this(), keep](const error_code& error, std::size_t) {
                       if (error) return self->close();
                       if (keep) return self->read_request();
                       self->linger();
                     });
  }

  /// Says goodbye, then reads and drops what the client still sends: closing over unread bytes
  /// would reset the connection and take the answer away before it is read.
  void linger() {
    arm(kLingerLimit);
    const auto half_close = [self = this->shared_from_this()](const error_code&) {
      error_code ignored;
      self->socket().shutdown(tcp::socket::shutdown_send, ignored);
      self->drop_input(0);
    };
    if constexpr (kTls) {
      stream_.async_shutdown(half_close);
    } else {
      half_close({});
    }
  }

  void drop_input(std::size_t dropped) {
    buffer_.clear();
    socket().async_read_some(
        buffer_.prepare(16u << 10),
        [self = this->shared_from_this(), dropped](const error_code& error, std::size_t size) {
          if (error || dropped > kLingerBytes) return self->close();
          self->drop_input(dropped + size);
        });
  }

  void start_stream(EventSource source, std::string last_id) {
    if (host_.stopping) return close();
    working_ = false;
    ++host_.answers[2];
    source_ = std::move(source);
    last_id_ = std::move(last_id);
    timer_.cancel();
    watch_client();
    write_events(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
        "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n");
    tick();
  }

  /// A client has nothing more to say on a stream: anything it sends, or its end, ends it.
  void watch_client() {
    buffer_.clear();
    stream_.async_read_some(
        buffer_.prepare(64),
        [self = this->shared_from_this()](const error_code&, std::size_t) { self->close(); });
  }

  void tick() {
    timer_.expires_after(kPollInterval);
    timer_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (error || !self->source_) return;
      if (self->writing_ && steady_clock::now() > self->last_write_ + kEventWriteLimit) {
        return self->close();
      }
      self->poll_source();
      if (self->source_) self->tick();
    });
  }

  void poll_source() {
    poll_again_ = true;
    if (!source_ || writing_) return;
    poll_again_ = false;
    std::string text;
    try {
      for (const ServerEvent& event : source_(last_id_)) {
        const auto written = write_event(event);
        if (!written) return close();
        text += *written;
        if (!event.id.empty()) last_id_ = event.id;
      }
    } catch (...) {
      return close();
    }
    poll_again_ = !text.empty();  // there may be more than it gave at once
    if (text.empty() && steady_clock::now() >= last_write_ + kKeepAliveInterval) text = ":\n\n";
    if (!text.empty()) write_events(std::move(text));
  }

  void write_events(std::string text) {
    out_ = std::move(text);
    writing_ = true;
    last_write_ = steady_clock::now();
    net::async_write(stream_, net::buffer(out_),
                     [self = this->shared_from_this()](const error_code& error, std::size_t) {
                       self->writing_ = false;
                       if (error) return self->close();
                       if (self->poll_again_) self->poll_source();
                     });
  }

  SessionHost& host_;
  Stream stream_;
  net::steady_timer timer_;
  beast::flat_buffer buffer_{limits::kHttpHeaderBytes + (64u << 10)};
  std::optional<Parser> parser_;
  std::string peer_;
  std::string out_;
  bool working_ = false;  ///< between a whole request and the end of its answer
  EventSource source_;    ///< of a stream, until it is closed
  std::string last_id_;
  bool writing_ = false;    ///< a stream has a write under way
  bool poll_again_ = true;  ///< the source was not asked since it was woken, or gave events
  steady_clock::time_point last_write_;
  std::atomic<bool> wake_pending_{false};
};

}  // namespace

std::shared_ptr<Session> make_session(SessionHost& host, tcp::socket socket, std::string peer) {
  if (host.options.certificate.empty()) {
    return std::make_shared<Connection<tcp::socket>>(host, std::move(peer), std::move(socket));
  }
  return std::make_shared<Connection<TlsStream>>(host, std::move(peer), std::move(socket),
                                                 host.tls);
}

}  // namespace backstamp::http
