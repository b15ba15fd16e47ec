#include "meter/vault.h"

#include <algorithm>
#include <thread>

#include "meter/authorization.h"
#include "meter/device.h"
#include "meter/storage/store.h"
#include "meter/storage/vault_rules.h"

namespace backstamp::meter {
namespace {

constexpr std::size_t kTrackingSuffixDigits = 15;  // mailer id and serial number

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

/// Whose last word the funds are: without it they are nobody's.
Result<void> check_authorized(const VaultState& state) {
  if (state.fund_authority.empty() || state.authorization == 0) return {};
  const auto last = open_authorization(state.authorization_message, state.fund_authority);
  if (last && last->issuer == state.identity.issuer && last->meter == state.identity.meter &&
      last->number == state.authorization && last->total == state.registers.funded) {
    return {};
  }
  return fail(ErrorKind::invalid, "the vault is damaged: its authority did not give its funds of " +
                                      state.registers.funded.to_string());
}

/// The key wherever it lies; without a device there is no floor.
Result<Device> open_key(const std::filesystem::path& folder) {
  if (!has_device(folder)) {
    auto key = postal::SigningKey::load(key_file(folder));
    if (!key) return std::unexpected(key.error());
    return Device{std::move(*key), nullptr};
  }
  if (auto ok = settle_soft_device(folder, folder); !ok) return std::unexpected(ok.error());
  const auto address = load_device(folder);
  if (!address) return std::unexpected(address.error());
  auto device = Device::open(*address);
  if (!device) return fail("the meter's device", device.error());
  return device;
}

Result<UniqueFd> lock_waiting(const std::filesystem::path& path, std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    auto lock = lock_file(path);
    if (lock || lock.error().kind != ErrorKind::refused) return lock;
    if (std::chrono::steady_clock::now() >= deadline) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Result<UniqueFd> lock_vault(const std::filesystem::path& folder, std::chrono::milliseconds wait) {
  std::error_code error;
  if (std::filesystem::exists(folder / "registers", error)) {
    return lock_waiting(folder / "lock", wait);
  }
  return fail(ErrorKind::not_found,
              folder.string() + ": is no vault; make one with backstamp-meter init");
}

Result<Store> open_store(const std::filesystem::path& folder, std::shared_ptr<Floor> floor) {
  auto store = Store::open(folder, std::move(floor));
  if (!store) return store;
  if (auto ok = check_authorized(store->state()); !ok) return std::unexpected(ok.error());
  return store;
}

}  // namespace

struct Vault::Impl {
  std::filesystem::path folder;
  UniqueFd lock;
  std::optional<postal::SigningKey> key;  ///< none: opened for its records
  std::shared_ptr<Floor> floor;           ///< none: the key lies in a file
  Store store;

