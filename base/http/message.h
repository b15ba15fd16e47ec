// The text of HTTP/1.1 that the server and the client share: targets, routes, heads, URLs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/http.h"

namespace backstamp::http {

/// A request target taken apart and decoded.
struct Target {
  std::string path;                   ///< "/v1/pieces"
  std::vector<std::string> segments;  ///< "v1", "pieces"; a decoded one may hold a slash
  std::map<std::string, std::string> query;
};

/// Origin form only (RFC 9112 section 3.2.1): "/a/b%20c?x=1&y=2"; "+" in a query is a blank.
/// Fails (invalid) on bad escapes, control characters, what is not UTF-8, a key twice.
Result<Target> parse_target(std::string_view raw);

/// The segments of "/v1/meters/*/codes".
std::vector<std::string> split_pattern(std::string_view pattern);

/// What the `*` segments match, or none when the pattern does not fit.
std::optional<std::vector<std::string>> match_segments(const std::vector<std::string>& pattern,
                                                       const std::vector<std::string>& segments);

/// A whole response. Fails (internal) on a status, a type or a header that cannot be written.
Result<std::string> write_response(const Response& response, bool keep_alive, bool with_body);

/// {"error": message} with this status.
Response error_response(int status, std::string_view message);

/// Without bytes that would end a header or start another.
bool header_safe(std::string_view value);

/// "https://host:port" taken apart; the port is 443 when absent.
struct ServerUrl {
  std::string host;       ///< a name or an address, without brackets
  std::string port;       ///< decimal
  std::string authority;  ///< "host:port" as it stands in the Host header
};
Result<ServerUrl> parse_server_url(std::string_view url);

}  // namespace backstamp::http
