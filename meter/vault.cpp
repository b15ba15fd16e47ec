#include "meter/vault.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <thread>

#include "meter/storage/store.h"

namespace backstamp::meter {
namespace {

constexpr std::int64_t kFundsLimit_mills = 1'000'000'000'000;  // $1,000,000,000
constexpr std::uint32_t kMeterLast = 99'999'999;
constexpr std::size_t kTrackingSuffixDigits = 15;  // mailer id and serial number

std::filesystem::path key_file(const std::filesystem::path& folder) {
  return folder / "key.pem";
}

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

Result<void> check_identity(const MeterIdentity& identity) {
  const std::string& id = identity.mailer_id;
  const bool digits =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool six = id.size() == 6 && id[0] != '9';
  const bool nine = id.size() == 9 && id[0] == '9';
  if (!digits || !(six || nine)) {
    return fail(ErrorKind::invalid, "mailer id \"" + id.substr(0, 20) +
                                        "\": 6 digits, or 9 digits starting with 9, are wanted");
  }
  if (identity.meter < 1 || identity.meter > kMeterLast) {
    return fail(ErrorKind::invalid, "a meter's number is 1 to 99999999");
  }
  return {};
}

Result<void> check_funds(postal::Money amount) {
  if (amount.mills < 0 || amount.mills > kFundsLimit_mills) {
    return fail(ErrorKind::limit, "funds must be 0 to 1000000000.000");
  }
  return {};
}

Result<void> fill_new_folder(const std::filesystem::path& folder, const MeterIdentity& identity,
                             postal::SignatureAlgorithm algorithm, postal::Money funds) {
  const auto key = postal::SigningKey::generate(algorithm);
  if (!key) return std::unexpected(key.error());
  if (auto ok = key->save(key_file(folder)); !ok) return ok;
  if (auto ok = postal::save_public_key(key->public_key(), public_key_file(folder)); !ok) return ok;
  VaultState state;
  state.identity = identity;
  state.registers.descending = funds;
  state.registers.funded = funds;
  return Store::create(folder, state);
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

}  // namespace

struct Vault::Impl {
  UniqueFd lock;
  postal::SigningKey key;
  Store store;

  Result<PrintedPiece> mint(const PieceRequest& request, std::uint64_t counter) const;
};

/// The piece that a request becomes, without any effect.
Result<PrintedPiece> Vault::Impl::mint(const PieceRequest& request, std::uint64_t counter) const {
  const MeterIdentity& identity = store.state().identity;
  const std::size_t serial_digits = kTrackingSuffixDigits - identity.mailer_id.size();
  const std::string serial = padded(counter, serial_digits);
  if (serial.size() > serial_digits) {
    return fail(ErrorKind::limit, "the serial numbers of mailer id " + identity.mailer_id +
                                      " are used up: take a new meter into service");
  }
  if (request.service > 999 || request.postage.mills < 0) {
    return fail(ErrorKind::invalid, "a piece's service must be 0 to 999, its postage not negative");
  }
  if (request.meter_code) {
    return fail(ErrorKind::invalid, "a vault names pieces by Intelligent Mail barcodes only");
  }
  const std::size_t routing = request.routing.size();
  if (routing != 0 && routing != 5 && routing != 9 && routing != 11) {
    return fail(ErrorKind::invalid, "routing code \"" + request.routing.substr(0, 32) +
                                        "\": 5, 9 or 11 digits are wanted, or none");
  }
  const postal::Imb wanted{"00", padded(request.service, 3), identity.mailer_id, serial,
                           request.routing};
  const auto code = postal::Imb::parse(wanted.digits());
  if (!code) return fail("the identification code", code.error());
  postal::Token token;
  token.identity = {identity.issuer, identity.meter, counter};
  token.postage = request.postage;
  token.mailed = request.mailed;
  token.service = request.service;
  token.code = *code;
  auto bytes = postal::mint_token(token, key);
  if (!bytes) return std::unexpected(bytes.error());
  const PieceRecord record{counter, postal::canonical(*code), request.postage, request.mailed,
                           request.service};
  return PrintedPiece{token.identity, record, *code, std::move(*bytes)};
}

Result<void> Vault::create(const std::filesystem::path& folder, const MeterIdentity& identity,
                           postal::SignatureAlgorithm algorithm, postal::Money funds) {
  if (auto ok = check_identity(identity); !ok) return ok;
  if (auto ok = check_funds(funds); !ok) return ok;
  std::error_code error;
  const auto target = std::filesystem::absolute(folder, error).lexically_normal();
  if (std::filesystem::exists(target, error) && !std::filesystem::is_empty(target, error)) {
    return fail(ErrorKind::refused, folder.string() + ": is there already and not empty");
  }
  // Beside its place, then moved there: a vault is whole or it is not there.
  const auto trimmed = target.has_filename() ? target : target.parent_path();
  const std::filesystem::path unfinished =
      trimmed.string() + ".unfinished-" + std::to_string(::getpid());
  std::filesystem::create_directories(trimmed.parent_path(), error);
  if (!std::filesystem::create_directory(unfinished, error)) {
    return fail(ErrorKind::io, "create " + unfinished.string() + ": " + error.message());
  }
  std::filesystem::permissions(unfinished, std::filesystem::perms::owner_all, error);
  auto made = fill_new_folder(unfinished, identity, algorithm, funds);
  if (made && ::rename(unfinished.c_str(), trimmed.c_str()) != 0) {
    made = std::unexpected(system_error("rename to " + trimmed.string(), errno));
  }
  if (!made) {
    std::filesystem::remove_all(unfinished, error);
    return made;
  }
  return sync_directory(trimmed.parent_path());
}

Result<Vault> Vault::open(const std::filesystem::path& folder, std::chrono::milliseconds wait) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "registers", error)) {
    return fail(ErrorKind::not_found,
                folder.string() + ": is no vault; make one with backstamp-meter init");
  }
  auto lock = lock_waiting(folder / "lock", wait);
  if (!lock) return std::unexpected(lock.error());
  auto key = postal::SigningKey::load(key_file(folder));
  if (!key) return std::unexpected(key.error());
  auto store = Store::open(folder);
  if (!store) return std::unexpected(store.error());
  return Vault(std::make_unique<Impl>(Impl{std::move(*lock), std::move(*key), std::move(*store)}));
}

