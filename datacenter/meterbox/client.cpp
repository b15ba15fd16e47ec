#include "datacenter/meterbox/client.h"

#include <mutex>

#include "datacenter/meterbox/channel.h"

namespace backstamp::datacenter::meterbox {
namespace {

constexpr std::size_t kKeptConnections = 32;

const Anchor* anchor_of(const Answer& answer) {
  return std::visit(
      [](const auto& of) -> const Anchor* {
        if constexpr (requires { of.anchor; }) return &of.anchor;
        return nullptr;
      },
      answer);
}

/// The answer as the kind that was asked for.
template <typename Wanted>
Result<Wanted> take(Result<Answer> answer) {
  if (!answer) return std::unexpected(answer.error());
  if (const auto* refusal = std::get_if<Refusal>(&*answer)) {
    return fail(refusal->kind, refusal->message);
  }
  if (auto* wanted = std::get_if<Wanted>(&*answer)) return std::move(*wanted);
  return fail(ErrorKind::internal, "meter box: an answer to another question");
}

}  // namespace

struct Client::Impl {
  std::filesystem::path socket;
  std::chrono::milliseconds timeout;
  std::mutex mutex;
  Anchor greatest;
  std::vector<UniqueFd> idle;

  void hear(const Answer& answer) {
    const Anchor* anchor = anchor_of(answer);
    if (anchor == nullptr) return;
    const std::lock_guard guard(mutex);
    if (anchor->version > greatest.version) greatest = *anchor;
  }

  Result<Answer> exchange(int fd, const Request& request) {
    if (auto sent = send_message(fd, encode_request(request), timeout); !sent) {
      // A box that turns us away says why before it hangs up.
      if (sent.error().kind != ErrorKind::unavailable) return std::unexpected(sent.error());
    }
    const auto message = receive_message(fd, -1, timeout);
    if (!message) return std::unexpected(message.error());
    if (!*message) return fail(ErrorKind::unavailable, "meter box: it hung up");
    auto answer = decode_answer(**message);
    if (answer) hear(*answer);
    return answer;
  }

  Result<UniqueFd> connect() {
    auto fd = connect_to(socket);
    if (!fd) return fd;
    Hello hello;
    {
      const std::lock_guard guard(mutex);
      hello.anchor = greatest;
    }
    const auto greeted = take<BoxKeys>(exchange(fd->get(), hello));
    if (!greeted) return std::unexpected(greeted.error());
    return fd;
  }

  std::optional<UniqueFd> kept() {
    const std::lock_guard guard(mutex);
    if (idle.empty()) return {};
    UniqueFd fd = std::move(idle.back());
    idle.pop_back();
    return fd;
  }
  void keep(UniqueFd fd) {
    const std::lock_guard guard(mutex);
    if (idle.size() < kKeptConnections) idle.push_back(std::move(fd));
  }
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const std::filesystem::path& socket, const Anchor& anchor,
                               std::chrono::milliseconds timeout) {
  auto impl = std::make_unique<Impl>();
  impl->socket = socket;
  impl->timeout = timeout;
  impl->greatest = anchor;
  auto fd = impl->connect();
  if (!fd) return std::unexpected(fd.error());
  impl->keep(*std::move(fd));
  return Client(std::move(impl));
}

Result<Answer> Client::ask(const Request& request) const {
  // A connection that was kept may be one to a box that has gone since: then a new one is tried.
  // Asking twice does no harm, as what changes has a number.
  while (auto kept = impl_->kept()) {
    auto answer = impl_->exchange(kept->get(), request);
    if (answer) {
      impl_->keep(*std::move(kept));
      return answer;
    }
    if (answer.error().kind != ErrorKind::unavailable) return answer;
  }
  auto fd = impl_->connect();
  if (!fd) return std::unexpected(fd.error());
  auto answer = impl_->exchange(fd->get(), request);
  if (answer) impl_->keep(*std::move(fd));
  return answer;
}

Result<AccountAnswer> Client::open_account(const OpenAccount& request) const {
  return take<AccountAnswer>(ask(request));
}
Result<AccountAnswer> Client::fund(std::uint32_t meter, std::uint64_t number,
                                   postal::Money amount) const {
  return take<AccountAnswer>(ask(Fund{meter, number, amount}));
}
Result<AccountAnswer> Client::refund(std::uint32_t meter, std::uint64_t number,
                                     const postal::TokenIdentity& token,
                                     postal::Money amount) const {
  return take<AccountAnswer>(ask(Refund{meter, number, token, amount}));
}
Result<AccountAnswer> Client::lock(std::uint32_t meter, std::uint64_t number) const {
  return take<AccountAnswer>(ask(ChangeState{meter, number, AccountState::locked}));
}
Result<AccountAnswer> Client::unlock(std::uint32_t meter, std::uint64_t number) const {
  return take<AccountAnswer>(ask(ChangeState{meter, number, AccountState::active}));
}
Result<AccountAnswer> Client::withdraw(std::uint32_t meter, std::uint64_t number) const {
  return take<AccountAnswer>(ask(ChangeState{meter, number, AccountState::withdrawn}));
}
Result<AccountAnswer> Client::audit(std::uint32_t meter) const {
  return take<AccountAnswer>(ask(Audit{meter}));
}

Result<Dispensed> Client::dispense(const Dispense& request) const {
  auto minted = take<MintedTokens>(ask(request));
  if (!minted) return std::unexpected(minted.error());
  Dispensed dispensed{minted->registers, {}, std::move(minted->record), minted->anchor};
  for (Bytes& bytes : minted->tokens) {
    auto token = postal::parse_token(bytes);
    if (!token) return fail("meter box: what it minted", token.error());
    dispensed.pieces.push_back(
        {token->token.identity, std::move(token->token.code), std::move(bytes)});
  }
  return dispensed;
}

Result<bool> Client::verify_address(ByteView token, const std::string& cleansed_address) const {
  const auto verdict =
      take<AddressVerdict>(ask(VerifyAddress{Bytes(token.begin(), token.end()), cleansed_address}));
  if (!verdict) return std::unexpected(verdict.error());
  return verdict->matches;
}

Result<BoxKeys> Client::keys() const {
  return take<BoxKeys>(ask(AskKeys{}));
}

Result<Bytes> Client::transaction_key() const {
  auto answer = keys();
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->transaction_key);
}

Result<Bytes> Client::sign_statement(ByteView payload) const {
  auto statement = take<Statement>(ask(SignStatement{Bytes(payload.begin(), payload.end())}));
  if (!statement) return std::unexpected(statement.error());
  return std::move(statement->content);
}

Result<Statement> Client::submit_order(ByteView order) const {
  return take<Statement>(ask(SubmitOrder{Bytes(order.begin(), order.end())}));
}

Anchor Client::anchor() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->greatest;
}

}  // namespace backstamp::datacenter::meterbox
