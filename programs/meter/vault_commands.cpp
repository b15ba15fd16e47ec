// init, connect, fund, status, register and public-key.
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"
#include "meter/virtual_meter.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::chrono::seconds kVaultWait{15};
constexpr unsigned kAttempts = 3;
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

Result<meter::DataCenter> connect_of(const meter::Vault& vault, const std::string& folder) {
  return connect_of(vault.identity().meter, folder);
}

/// The meter's number, of either kind.
Result<std::uint32_t> number_of(const std::string& folder) {
  if (meter::VirtualMeter::is_in(folder)) {
    const auto meter = meter::VirtualMeter::open(folder);
    if (!meter) return std::unexpected(meter.error());
    return meter->meter();
  }
  const auto vault = open_vault(folder);
  if (!vault) return std::unexpected(vault.error());
  return vault->identity().meter;
}

Result<meter::RegistrationReport> register_with_patience(meter::Vault& vault,
                                                         const std::string& folder) {
  auto data_center = connect_of(vault, folder);
  if (!data_center) return std::unexpected(data_center.error());
  const auto wait = [](unsigned attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250u << attempt));
  };
  return meter::register_pending(vault, data_center->post(), {kAttempts, wait});
}

}  // namespace

Result<meter::Vault> open_vault(const std::string& folder) {
  return meter::Vault::open(folder, kVaultWait);
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

void register_if_possible(meter::Vault& vault, const std::string& folder) {
  const auto address = meter::load_address(folder);
  if (address && !*address) return;
  auto data_center = connect_of(vault, folder);
  const auto report = data_center
                          ? meter::register_pending(vault, data_center->post())
                          : Result<meter::RegistrationReport>(std::unexpected(data_center.error()));
  if (report) return;
  std::fprintf(stderr,
               "backstamp-meter: not registered yet: %zu (%s)\n"
               "backstamp-meter: kept in the vault; send with backstamp-meter register\n",
               vault.pending().size(), report.error().message.c_str());
}

int init(const InitOptions& options) {
  if (options.is_virtual) return init_virtual(options);
  const auto funds = postal::Money::parse(options.funds);
  if (!funds) return failed("meter", funds.error());
  const auto algorithm = options.algorithm == "es256" ? postal::SignatureAlgorithm::es256
                                                      : postal::SignatureAlgorithm::eddsa;
  if (options.mailer_id.empty()) {
    failed("meter", {ErrorKind::invalid, "init: --mailer-id and --issuer are wanted, or --virtual"});
    return kUsage;
  }
  meter::NewMeter meter;
  meter.identity = {options.issuer, options.meter, options.mailer_id};
  meter.algorithm = algorithm;
  meter.funds = *funds;
  if (auto made = meter::Vault::create(options.folder, meter); !made) {
    return failed("meter", made.error());
  }
  std::fprintf(stderr,
               "backstamp-meter: %s: meter %u of issuer %u with funds of %s; public key %s\n",
               options.folder.c_str(), options.meter, options.issuer, funds->to_string().c_str(),
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

int fund(const std::string& folder, const std::string& amount) {
  const auto money = postal::Money::parse(amount);
  if (!money) return failed("meter", money.error());
  auto vault = open_vault(folder);
  if (!vault) return failed("meter", vault.error());
  const auto funded = vault->fund(*money);
  return funded ? kDone : failed("meter", funded.error());
}

int status(const std::string& folder, bool json) {
  if (meter::VirtualMeter::is_in(folder)) return status_virtual(folder, json);
  const auto vault = open_vault(folder);
  if (!vault) return failed("meter", vault.error());
  const meter::Registers& registers = vault->registers();
  auto data_center = connect_of(*vault, folder);
  const auto totals = data_center ? data_center->totals()
                                  : Result<std::string>(std::unexpected(data_center.error()));
  if (json) {
    Json report{{"issuer", vault->identity().issuer},
                {"meter", vault->identity().meter},
                {"mailer_id", vault->identity().mailer_id},
                {"ascending", registers.ascending.to_string()},
                {"descending", registers.descending.to_string()},
                {"funded", registers.funded.to_string()},
                {"counter", registers.counter},
                {"pending", vault->pending().size()}};
    report["datacenter"] = totals ? Json::parse(*totals, nullptr, false) : Json();
    if (!totals) report["datacenter_error"] = totals.error().message;
    std::printf("%s\n", report.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    return kDone;
  }
  std::printf("meter %u of issuer %u, mailer id %s\n", vault->identity().meter,
              vault->identity().issuer, vault->identity().mailer_id.c_str());
  std::printf("printed   %14s  in %llu pieces (ascending register)\n",
              registers.ascending.to_string().c_str(),
              static_cast<unsigned long long>(registers.counter));
  std::printf("funds     %14s  left of %s (descending register)\n",
              registers.descending.to_string().c_str(), registers.funded.to_string().c_str());
  std::printf("pending   %14zu  pieces not registered yet\n", vault->pending().size());
  std::printf("data center: %s\n", totals ? totals->c_str() : totals.error().message.c_str());
  return kDone;
}

int register_now(const std::string& folder, bool json) {
  auto vault = open_vault(folder);
  if (!vault) return failed("meter", vault.error());
  const auto report = register_with_patience(*vault, folder);
  if (!report) return failed("meter", report.error());
  const auto registered = static_cast<unsigned long long>(report->registered);
  const auto known = static_cast<unsigned long long>(report->known);
  std::printf(
      json ? "{\"registered\":%llu,\"known\":%llu}\n" : "%llu pieces registered, %llu were known\n",
      registered, known);
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
