// The vault of a meter: its key, its registers, and what it printed that the data center does not
// know yet. Everything it says has happened is on stable storage (docs/formats/vault.md).
// The key lies in a file, or in a secure storage device (PKCS#11), which also keeps the mark that
// the registers must not fall behind.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "meter/moment.h"
#include "meter/piece.h"
#include "postal/hsm.h"

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

/// How much, and how long, a meter may print without hearing from its data center. Zero: no limit.
struct OfflineTerms {
  postal::Money limit;
  std::chrono::seconds period{};
  bool operator==(const OfflineTerms&) const = default;
};

/// What a new meter is made of.
struct NewMeter {
  MeterIdentity identity;
  postal::SignatureAlgorithm algorithm = postal::SignatureAlgorithm::eddsa;
  postal::Money funds;
  OfflineTerms offline;
  Bytes fund_authority;  ///< public key (DER) of who alone gives funds; none: whoever has the meter
  std::optional<postal::HsmConfig> device;  ///< the token that makes and keeps the key
  bool soft_device = false;                 ///< one of SoftHSM, made in the vault's folder
};

/// Where a meter stands besides its registers.
struct Standing {
  OfflineTerms offline;
  UtcTime heard_at{};           ///< when its data center was last heard (or it was made)
  postal::Money spent;          ///< postage since then
  std::uint64_t behind = 0;     ///< not 0: the data center knows this counter, the vault does not
  Bytes fund_authority;         ///< empty: none
  std::uint64_t funded_by = 0;  ///< number of the last authorization of funds
  bool operator==(const Standing&) const = default;
};

inline constexpr std::chrono::seconds kCodesAhead{3600};  ///< of the clock, for codes by the second
inline constexpr std::chrono::minutes kClockSlack{5};     ///< what a clock may be set back by right
inline constexpr std::size_t kPiecesPerPrint = 10'000;    ///< pieces in one group commit
inline constexpr std::size_t kPendingPieces = 1'000'000;  ///< pieces waiting to be registered

/// A vault in its folder, locked against other processes. Thread-bound.
class Vault {
 public:
  /// Makes a new vault in `folder`, which must not exist or be empty: all of it or nothing.
  /// Fails: refused (something is there, or in the device; funds for a meter that has an authority
  /// for them), invalid (identity, terms), limit (funds), io, and as postal::Hsm does.
  static Result<void> create(const std::filesystem::path& folder, const NewMeter& meter,
                             const Moment& now = Moment::now());

  /// Opens and, after a crash, brings to order: a commit that was complete counts, one that was
  /// not never happened. Fails: not_found, refused (another process has it, its key is readable
  /// by others, or it is an old copy: older than its device says), invalid (damaged in a way that
  /// no crash explains, or of another version: nothing may be printed), unavailable (the device).
  /// While another process has it, it is waited for, up to `wait`.
  static Result<Vault> open(const std::filesystem::path& folder,
                            std::chrono::milliseconds wait = {});

  /// Opens without the key, and without the device that has it: for what is on record, to show and
  /// to register. Nothing is printed (refused). A print that was cut short counts. Fails as open().
  static Result<Vault> open_records(const std::filesystem::path& folder,
                                    std::chrono::milliseconds wait = {});

  const MeterIdentity& identity() const;
  const Registers& registers() const;
  Standing standing() const;
  Bytes public_key() const;  ///< SubjectPublicKeyInfo, DER; empty without the key
  bool in_device() const;    ///< does the key lie in one?

  /// Would pieces of this total be printed now? Fails: refused, with the reason (funds, the offline
  /// limit or period, a clock that was set back, an old copy).
  Result<void> may_print(postal::Money total, const Moment& now = Moment::now()) const;

  /// Mints the indicia of all the pieces or of none. They are debited and put on record, with one
  /// commit for all, before they are returned. Fails: invalid or limit (a request, serial numbers
  /// or seconds used up, too many unregistered pieces), refused (as may_print), unavailable (the
  /// device is gone: nothing was printed, and when it is back printing goes on), io (nothing may be
  /// printed until the vault is opened anew).
  Result<std::vector<PrintedPiece>> print(std::span<const PieceRequest> requests,
                                          const Moment& now = Moment::now());

  /// Puts funds in. Fails: invalid (not above zero), refused (only its authority may), limit, io.
  Result<void> fund(postal::Money amount);
  /// Puts the funds in that the authority gives with this message, once. Returns the amount. Fails:
  /// invalid, refused (another authority's, another meter's, used already or not the next), io.
  Result<postal::Money> fund_authorized(ByteView message);

  /// Printed and not known to be registered, by counter.
  const std::deque<PieceRecord>& pending() const;

  /// The data center has all pieces up to this counter. Fails: invalid, io.
  Result<void> mark_registered(std::uint64_t through);
  /// The data center was heard, and agrees; by its clock it is `at`. What may be printed without it
  /// begins anew. Fails: io.
  Result<void> heard(UtcTime at, const Moment& now = Moment::now());
  /// The data center knows what this vault does not, up to `counter`: nothing is printed any more.
  /// Fails: io.
  Result<void> mark_behind(std::uint64_t counter);

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
