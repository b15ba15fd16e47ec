// init, connect, status and public-key.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "meter/device.h"
#include "meter/virtual_meter.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::chrono::seconds kVaultWait{15};
constexpr std::size_t kAuthorityBytes = 1 << 20;

Result<meter::DataCenter> connect_of(std::uint32_t meter, const std::string& folder) {
  const auto address = meter::load_address(folder);
  if (!address) return std::unexpected(address.error());
  if (!*address) {
    return fail(ErrorKind::not_found,
                folder + ": the meter has no data center; name it with backstamp-meter connect");
  }
  return meter::DataCenter::connect(**address, meter);
}

/// The meter's number, of either kind.
Result<std::uint32_t> number_of(const std::string& folder) {
  if (meter::VirtualMeter::is_in(folder)) {
    const auto meter = meter::VirtualMeter::open(folder);
    if (!meter) return std::unexpected(meter.error());
    return meter->meter();
  }
  const auto vault = meter::Vault::open_records(folder, kVaultWait);
  if (!vault) return std::unexpected(vault.error());
  return vault->identity().meter;
}

/// The new meter that the options describe.
Result<meter::NewMeter> new_meter(const InitOptions& options) {
  meter::NewMeter meter;
  meter.identity = {options.issuer, options.meter, options.mailer_id};
  meter.algorithm = options.algorithm == "es256" ? postal::SignatureAlgorithm::es256
                                                 : postal::SignatureAlgorithm::eddsa;
  const auto funds = postal::Money::parse(options.funds);
  if (!funds) return fail("--funds", funds.error());
  meter.funds = *funds;
  if (!options.offline_limit.empty()) {
    const auto limit = postal::Money::parse(options.offline_limit);
    if (!limit) return fail("--offline-limit", limit.error());
    meter.offline.limit = *limit;
  }
  meter.offline.period = std::chrono::seconds(options.offline_period_s);
  if (!options.fund_authority.empty()) {
    auto key = postal::load_public_key(options.fund_authority);
    if (!key) return fail("--fund-authority", key.error());
    meter.fund_authority = std::move(*key);
  }
  meter.soft_device = options.soft_token;
  if (!options.hsm_module.empty()) {
    meter.device = {options.hsm_module, options.hsm_token, options.hsm_pin_file, {}};
  }
  return meter;
}

Json offline_of(const meter::Vault& vault) {
  const meter::Standing standing = vault.standing();
  const auto [limit, period] = standing.offline;
  Json json{{"limit", nullptr},
            {"spent", standing.spent.to_string()},
            {"period_s", nullptr},
            {"heard_at", format_utc(standing.heard_at)},
            {"until", nullptr}};
  if (limit.mills > 0) {
    json["limit"] = limit.to_string();
    json["left"] =
        postal::Money{std::max<std::int64_t>(0, limit.mills - standing.spent.mills)}.to_string();
  }
  if (period.count() > 0) {
    json["period_s"] = period.count();
    json["until"] = format_utc(standing.heard_at + period);
  }
  return json;
}

Json status_of(const meter::Vault& vault) {
  const meter::Registers& registers = vault.registers();
  const meter::Standing standing = vault.standing();
  const auto may = vault.may_print({});
  Json report{{"issuer", vault.identity().issuer},
              {"meter", vault.identity().meter},
              {"mailer_id", vault.identity().mailer_id},
              {"key", vault.in_device() ? "device" : "file"},
              {"ascending", registers.ascending.to_string()},
              {"descending", registers.descending.to_string()},
              {"funded", registers.funded.to_string()},
              {"counter", registers.counter},
              {"pending", vault.pending().size()},
              {"prints", may.has_value() && !vault.public_key().empty()},
              {"refusal", nullptr},
              {"offline", offline_of(vault)},
              {"fund_authority", nullptr}};
  if (!may) report["refusal"] = may.error().message;
  if (!standing.fund_authority.empty()) {
    report["fund_authority"] = to_hex(postal::public_key_id(standing.fund_authority));
    report["next_authorization"] = standing.funded_by + 1;
  }
  return report;
}

void tell_status(const meter::Vault& vault) {
  const meter::Registers& registers = vault.registers();
  const meter::Standing standing = vault.standing();
  std::printf("meter %u of issuer %u, mailer id %s\n", vault.identity().meter,
              vault.identity().issuer, vault.identity().mailer_id.c_str());
  std::printf("key       %s\n", vault.in_device()
                                    ? "in a secure storage device"
                                    : "in a file: a computer meter without a device; a copy of "
                                      "its folder is another such meter");
  std::printf("printed   %14s  in %llu pieces (ascending register)\n",
              registers.ascending.to_string().c_str(),
              static_cast<unsigned long long>(registers.counter));
  std::printf("funds     %14s  left of %s (descending register)%s\n",
              registers.descending.to_string().c_str(), registers.funded.to_string().c_str(),
              standing.fund_authority.empty() ? "" : ", given by an authority alone");
  std::printf("pending   %14zu  pieces not registered yet\n", vault.pending().size());
  const auto [limit, period] = standing.offline;
  std::printf("offline   %14s  printed since %s, of %s\n", standing.spent.to_string().c_str(),
              format_utc(standing.heard_at).c_str(),
              limit.mills > 0 ? limit.to_string().c_str() : "any amount");
  if (period.count() > 0) {
    std::printf("          %14s  until %s\n", "", format_utc(standing.heard_at + period).c_str());
  }
  if (const auto may = vault.may_print({}); !may) {
    std::printf("PRINTS NOTHING: %s\n", may.error().message.c_str());
  }
}

}  // namespace

