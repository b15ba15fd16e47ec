#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "programs/doctor/checks.h"
#include "programs/doctor/files.h"
#include "programs/doctor/machine.h"
#include "programs/doctor/network.h"

namespace backstamp::doctor {
namespace {

namespace fs = std::filesystem;

void check_database(Findings& findings, const fs::path& database) {
  std::error_code error;
  const fs::path folder = database.has_parent_path() ? database.parent_path() : fs::path(".");
  if (fs::exists(database, error)) {
    findings.ok("database", database.string(), "is there");
  } else {
    findings.fault("database", database.string(), "is not there",
                   "backstamp datacenter init makes it; restore it from the backup if it was lost");
  }
  check_space(findings, folder);
  if (check_folder(findings, "database-folder", folder)) check_sync(findings, folder);
}

void check_box(Findings& findings, const fs::path& socket) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const UniqueFd stream(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  const auto* peer = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd.get(), peer, sizeof address) == 0 ||
      (errno == EPROTOTYPE && ::connect(stream.get(), peer, sizeof address) == 0)) {
    return findings.ok("meterbox", socket.string(), "answers");
  }
  findings.fault("meterbox", socket.string(), std::strerror(errno),
                 "systemctl start backstamp-meterbox; it must serve this user (--allow-uid)");
}

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::atoi(split_endpoint(endpoint).port.c_str()));
}

}  // namespace

void check_datacenter(Findings& findings, const datacenter::Config& config) {
  check_database(findings, config.database);
  const auto holder = lock_holder(config.database.string() + ".lock");
  const int running = holder.value_or(0);
  if (holder) {
    findings.warning("database-lock", config.database.string(),
                     describe_process(*holder) + " works with it already",
                     "fine when that is this data center's service; else stop it");
  }
  check_secret(findings, config.https.private_key);
  check_secret(findings, config.uplink.keys);
  if (const auto curve = uplink::load_curve_keys(config.uplink.keys); !curve) {
    findings.fault("uplink-key", config.uplink.keys.string(), curve.error().message,
                   "restore curve/ from the backup: stations know this key");
  }
  if (const auto allowed = datacenter::load_stations(config.uplink.stations)) {
    findings.ok("stations", config.uplink.stations.string(),
                std::to_string(allowed->size()) + " stations may connect");
  } else {
    findings.fault("stations", config.uplink.stations.string(), allowed.error().message,
                   "mend the lines that are named");
  }
  if (config.keys) {
    check_secret(findings, config.keys->time_key);
    check_keys(findings, config.keys->bundle, config.keys->root, std::chrono::microseconds(0));
  }
  if (config.meterbox) check_box(findings, config.meterbox->socket);
  check_port(findings, "https", config.https.address, config.https.port, running);
  check_port(findings, "uplink", split_endpoint(config.uplink.endpoint).host,
             port_of(config.uplink.endpoint), running);
  if (config.monitoring) {
    check_port(findings, "monitoring", config.monitoring->address, config.monitoring->port,
               running);
  }
  check_clock(findings);
}

}  // namespace backstamp::doctor
