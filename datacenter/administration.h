// What an administrator does by hand: a new working folder, accounts, meters. Stations are let in
// by datacenter/stations.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "datacenter/config.h"
#include "postal/event.h"

namespace backstamp::datacenter {

/// A working folder to be made.
struct NewFolder {
  std::filesystem::path folder;
  std::string name = "data center";
  std::vector<std::string> hosts;  ///< DNS names and addresses in the TLS certificate
  std::string listen = "127.0.0.1";
  std::uint16_t https_port = 8443;
  std::uint16_t uplink_port = 7443;
  std::string waiting_period = "45d";
  /// A folder of `backstamp keys`, whose bundle is published; empty: none is.
  std::filesystem::path keys;
};

/// Makes datacenter.yaml, stations.yaml, tls/ (authority.pem, server.pem, server.key), curve/
/// (server.secret, server.public) and an empty database; the folder itself when it is missing.
/// datacenter.yaml comes last: where it stands, the folder is whole. Returns its path.
/// Fails (refused) when there is one already.
Result<std::filesystem::path> make_folder(const NewFolder& folder);

Result<void> add_account(const Config& config, const std::string& account);

/// Returns the meter's API key; it is kept nowhere and cannot be shown again.
Result<std::string> add_meter(const Config& config, const std::string& account,
                              std::uint32_t number, const std::string& name);

/// What somebody (`who`) made of a suspect scan: "open", "confirmed", "dismissed".
/// Fails: not_found, invalid.
Result<void> review_suspect(const Config& config, const postal::EventId& scan,
                            const std::string& review, const std::string& who);

}  // namespace backstamp::datacenter
