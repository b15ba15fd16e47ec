// Addresses of this machine and of others: ports, interfaces, buffers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "programs/doctor/findings.h"

namespace backstamp::doctor {

/// Can this machine serve at that address (numeric) and port? Says who has the port. `ours` is the
/// process that may have it (the running service); 0: none.
void check_port(Findings& findings, const std::string& what, const std::string& address,
                std::uint16_t port, int ours);

/// A TCP connection to "host", "port". Fails: unavailable with the reason for people.
Result<UniqueFd> connect_to(const std::string& host, const std::string& port,
                            std::chrono::milliseconds limit);

/// Is a GigE camera of this address (IPv4) reached over packets as large as they should be?
void check_mtu(Findings& findings, const std::string& camera, const std::string& address,
               int packet_bytes);

/// Socket buffers for cameras.
void check_socket_buffers(Findings& findings);

/// "tcp://host:port" taken apart.
struct Endpoint {
  std::string host;
  std::string port;
};
Endpoint split_endpoint(const std::string& endpoint);

}  // namespace backstamp::doctor