const MeterIdentity& Vault::identity() const {
  return impl_->store.state().identity;
}
const Registers& Vault::registers() const {
  return impl_->store.state().registers;
}
Bytes Vault::public_key() const {
  return impl_->key.public_key();
}
const std::deque<PieceRecord>& Vault::pending() const {
  return impl_->store.state().pending;
}

Result<std::vector<PrintedPiece>> Vault::print(std::span<const PieceRequest> requests) {
  if (requests.empty()) return std::vector<PrintedPiece>{};
  if (requests.size() > kPiecesPerPrint) {
    return fail(ErrorKind::limit, "at most 10000 pieces are printed at once");
  }
  if (pending().size() + requests.size() > kPendingPieces) {
    return fail(ErrorKind::limit,
                "too many pieces wait to be registered: reach the data center first "
                "(backstamp-meter register)");
  }
  postal::Money total;
  for (const PieceRequest& request : requests) {
    const auto sum = total.plus(request.postage);
    if (!sum) return std::unexpected(sum.error());
    total = *sum;
  }
  if (total > registers().descending) {
    return fail(ErrorKind::refused, "funds of " + registers().descending.to_string() +
                                        " do not cover postage of " + total.to_string());
  }
  std::vector<PrintedPiece> pieces;
  PrintedRecord record;
  pieces.reserve(requests.size());
  for (const PieceRequest& request : requests) {
    auto piece = impl_->mint(request, registers().counter + pieces.size() + 1);
    if (!piece) return std::unexpected(piece.error());
    record.pieces.push_back(piece->record);
    pieces.push_back(std::move(*piece));
  }
  if (auto committed = impl_->store.commit(record); !committed) {
    return std::unexpected(committed.error());
  }
  return pieces;
}

Result<void> Vault::fund(postal::Money amount) {
  if (amount.mills <= 0) return fail(ErrorKind::invalid, "funds to be added must be above zero");
  const auto total = registers().funded.plus(amount);
  if (!total) return std::unexpected(total.error());
  if (auto ok = check_funds(*total); !ok) return ok;
  return impl_->store.commit(FundedRecord{amount});
}

Result<void> Vault::mark_registered(std::uint64_t through) {
  if (through <= registers().registered_through || through > registers().counter) {
    return fail(ErrorKind::invalid, "no such pieces wait to be registered");
  }
  return impl_->store.commit(RegisteredRecord{through});
}

Vault::Vault(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

std::filesystem::path public_key_file(const std::filesystem::path& folder) {
  return folder / "public.pem";
}

}  // namespace backstamp::meter
