// A server certificate and the authority that signs it, for where there is no other authority.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace backstamp {

/// Makes an authority and a server certificate under it (P-256, SHA-256) in `folder`, which must
/// exist: `authority.pem` for clients to trust, `server.pem` and `server.key` (mode 0600) for the
/// server. `names` are the DNS names and IP addresses of the server, at least one. Valid from an
/// hour ago for `valid_days` (1 to 36500). The authority's own key is not kept: nothing else can
/// ever be signed with it, and a renewal is a new authority.
/// Fails: invalid (a name, the days), refused (`server.key` is there already), io, internal.
Result<void> make_server_certificate(const std::filesystem::path& folder,
                                     const std::vector<std::string>& names, int valid_days);

}  // namespace backstamp
