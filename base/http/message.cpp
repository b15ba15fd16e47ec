#include "base/http/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/bytes.h"

namespace backstamp::http {
namespace {

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// Percent decoding (RFC 3986 section 2.1).
std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (has_control(out) || to_utf8(as_bytes(out)) != out) return std::nullopt;
  return out;
}

/// Calls `take` with each piece between separators, until it says no.
template <typename Take>
bool split(std::string_view text, char separator, Take take) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!take(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

std::string_view reason(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 18> kReasons{
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {303, "See Other"},
       {304, "Not Modified"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {409, "Conflict"},
       {413, "Content Too Large"},
       {422, "Unprocessable Content"},
       {429, "Too Many Requests"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {503, "Service Unavailable"}}};
  for (const auto& [code, text] : kReasons) {
    if (code == status) return text;
  }
  return "";
}

bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(letter) != std::string_view::npos;
  });
}

}  // namespace

Result<Target> parse_target(std::string_view raw) {
  if (!raw.starts_with('/')) return fail(ErrorKind::invalid, "wanted a target that starts with /");
  const std::size_t mark = raw.find('?');
  Target target;
  const bool path_sound = split(raw.substr(1, mark - 1), '/', [&](std::string_view piece) {
    auto segment = decode(piece, false);
    if (!segment) return false;
    target.path += "/" + *segment;
    target.segments.push_back(std::move(*segment));
    return true;
  });
  if (!path_sound) return fail(ErrorKind::invalid, "the path is not sound UTF-8 in escapes");
  if (mark == std::string_view::npos) return target;
  const bool query_sound = split(raw.substr(mark + 1), '&', [&](std::string_view piece) {
    if (piece.empty()) return true;
    const std::size_t equals = piece.find('=');
    auto key = decode(piece.substr(0, equals), true);
    auto value = decode(equals == std::string_view::npos ? "" : piece.substr(equals + 1), true);
    return key && value && target.query.emplace(std::move(*key), std::move(*value)).second;
  });
  if (!query_sound) return fail(ErrorKind::invalid, "the query is not sound, or has a key twice");
  return target;
}

std::vector<std::string> split_pattern(std::string_view pattern) {
  std::vector<std::string> segments;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  split(pattern, '/', [&](std::string_view piece) {
    segments.emplace_back(piece);
    return true;
  });
  return segments;
}

std::optional<std::vector<std::string>> match_segments(const std::vector<std::string>& pattern,
                                                       const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*" && !segments[i].empty()) {
      parameters.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

Result<std::string> write_response(const Response& response, bool keep_alive, bool with_body) {
  if (response.status < 200 || response.status > 599) {
    return fail(ErrorKind::internal, "status " + std::to_string(response.status));
  }
  const bool bodiless = response.status == 204 || response.status == 304;
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason(response.status)).append("\r\n");
  std::map<std::string, std::string> headers{{"cache-control", "no-store"},
                                             {"x-content-type-options", "nosniff"}};
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !header_safe(value)) return fail(ErrorKind::internal, "header " + name);
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    });
    headers[lower] = value;
  }
  if (!bodiless && !response.content_type.empty()) headers["content-type"] = response.content_type;
  if (!header_safe(response.content_type)) return fail(ErrorKind::internal, "content type");
  if (!bodiless) headers["content-length"] = std::to_string(response.body.size());
  headers["connection"] = keep_alive ? "keep-alive" : "close";
  for (const auto& [name, value] : headers) out.append(name + ": " + value + "\r\n");
  out += "\r\n";
  if (with_body && !bodiless) out += response.body;
  return out;
}

Response error_response(int status, std::string_view message) {
  std::string body = "{\"error\": \"";
  for (const char letter : message) {
    if (letter == '"' || letter == '\\') body += '\\';
    body += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  Response response;
  response.status = status;
  response.body = body + "\"}\n";
  return response;
}

bool header_safe(std::string_view value) {
  return !has_control(value);
}

Result<ServerUrl> parse_server_url(std::string_view url) {
  const auto refuse = [&] {
    return fail(ErrorKind::invalid,
                "\"" + std::string(url.substr(0, 200)) + "\": wanted https://HOST[:PORT]");
  };
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return refuse();
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  ServerUrl result{.host = {}, .port = "443", .authority = std::string(rest)};
  std::size_t colon = rest.rfind(':');
  if (rest.starts_with('[')) {  // an IPv6 address
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return refuse();
    result.host = rest.substr(1, end - 1);
    if (end + 1 < rest.size() && rest[end + 1] != ':') return refuse();
    colon = end + 1 < rest.size() ? end + 1 : std::string_view::npos;
  } else {
    result.host = rest.substr(0, colon);
    if (result.host.find(':') != std::string::npos) return refuse();
  }
  if (colon != std::string_view::npos) {
    result.port = rest.substr(colon + 1);
    unsigned port = 0;
    const char* end = result.port.data() + result.port.size();
    const auto [stopped, error] = std::from_chars(result.port.data(), end, port);
    if (error != std::errc{} || stopped != end || port == 0 || port > 65535) return refuse();
  }
  constexpr std::string_view kHostLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
  if (result.host.empty() || result.host.size() > 253 ||
      result.host.find_first_not_of(kHostLetters) != std::string::npos) {
    return refuse();
  }
  return result;
}

}  // namespace backstamp::http
