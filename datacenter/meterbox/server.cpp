#include "datacenter/meterbox/server.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <thread>

#include "datacenter/meterbox/channel.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::chrono::seconds kSending{10};

struct Connection {
  UniqueFd fd;
  std::thread thread;
  std::atomic<bool> over{false};
};

class WorkingServer : public Server {
 public:
  WorkingServer(Box& box, UniqueFd listener, UniqueFd wake, std::filesystem::path path,
                std::vector<std::uint32_t> users, Log log)
      : box_(box),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        path_(std::move(path)),
        users_(std::move(users)),
        log_(std::move(log)),
        thread_([this] { accept_all(); }) {}
  ~WorkingServer() override {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
    thread_.join();
    for (Connection& connection : connections_) connection.thread.join();
    ::unlink(path_.c_str());
  }

 private:
  void accept_all();
  bool admitted(int fd);
  void serve(Connection& connection);
  bool answer(int fd, ByteView message, bool& greeted);

  Box& box_;
  UniqueFd listener_;
  UniqueFd wake_;  ///< readable for good once the server ends
  std::filesystem::path path_;
  std::vector<std::uint32_t> users_;
  Log log_;
  std::list<Connection> connections_;
  std::thread thread_;
};

void WorkingServer::accept_all() {
  for (;;) {
    auto accepted = accept_from(listener_.get(), wake_.get());
    if (!accepted) {
      log_("no more connections are taken: " + accepted.error().message);
      return;
    }
    if (!*accepted) return;
    connections_.remove_if([](Connection& connection) {
      if (!connection.over) return false;
      connection.thread.join();
      return true;
    });
    if (!admitted((*accepted)->get())) continue;
    Connection& connection = connections_.emplace_back();
    connection.fd = std::move(**accepted);
    connection.thread = std::thread([this, &connection] { serve(connection); });
  }
}

bool WorkingServer::admitted(int fd) {
  const auto user = peer_user(fd);
  const bool known = user && std::find(users_.begin(), users_.end(), *user) != users_.end();
  if (known && connections_.size() < kConnections) return true;
  const std::string why = known ? "the meter box has as many connections as it takes"
                                : "the meter box does not serve this user";
  log_("turned away user " + (user ? std::to_string(*user) : "?") + ": " + why);
  const Refusal refusal{known ? ErrorKind::unavailable : ErrorKind::refused, why};
  (void)send_message(fd, encode_answer(refusal), std::chrono::milliseconds(0));
  return false;
}

void WorkingServer::serve(Connection& connection) {
  bool greeted = false;
  for (;;) {
    const auto message = receive_message(connection.fd.get(), wake_.get(), {});
    if (!message || !*message || !answer(connection.fd.get(), **message, greeted)) break;
  }
  connection.fd.reset();
  connection.over = true;
}

/// False ends the connection: whoever cannot speak the protocol is not spoken to any more.
bool WorkingServer::answer(int fd, ByteView message, bool& greeted) {
  const auto request = decode_request(message);
  Answer answer;
  bool goes_on = false;
  if (!request) {
    answer = Refusal{request.error().kind, request.error().message};
  } else if (std::holds_alternative<TakeAccounts>(*request)) {
    answer = Refusal{ErrorKind::refused, "accounts are taken over where the box is, not from here"};
  } else if (!greeted && !std::holds_alternative<Hello>(*request)) {
    answer = Refusal{ErrorKind::refused, "the first message must be a hello"};
  } else {
    answer = box_.ask(*request);
    greeted = greeted || !std::holds_alternative<Refusal>(answer);
    goes_on = greeted;
  }
  return send_message(fd, encode_answer(answer), kSending) && goes_on;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Box& box, const std::filesystem::path& socket,
                                              std::vector<std::uint32_t> users, Log log) {
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(system_error("eventfd", errno));
  auto listener = listen_at(socket);
  if (!listener) return std::unexpected(listener.error());
  return std::unique_ptr<Server>(new WorkingServer(box, std::move(*listener), std::move(wake),
                                                   socket, std::move(users), std::move(log)));
}

}  // namespace backstamp::datacenter::meterbox
