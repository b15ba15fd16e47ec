// How a vault comes to be: whole, or not at all.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "meter/device.h"
#include "meter/storage/store.h"
#include "meter/storage/vault_rules.h"
#include "meter/vault.h"

namespace backstamp::meter {
namespace {

constexpr std::uint32_t kMeterLast = 99'999'999;
constexpr std::chrono::seconds kPeriodLast = std::chrono::days(3660);

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

Result<void> check_new(const NewMeter& meter) {
  if (auto ok = check_identity(meter.identity); !ok) return ok;
  if (auto ok = check_funds(meter.funds); !ok) return ok;
  if (meter.offline.limit.mills < 0 || meter.offline.period < std::chrono::seconds(0) ||
      meter.offline.period > kPeriodLast) {
    return fail(ErrorKind::invalid, "an offline period is at most 10 years");
  }
  if (meter.fund_authority.empty()) return {};
  if (const auto known = postal::public_key_algorithm(meter.fund_authority); !known) {
    return fail("the fund authority", known.error());
  }
  if (meter.funds.mills == 0) return {};
  return fail(ErrorKind::refused,
              "a meter with a fund authority begins without funds: its authority gives them");
}

std::string device_name(const MeterIdentity& identity) {
  return "backstamp meter " + std::to_string(identity.issuer) + "-" +
         std::to_string(identity.meter);
}

Result<postal::SigningKey> make_key_file(const std::filesystem::path& folder,
                                         postal::SignatureAlgorithm algorithm) {
  auto key = postal::SigningKey::generate(algorithm);
  if (!key) return key;
  if (auto ok = key->save(key_file(folder)); !ok) return std::unexpected(ok.error());
  return key;
}

Result<void> write_new_state(const std::filesystem::path& folder, const NewMeter& meter,
                             const postal::SigningKey& key, const Moment& now) {
  if (auto ok = postal::save_public_key(key.public_key(), public_key_file(folder)); !ok) return ok;
  VaultState state;
  state.identity = meter.identity;
  state.offline = meter.offline;
  state.fund_authority = meter.fund_authority;
  state.heard_at = now.utc;
  state.latest = now;
  state.registers.descending = meter.funds;
  state.registers.funded = meter.funds;
  return Store::create(folder, state);
}

/// Fills the folder and, last of all, moves it to its place.
Result<void> make_vault(const std::filesystem::path& folder, const std::filesystem::path& target,
                        const NewMeter& meter, const Moment& now) {
  const auto move_to_target = [&]() -> Result<void> {
    if (::rename(folder.c_str(), target.c_str()) == 0) return {};
    return std::unexpected(system_error("rename to " + target.string(), errno));
  };
  if (!meter.device && !meter.soft_device) {
    const auto key = make_key_file(folder, meter.algorithm);
    if (!key) return std::unexpected(key.error());
    if (auto ok = write_new_state(folder, meter, *key, now); !ok) return ok;
    return move_to_target();
  }
  const auto token =
      meter.soft_device ? make_soft_device(folder) : Result<postal::HsmConfig>(*meter.device);
  if (!token) return std::unexpected(token.error());
  const DeviceAddress address{*token, device_name(meter.identity)};
  if (auto ok = save_device(folder, address); !ok) return ok;
  Result<void> made;
  {
    const auto device = Device::make(address, meter.algorithm);
    if (!device) return fail("the meter's device", device.error());
    made = write_new_state(folder, meter, device->key, now);
  }
  if (made) made = settle_soft_device(folder, target);
  if (made) made = move_to_target();
  if (!made) Device::forget(address);
  return made;
}

}  // namespace

Result<void> Vault::create(const std::filesystem::path& folder, const NewMeter& meter,
                           const Moment& now) {
  if (auto ok = check_new(meter); !ok) return ok;
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
  if (auto made = make_vault(unfinished, trimmed, meter, now); !made) {
    std::filesystem::remove_all(unfinished, error);
    return made;
  }
  return sync_directory(trimmed.parent_path());
}

}  // namespace backstamp::meter