Result<meter::Vault> open_vault(const std::string& folder) {
  return meter::Vault::open(folder, kVaultWait);
}

Result<meter::Vault> open_records(const std::string& folder) {
  auto vault = open_vault(folder);
  if (vault || !meter::has_device(folder)) return vault;
  const ErrorKind kind = vault.error().kind;
  if (kind != ErrorKind::unavailable && kind != ErrorKind::not_found) return vault;
  auto records = meter::Vault::open_records(folder, kVaultWait);
  if (!records) return vault;
  std::fprintf(stderr, "backstamp-meter: without its device, prints nothing: %s\n",
               vault.error().message.c_str());
  return records;
}

Result<meter::DataCenter> data_center_of(const meter::Vault& vault, const std::string& folder) {
  return connect_of(vault.identity().meter, folder);
}

Result<meter::DataCenter> data_center_of(const std::string& folder) {
  // Only for who the meter is: it is not kept from printing while notices are awaited.
  const auto meter = number_of(folder);
  if (!meter) return std::unexpected(meter.error());
  return connect_of(*meter, folder);
}

Result<Date> date_or_today(const std::string& text) {
  if (text.empty()) return utc_date(utc_now());
  return parse_date(text);
}

int init(const InitOptions& options) {
  if (options.is_virtual) return init_virtual(options);
  if (options.mailer_id.empty()) {
    failed("meter",
           {ErrorKind::invalid, "init: --mailer-id and --issuer are wanted, or --virtual"});
    return kUsage;
  }
  const auto meter = new_meter(options);
  if (!meter) return failed("meter", meter.error());
  if (auto made = meter::Vault::create(options.folder, *meter); !made) {
    return failed("meter", made.error());
  }
  std::fprintf(stderr,
               "backstamp-meter: %s: meter %u of issuer %u with funds of %s, its key %s; public "
               "key %s\n",
               options.folder.c_str(), options.meter, options.issuer,
               meter->funds.to_string().c_str(),
               meter->soft_device || meter->device ? "in a device" : "in a file",
               meter::public_key_file(options.folder).c_str());
  if (options.address.url.empty()) return kDone;
  return connect(options.folder, options.address);
}

int connect(const std::string& folder, const AddressOptions& address) {
  const auto meter = number_of(folder);
  if (!meter) return failed("meter", meter.error());
  const meter::DataCenterAddress named{address.url, address.authority, address.api_key_file};
  if (auto right = meter::check_address(named); !right) return failed("meter", right.error());
  // Files that are not there now would be missed only after a piece is paid for.
  if (const auto authority = read_file(named.authority, kAuthorityBytes); !authority) {
    return failed("meter", {authority.error().kind, "the authority: " + authority.error().message});
  }
  auto data_center = meter::DataCenter::connect(named, *meter);
  if (!data_center) return failed("meter", data_center.error());
  if (const auto saved = meter::save_address(folder, named); !saved) {
    return failed("meter", saved.error());
  }
  const auto totals = data_center->totals();
  if (totals) {
    std::fprintf(stderr, "backstamp-meter: connected with %s\n", address.url.c_str());
  } else {
    std::fprintf(stderr, "backstamp-meter: noted, but not connected now: %s\n",
                 totals.error().message.c_str());
  }
  return kDone;
}

int status(const std::string& folder, bool json) {
  if (meter::VirtualMeter::is_in(folder)) return status_virtual(folder, json);
  const auto vault = open_records(folder);
  if (!vault) return failed("meter", vault.error());
  auto data_center = data_center_of(*vault, folder);
  const auto totals = data_center ? data_center->totals()
                                  : Result<std::string>(std::unexpected(data_center.error()));
  if (json) {
    Json report = status_of(*vault);
    report["datacenter"] = totals ? Json::parse(*totals, nullptr, false) : Json();
    if (!totals) report["datacenter_error"] = totals.error().message;
    std::printf("%s\n", report.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    return kDone;
  }
  tell_status(*vault);
  std::printf("data center: %s\n", totals ? totals->c_str() : totals.error().message.c_str());
  return kDone;
}

int public_key(const std::string& folder, bool pem) {
  const auto path = meter::public_key_file(folder);
  const auto content = read_file(path, 16384);
  if (!content) return failed("meter", content.error());
  std::error_code error;
  const std::string text =
      pem ? std::string(as_text(*content)) : std::filesystem::absolute(path, error).string() + "\n";
  std::fputs(text.c_str(), stdout);
  return kDone;
}

}  // namespace backstamp::programs::meter_commands
