// register and sync: what meter and data center tell each other, alone or around other commands.
#include "meter/synchronise.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "meter/virtual_meter.h"
#include "programs/command_line.h"
#include "programs/meter/commands.h"

namespace backstamp::programs::meter_commands {
namespace {

using Json = nlohmann::ordered_json;
constexpr unsigned kAttempts = 3;
constexpr std::chrono::minutes kFresh{1};

Result<meter::SyncReport> synchronise_once(meter::Vault& vault, const std::string& folder,
                                           const meter::Patience& patience = {}) {
  auto data_center = data_center_of(vault, folder);
  if (!data_center) return std::unexpected(data_center.error());
  return meter::synchronise(vault, data_center->get(), data_center->post(), patience);
}

Result<meter::SyncReport> synchronise_patiently(meter::Vault& vault, const std::string& folder) {
  const auto wait = [](unsigned attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250u << attempt));
  };
  return synchronise_once(vault, folder, {kAttempts, wait});
}

bool has_data_center(const std::string& folder) {
  const auto address = meter::load_address(folder);
  return !address || *address;
}

}  // namespace

void register_if_possible(meter::Vault& vault, const std::string& folder) {
  if (!has_data_center(folder)) return;
  const auto report = synchronise_once(vault, folder);
  if (report) return;
  std::fprintf(stderr,
               "backstamp-meter: not registered yet: %zu (%s)\n"
               "backstamp-meter: kept in the vault; send with backstamp-meter register\n",
               vault.pending().size(), report.error().message.c_str());
}

void synchronise_when_due(meter::Vault& vault, postal::Money total, const std::string& folder,
                          bool fresh) {
  const bool refused = !vault.may_print(total);
  const auto silence = utc_now() - vault.standing().heard_at;
  const bool stale = fresh && (silence > kFresh || silence < -kFresh);
  if ((!refused && !stale) || !has_data_center(folder)) return;
  const auto report = synchronise_once(vault, folder);
  if (report || (!refused && vault.may_print(total))) return;
  std::fprintf(stderr, "backstamp-meter: not synchronised: %s\n", report.error().message.c_str());
}

void renew(const std::string& folder) {
  if (meter::VirtualMeter::is_in(folder)) return;
  auto vault = open_records(folder);
  // What waits is for register to send; before that nothing is renewed.
  if (vault && !vault->pending().empty()) return;
  const auto report = vault ? synchronise_once(*vault, folder)
                            : Result<meter::SyncReport>(std::unexpected(vault.error()));
  if (report) return;
  std::fprintf(stderr, "backstamp-meter: not synchronised: %s\n", report.error().message.c_str());
}

int register_now(const std::string& folder, bool json) {
  auto vault = open_records(folder);
  if (!vault) return failed("meter", vault.error());
  const auto report = synchronise_patiently(*vault, folder);
  if (!report) return failed("meter", report.error());
  const auto registered = static_cast<unsigned long long>(report->registration.registered);
  const auto known = static_cast<unsigned long long>(report->registration.known);
  std::printf(
      json ? "{\"registered\":%llu,\"known\":%llu}\n" : "%llu pieces registered, %llu were known\n",
      registered, known);
  return kDone;
}

int sync(const std::string& folder, bool json) {
  auto vault = open_records(folder);
  if (!vault) return failed("meter", vault.error());
  const auto report = synchronise_patiently(*vault, folder);
  if (!report) return failed("meter", report.error());
  const meter::Standing standing = vault->standing();
  const auto period = standing.offline.period;
  const std::string until =
      period.count() > 0 ? format_utc(standing.heard_at + period) : std::string();
  if (json) {
    const Json line{{"registered", report->registration.registered},
                    {"known", report->registration.known},
                    {"datacenter_counter", report->known.counter},
                    {"datacenter_ascending", report->known.ascending.to_string()},
                    {"counter", vault->registers().counter},
                    {"heard_at", format_utc(standing.heard_at)},
                    {"until", until.empty() ? Json() : Json(until)}};
    std::printf("%s\n", line.dump().c_str());
    return kDone;
  }
  std::printf("the data center knew %llu pieces (%s); %llu were sent\n",
              static_cast<unsigned long long>(report->known.counter),
              report->known.ascending.to_string().c_str(),
              static_cast<unsigned long long>(report->registration.registered));
  if (!until.empty()) std::printf("may print without it until %s\n", until.c_str());
  return kDone;
}

}  // namespace backstamp::programs::meter_commands
