// The vault of a meter: its key, its registers, and what it printed that the data center does not
// know yet. Everything it says has happened is on stable storage (docs/formats/vault.md).
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "meter/piece.h"
#include "postal/keys.h"

namespace backstamp::meter {

/// The registers; ascending + descending = funded, always.
struct Registers {
  postal::Money ascending;               ///< all postage ever printed
  postal::Money descending;              ///< funds left
  postal::Money funded;                  ///< all funds ever put in
  std::uint64_t counter = 0;             ///< pieces ever printed; the last one's counter
  std::uint64_t registered_through = 0;  ///< pieces up to this counter are registered
  bool operator==(const Registers&) const = default;
};

/// Who a meter is. It never changes.
struct MeterIdentity {
  std::uint32_t issuer = 0;
  std::uint32_t meter = 0;  ///< 1 to 99 999 999
  std::string mailer_id;    ///< 6 digits, or 9 starting with 9
  bool operator==(const MeterIdentity&) const = default;
};

inline constexpr std::size_t kPiecesPerPrint = 10'000;    ///< pieces in one group commit
inline constexpr std::size_t kPendingPieces = 1'000'000;  ///< pieces waiting to be registered

/// A vault in its folder, locked against other processes. Thread-bound.
class Vault {
 public:
  /// Makes a new vault in `folder`, which must not exist or be empty: all of it or nothing.
  /// Fails: refused (something is there), invalid (identity), limit (funds), io.
  static Result<void> create(const std::filesystem::path& folder, const MeterIdentity& identity,
                             postal::SignatureAlgorithm algorithm, postal::Money funds);

  /// Opens and, after a crash, brings to order: a commit that was complete counts, one that was
  /// not never happened. Fails: not_found, refused (another process has it, or its key is readable
  /// by others), invalid (damaged in a way that no crash explains: nothing may be printed).
  /// While another process has it, it is waited for, up to `wait`.
  static Result<Vault> open(const std::filesystem::path& folder,
                            std::chrono::milliseconds wait = {});

  const MeterIdentity& identity() const;
  const Registers& registers() const;
  Bytes public_key() const;  ///< SubjectPublicKeyInfo, DER

  /// Mints the indicia of all the pieces or of none. They are debited and put on record, with one
  /// commit for all, before they are returned. Fails: invalid or limit (a request, serial numbers
  /// used up, too many unregistered pieces), refused (funds), io (nothing may be printed until
  /// the vault is opened anew).
  Result<std::vector<PrintedPiece>> print(std::span<const PieceRequest> requests);

  /// Puts funds in. Fails: invalid (not above zero), limit, io.
  Result<void> fund(postal::Money amount);

  /// Printed and not known to be registered, by counter.
  const std::deque<PieceRecord>& pending() const;

  /// The data center has all pieces up to this counter. Fails: invalid, io.
  Result<void> mark_registered(std::uint64_t through);

  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;
  ~Vault();

 private:
  struct Impl;
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The public key (PEM) in a vault's folder, for the bundle of those who believe this meter.
std::filesystem::path public_key_file(const std::filesystem::path& folder);

}  // namespace backstamp::meter