  const VaultState& state() const { return store.state(); }
  Result<void> commit(const Record& record) { return store.commit(record); }
  Result<void> ready();
  Result<postal::MailpieceCode> name_piece(const PieceRequest& request, std::uint64_t counter,
                                           const Moment& now,
                                           std::chrono::sys_seconds& last_second) const;
  Result<PrintedPiece> mint(const PieceRequest& request, std::uint64_t counter,
                            const postal::MailpieceCode& code) const;
};

/// After the device was gone amid a commit, its mark tells whether that counts.
Result<void> Vault::Impl::ready() {
  if (!store.floor_failed()) return {};
  auto again = Store::open(folder, floor);
  if (!again) return std::unexpected(again.error());
  store = std::move(*again);
  return {};
}

/// The identification code of a piece: the counter as serial number of an Intelligent Mail barcode,
/// or the next second that no piece of this meter has.
Result<postal::MailpieceCode> Vault::Impl::name_piece(const PieceRequest& request,
                                                      std::uint64_t counter, const Moment& now,
                                                      std::chrono::sys_seconds& last_second) const {
  const MeterIdentity& identity = state().identity;
  if (request.meter_code) {
    const auto clock = std::chrono::floor<std::chrono::seconds>(now.utc);
    const auto second = std::max(clock, last_second + std::chrono::seconds(1));
    if (second > clock + kCodesAhead) {
      return fail(ErrorKind::refused,
                  "the seconds up to " + format_utc(last_second) +
                      " are used for codes by meter, date and time, over an hour ahead of the "
                      "clock: wait, or name pieces by Intelligent Mail barcodes");
    }
    last_second = second;
    return postal::MeterSerial{identity.meter, second};
  }
  const std::size_t serial_digits = kTrackingSuffixDigits - identity.mailer_id.size();
  const std::string serial = padded(counter, serial_digits);
  if (serial.size() > serial_digits) {
    return fail(ErrorKind::limit, "the serial numbers of mailer id " + identity.mailer_id +
                                      " are used up: take a new meter into service");
  }
  const postal::Imb wanted{"00", padded(request.service, 3), identity.mailer_id, serial,
                           request.routing};
  const auto code = postal::Imb::parse(wanted.digits());
  if (!code) return fail("the identification code", code.error());
  return *code;
}

/// The piece that a request becomes, without any effect.
Result<PrintedPiece> Vault::Impl::mint(const PieceRequest& request, std::uint64_t counter,
                                       const postal::MailpieceCode& code) const {
  const MeterIdentity& identity = state().identity;
  postal::Token token;
  token.identity = {identity.issuer, identity.meter, counter};
  token.postage = request.postage;
  token.mailed = request.mailed;
  token.service = request.service;
  token.code = code;
  auto bytes = postal::mint_token(token, *key);
  if (!bytes) return std::unexpected(bytes.error());
  const PieceRecord record{counter, postal::canonical(code), request.postage, request.mailed,
                           request.service};
  return PrintedPiece{token.identity, record, code, std::move(*bytes)};
}

Result<Vault> Vault::open(const std::filesystem::path& folder, std::chrono::milliseconds wait) {
  auto lock = lock_vault(folder, wait);
  if (!lock) return std::unexpected(lock.error());
  auto device = open_key(folder);
  if (!device) return std::unexpected(device.error());
  auto store = open_store(folder, device->floor);
  if (!store) return std::unexpected(store.error());
  return Vault(std::make_unique<Impl>(
      Impl{folder, std::move(*lock), std::move(device->key), device->floor, std::move(*store)}));
}

Result<Vault> Vault::open_records(const std::filesystem::path& folder,
                                  std::chrono::milliseconds wait) {
  auto lock = lock_vault(folder, wait);
  if (!lock) return std::unexpected(lock.error());
  auto store = open_store(folder, nullptr);
  if (!store) return std::unexpected(store.error());
  return Vault(std::make_unique<Impl>(
      Impl{folder, std::move(*lock), std::nullopt, nullptr, std::move(*store)}));
}

const MeterIdentity& Vault::identity() const {
  return impl_->store.state().identity;
}
const Registers& Vault::registers() const {
  return impl_->store.state().registers;
}
Standing Vault::standing() const {
  const VaultState& state = impl_->state();
  return {state.offline, state.heard_at,       state.spent,
          state.behind,  state.fund_authority, state.authorization};
}
Bytes Vault::public_key() const {
  return impl_->key ? impl_->key->public_key() : Bytes();
}
bool Vault::in_device() const {
  return has_device(impl_->folder);
}
const std::deque<PieceRecord>& Vault::pending() const {
  return impl_->store.state().pending;
}

Result<void> Vault::may_print(postal::Money total, const Moment& now) const {
  const VaultState& state = impl_->state();
  const Registers& registers = state.registers;
  if (state.behind != 0) {
    return fail(ErrorKind::refused,
                "AN OLD COPY: the data center knows pieces of this meter up to number " +
                    std::to_string(state.behind) + ", its vault other ones up to " +
                    std::to_string(registers.counter) +
                    "; nothing is printed any more: put the newest copy back, or have the meter "
                    "replaced");
  }
  if (total > registers.descending) {
    return fail(ErrorKind::refused, "funds of " + registers.descending.to_string() +
                                        " do not cover postage of " + total.to_string());
  }
  const auto [limit, period] = state.offline;
  if (limit.mills > 0 && total.mills > limit.mills - state.spent.mills) {
    return fail(ErrorKind::refused,
                "postage of " + total.to_string() + " and " + state.spent.to_string() +
                    " printed already are over the offline limit of " + limit.to_string() +
                    ": let the data center be heard (backstamp-meter sync)");
  }
  if (period.count() == 0) return {};
  const UtcTime earliest = earliest_utc(state.latest, now);
  if (now.utc + kClockSlack < earliest) {
    return fail(ErrorKind::refused, "the clock was set back: it says " + format_utc(now.utc) +
                                        ", and it cannot be before " + format_utc(earliest) +
                                        ": set it right and let the data center be heard "
                                        "(backstamp-meter sync)");
  }
  if (std::max(now.utc, earliest) <= state.heard_at + period) return {};
  return fail(ErrorKind::refused, "the data center was last heard " + format_utc(state.heard_at) +
                                      ", longer ago than this meter may print without it "
                                      "(backstamp-meter sync)");
}

namespace {

/// What is wrong with requests whatever the vault holds.
Result<postal::Money> total_of(std::span<const PieceRequest> requests) {
  postal::Money total;
  for (const PieceRequest& request : requests) {
    if (request.service > 999 || request.postage.mills < 0) {
      return fail(ErrorKind::invalid,
                  "a piece's service must be 0 to 999, its postage not negative");
    }
    const std::size_t routing = request.routing.size();
    if (routing != 0 && routing != 5 && routing != 9 && routing != 11) {
      return fail(ErrorKind::invalid, "routing code \"" + request.routing.substr(0, 32) +
                                          "\": 5, 9 or 11 digits are wanted, or none");
    }
    const auto sum = total.plus(request.postage);
    if (!sum) return std::unexpected(sum.error());
    total = *sum;
  }
  return total;
}

}  // namespace

Result<std::vector<PrintedPiece>> Vault::print(std::span<const PieceRequest> requests,
                                               const Moment& now) {
  if (requests.empty()) return std::vector<PrintedPiece>{};
  if (!impl_->key) return fail(ErrorKind::refused, "the vault was opened without its key");
  if (auto ok = impl_->ready(); !ok) return std::unexpected(ok.error());
  if (requests.size() > kPiecesPerPrint) {
    return fail(ErrorKind::limit, "at most 10000 pieces are printed at once");
  }
  if (pending().size() + requests.size() > kPendingPieces) {
    return fail(ErrorKind::limit,
                "too many pieces wait to be registered: reach the data center first "
                "(backstamp-meter register)");
  }
  const auto total = total_of(requests);
  if (!total) return std::unexpected(total.error());
  if (auto may = may_print(*total, now); !may) return std::unexpected(may.error());
  const VaultState& state = impl_->state();
  std::vector<PrintedPiece> pieces;
  PrintedRecord record;
  record.at = now;
  record.at.utc = std::max(now.utc, earliest_utc(state.latest, now));
  record.last_second = state.last_second;
  pieces.reserve(requests.size());
  for (const PieceRequest& request : requests) {
    const std::uint64_t counter = registers().counter + pieces.size() + 1;
    const auto code = impl_->name_piece(request, counter, now, record.last_second);
    if (!code) return std::unexpected(code.error());
    auto piece = impl_->mint(request, counter, *code);
    if (!piece) return std::unexpected(piece.error());
    record.pieces.push_back(piece->record);
    pieces.push_back(std::move(*piece));
  }
  if (auto committed = impl_->commit(record); !committed) {
    return std::unexpected(committed.error());
  }
  return pieces;
}

Result<void> Vault::fund(postal::Money amount) {
  if (!impl_->state().fund_authority.empty()) {
    return fail(ErrorKind::refused,
                "this meter takes funds from its authority alone: fund it with --authorization");
  }
  if (amount.mills <= 0) return fail(ErrorKind::invalid, "funds to be added must be above zero");
  if (auto ok = impl_->ready(); !ok) return ok;
  const auto total = registers().funded.plus(amount);
  if (!total) return std::unexpected(total.error());
  if (auto ok = check_funds(*total); !ok) return ok;
  return impl_->commit(FundedRecord{amount});
}

Result<postal::Money> Vault::fund_authorized(ByteView message) {
  if (auto ok = impl_->ready(); !ok) return std::unexpected(ok.error());
  const VaultState& state = impl_->state();
  if (state.fund_authority.empty()) {
    return fail(ErrorKind::invalid, "this meter has no fund authority: fund it with --amount");
  }
  const auto given = open_authorization(message, state.fund_authority);
  if (!given) return std::unexpected(given.error());
  if (given->issuer != state.identity.issuer || given->meter != state.identity.meter) {
    return fail(ErrorKind::refused, "the authorization is for meter " +
                                        std::to_string(given->meter) + " of issuer " +
                                        std::to_string(given->issuer));
  }
  if (given->number != state.authorization + 1) {
    return fail(ErrorKind::refused,
                given->number <= state.authorization
                    ? "authorization " + std::to_string(given->number) + " was used already"
                    : "authorization " + std::to_string(state.authorization + 1) +
                          " comes before " + std::to_string(given->number));
  }
  const auto total = state.registers.funded.plus(given->amount);
  if (!total || *total != given->total) {
    return fail(ErrorKind::refused, "the authorization is for a total of " +
                                        given->total.to_string() + ", not what this meter had");
  }
  if (auto ok = check_funds(*total); !ok) return std::unexpected(ok.error());
  const AuthorizedRecord record{given->number, given->amount, {message.begin(), message.end()}};
  if (auto ok = impl_->commit(record); !ok) return std::unexpected(ok.error());
  return given->amount;
}

Result<void> Vault::mark_registered(std::uint64_t through) {
  if (auto ok = impl_->ready(); !ok) return ok;
  if (through <= registers().registered_through || through > registers().counter) {
    return fail(ErrorKind::invalid, "no such pieces wait to be registered");
  }
  return impl_->commit(RegisteredRecord{through});
}

Result<void> Vault::heard(UtcTime at, const Moment& now) {
  if (auto ok = impl_->ready(); !ok) return ok;
  return impl_->commit(HeardRecord{{at, now.boot, now.up}});
}

Result<void> Vault::mark_behind(std::uint64_t counter) {
  if (auto ok = impl_->ready(); !ok) return ok;
  return impl_->commit(BehindRecord{counter});
}

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

std::filesystem::path public_key_file(const std::filesystem::path& folder) {
  return folder / "public.pem";
}

}  // namespace backstamp::meter
