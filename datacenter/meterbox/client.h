// The function server's end of the meter box's socket.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "datacenter/meterbox/protocol.h"

namespace backstamp::datacenter::meterbox {

/// A piece that was paid for: its indicium.
struct MintedPiece {
  postal::TokenIdentity identity;
  postal::MailpieceCode code;
  Bytes token;
};
struct Dispensed {
  Registers registers;
  std::vector<MintedPiece> pieces;  ///< in the order of the request
  Bytes record;                     ///< signed transaction record: to be stored before use
  Anchor anchor;
};

/// Asks a meter box. Thread-safe: each call under way has a connection of its own, kept for the
/// next one and made anew after the box was away.
///
/// All calls fail with: refused (funds, lock, limit of funds, rights, a number used before, the box
/// rolled back), invalid, limit, not_found (account), unavailable (box or HSM gone: ask again with
/// the same number), timeout (the same), internal. A call that failed with unavailable or timeout
/// may have been done: only asking again with the same number tells.
class Client {
 public:
  /// Connects once, to see that the box is there and as new as `anchor`. `timeout` is for each
  /// call. Fails: unavailable, refused (not allowed, or the box is older than the anchor).
  static Result<Client> connect(const std::filesystem::path& socket, const Anchor& anchor,
                                std::chrono::milliseconds timeout);

  Result<AccountAnswer> open_account(const OpenAccount& request) const;
  Result<AccountAnswer> fund(std::uint32_t meter, std::uint64_t number, postal::Money amount) const;
  Result<AccountAnswer> refund(std::uint32_t meter, std::uint64_t number,
                               const postal::TokenIdentity& token, postal::Money amount) const;
  Result<AccountAnswer> lock(std::uint32_t meter, std::uint64_t number) const;
  Result<AccountAnswer> unlock(std::uint32_t meter, std::uint64_t number) const;
  Result<AccountAnswer> withdraw(std::uint32_t meter, std::uint64_t number) const;
  Result<AccountAnswer> audit(std::uint32_t meter) const;
  Result<Dispensed> dispense(const Dispense& request) const;
  /// Is this token's address binding that of `cleansed_address`? False for a token without one.
  Result<bool> verify_address(ByteView token, const std::string& cleansed_address) const;
  Result<BoxKeys> keys() const;
  Result<Bytes> transaction_key() const;  ///< SubjectPublicKeyInfo that signs records
  /// The statement, signed by the issuer key: a COSE_Sign1.
  Result<Bytes> sign_statement(ByteView payload) const;
  Result<Statement> submit_order(ByteView order) const;

  /// The greatest anchor that was heard: to be kept, and given to connect() next time.
  Anchor anchor() const;

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  Result<Answer> ask(const Request& request) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datacenter::meterbox
