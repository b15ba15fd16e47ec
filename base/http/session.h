// One connection of the server, and what all of them share with it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "base/http.h"
#include "base/http/message.h"

namespace backstamp::http {

class Session;

/// What the sessions need of their server. Outlives them.
struct SessionHost {
  ServerOptions options;
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable gone;  ///< the last session was forgotten
  std::map<Session*, std::weak_ptr<Session>> sessions;
  std::array<std::atomic<std::uint64_t>, 6> answers{};  ///< by the first digit of their status
  boost::asio::ssl::context tls{boost::asio::ssl::context::tls_server};
  /// Finds the route and asks its handler; may throw what the handler throws.
  std::function<std::variant<Response, EventSource>(Request&, const Target&)> handle;

  void forget(Session* session) {
    const std::lock_guard lock(mutex);
    sessions.erase(session);
    if (sessions.empty()) gone.notify_all();
  }
};

/// One connection, alive while one of its operations is. `wake` and `stop` from any thread.
class Session {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;
  /// Asks its source of events anew, if it has one.
  virtual void wake() = 0;
  /// Ends what waits for the client; a request at work still gets its answer.
  virtual void stop() = 0;
};

/// `socket` must run on a strand; `peer` is for handlers to see.
std::shared_ptr<Session> make_session(SessionHost& host, boost::asio::ip::tcp::socket socket,
                                      std::string peer);

}  // namespace backstamp::http
