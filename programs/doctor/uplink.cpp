#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include "programs/doctor/checks.h"
#include "programs/doctor/network.h"
#include "uplink/curve_keys.h"
#include "uplink/event_log.h"
#include "uplink/sender.h"

namespace backstamp::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerLimit = 2s;
constexpr auto kHandshakeLimit = 5s;

/// The greeting of ZMTP 3 (RFC 23): what a ZeroMQ socket says first, with its mechanism.
bool greets_by_curve(int fd) {
  std::array<std::uint8_t, 64> greeting{};
  greeting[0] = 0xFF;
  greeting[9] = 0x7F;
  greeting[10] = 3;
  std::memcpy(greeting.data() + 12, "CURVE", 5);
  if (::send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL) < 0) return false;
  std::array<char, 64> answer{};
  std::size_t size = 0;
  const auto end = std::chrono::steady_clock::now() + kAnswerLimit;
  while (size < answer.size() && std::chrono::steady_clock::now() < end) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 100) <= 0) continue;
    const ssize_t got = ::recv(fd, answer.data() + size, answer.size() - size, 0);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size >= 17 && static_cast<unsigned char>(answer[0]) == 0xFF &&
         std::string_view(answer.data() + 12, 5) == "CURVE";
}

/// A folder of our own, for a journal without events.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "doctor-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The handshake as the station makes it, with a journal that is empty.
void try_key(Findings& findings, const station::StationConfig& config) {
  const std::string& endpoint = config.uplink->endpoint;
  const auto keys = uplink::load_curve_keys(config.uplink->station_key);
  const auto server = uplink::load_curve_public_key(config.uplink->server_key);
  if (!keys || !server) {
    return findings.fault("uplink-key", endpoint, (keys ? server.error() : keys.error()).message,
                          "backstamp station new-key, then enrol the station");
  }
  const Scratch scratch;
  uplink::EventLogOptions journal;
  journal.directory = scratch.path() / "journal";
  journal.station = config.station;
  auto log = uplink::EventLog::open(journal);
  uplink::SenderOptions options;
  options.endpoint = endpoint;
  options.keys = *keys;
  options.server_public_key = *server;
  auto sender = log ? uplink::Sender::start(options, *log) : std::unexpected(log.error());
  if (!sender) {
    return findings.fault("uplink-key", endpoint, sender.error().message,
                          "free space for temporary files");
  }
  const auto end = std::chrono::steady_clock::now() + kHandshakeLimit;
  uplink::SenderStatus status = sender->status();
  while (status.state != uplink::LinkState::connected &&
         status.state != uplink::LinkState::refused && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(20ms);
    status = sender->status();
  }
  if (status.state == uplink::LinkState::connected) {
    return findings.ok("uplink-key", endpoint, "the data center takes this station's key");
  }
  findings.fault("uplink-key", endpoint,
                 status.detail.empty() ? "the handshake does not end" : status.detail,
                 "enrol the station (backstamp datacenter enrol-station, then station enrol), and "
                 "SIGHUP to the data center; or take its server.public anew as uplink.server_key");
}

}  // namespace

void check_uplink(Findings& findings, const station::StationConfig& config, bool running) {
  if (!config.uplink) {
    return findings.warning("uplink", "", "no data center is configured",
                            "without a section `uplink` events stay in the journal");
  }
  const std::string& endpoint = config.uplink->endpoint;
  const Endpoint parts = split_endpoint(endpoint);
  const auto connected = connect_to(parts.host, parts.port, kAnswerLimit);
  if (!connected) {
    return findings.fault("uplink", endpoint,
                          "the data center does not answer: " + connected.error().message,
                          "start it, or mend the way there (route, firewall, uplink.endpoint)");
  }
  if (!greets_by_curve(connected->get())) {
    return findings.fault("uplink", endpoint,
                          "something answers that is no data center of Backstamp",
                          "name the address that `backstamp datacenter` prints as its uplink");
  }
  findings.ok("uplink", endpoint, "the data center answers");
  if (running) {
    return findings.ok("uplink-key", endpoint, "not tried: the station runs and uses it");
  }
  try_key(findings, config);
}

}  // namespace backstamp::doctor
