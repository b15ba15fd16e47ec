// HTTPS with JSON and server-sent events: a small face over Boost.Beast, both sides; and plain HTTP
// for those on the same machine who look after it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace backstamp::http {

/// A request as a handler sees it: already bounded by limits.h.
struct Request {
  std::string method;                          ///< "GET", "POST", …
  std::string path;                            ///< decoded, without the query: "/v1/pieces"
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::vector<std::string> parameters;         ///< what the `*` segments of the route matched
  std::string body;
  std::string peer;  ///< "127.0.0.1:50312"
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};

/// One server-sent event (WHATWG HTML, "Server-sent events").
struct ServerEvent {
  std::string id;     ///< what a client gives back as Last-Event-ID; no line breaks
  std::string event;  ///< event type; no line breaks
  std::string data;   ///< may hold line breaks
};

/// A stream of events to one client: called from the server's threads, again and again, for the
/// events after `last_id`; returns those that are there now (perhaps none). The server polls it
/// when `Server::wake` is called and at least every second, and keeps the connection alive.
using EventSource = std::function<std::vector<ServerEvent>(const std::string& last_id)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;             ///< 0: any free port
  std::filesystem::path certificate;  ///< PEM chain; none, and no key: plain HTTP
  std::filesystem::path private_key;  ///< PEM
  /// Plain HTTP is for loopback addresses: whoever could listen in on those owns the machine. For a
  /// network of its own, behind a proxy or a firewall, it can be had at any address; what is served
  /// must then be fit for every eye on that network, and no secret may be sent to it.
  bool plain_anywhere = false;
  unsigned threads = 2;
  std::size_t connections_limit = 1024;  ///< further ones are closed at once and counted
  std::chrono::seconds idle_timeout{60};
};

/// What a server has done since its start.
struct ServerCounters {
  std::uint64_t answers[6] = {};  ///< by the first digit of their status; [0] is not used
  std::uint64_t connections = 0;  ///< accepted, those that were refused included
  std::uint64_t refused = 0;      ///< closed at once because connections_limit were open
  std::uint64_t open = 0;         ///< now
};

/// An HTTPS server (TLS 1.2 and up), or a plain one. Thread-safe after start. Handlers run on its
/// threads and may block briefly; an exception in one is answered with 500.
class Server {
 public:
  using Handler = std::function<Response(const Request&)>;
  using StreamHandler = std::function<std::variant<Response, EventSource>(const Request&)>;

  explicit Server(ServerOptions options);
  ~Server();  ///< stops and joins

  /// `route("POST", "/v1/meters/*/codes", …)`: `*` matches one segment that is not empty; the
  /// first route that fits is taken; HEAD is answered by GET. Before start only.
  void route(std::string method, std::string pattern, Handler handler);
  /// A GET that answers with a stream of events (Last-Event-ID respected).
  void stream(std::string pattern, StreamHandler handler);
  /// Binds and serves. Fails: io (address in use, names it), invalid (certificate or key), refused
  /// (no certificate, and an address that others reach).
  Result<void> start();
  std::uint16_t port() const;
  /// Connections that were closed at once because connections_limit were open. Any thread.
  std::uint64_t refused_connections() const;
  ServerCounters counters() const;  ///< any thread
  /// Asks all event sources anew, soon. Any thread.
  void wake();
  /// Requests at work get their answers (5 s at most), all else is closed. Not from a handler.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ClientOptions {
  std::string base_url;                       ///< "https://host:port"
  std::filesystem::path authority;            ///< PEM file of the only trusted authority
  std::string authorization;                  ///< value of the Authorization header, or empty
  std::chrono::milliseconds timeout{10'000};  ///< for a whole request
};

/// An HTTPS client for one server; the certificate and the host name are always verified.
/// Thread-bound. Keeps its connection open between requests and reconnects when it was lost. A
/// POST is never sent twice: when the connection is lost under it, whether it took effect is open
/// and the answer is unavailable.
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;

  /// Any HTTP status is a Response; Errors are unavailable (no connection), refused (the
  /// certificate is not trusted), timeout, limit (body too large).
  Result<Response> get(const std::string& target);
  Result<Response> post(const std::string& target, std::string body);
  /// Follows a stream of events until `stop` is requested, `on_event` returns false, or the
  /// connection ends (success; the caller reconnects with the last id it saw). The client may
  /// serve other requests from within `on_event`. Fails as get does; also refused or unavailable
  /// when the answer is not a stream, timeout after 45 s of silence, limit (an event over 1 MiB),
  /// invalid (not UTF-8).
  Result<void> follow(const std::string& target, const std::string& last_id,
                      const std::function<bool(const ServerEvent&)>& on_event,
                      std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::http
