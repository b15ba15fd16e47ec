#include "datacenter/communication/answers.h"

#include <charconv>

#include "datacenter/communication/api_json.h"

namespace backstamp::datacenter {

using http::Request;
using http::Response;

namespace {

constexpr std::size_t kKeyBytes = 256;

}  // namespace

Response refusal(int status, std::string_view message) {
  Response response;
  response.status = status;
  response.body = error_json(message);
  if (status == 401) response.headers["www-authenticate"] = "Bearer realm=\"backstamp\"";
  return response;
}

Response refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return refusal(422, error.message);
    case ErrorKind::limit:
      return refusal(413, error.message);
    case ErrorKind::refused:
      return refusal(409, error.message);
    case ErrorKind::not_found:
      return refusal(404, error.message);
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
      return refusal(503, "not now; try again");
    case ErrorKind::io:
    case ErrorKind::internal:
      break;
  }
  return refusal(500, "the data center failed; nothing was changed");
}

Response success(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::variant<Response, std::uint32_t> authorize(Store& store, const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end() || !header->second.starts_with(kScheme) ||
      header->second.size() > kKeyBytes) {
    return refusal(401, "wanted the header `Authorization: Bearer KEY` with the meter's key");
  }
  const auto owner = store.meter_of_key(header->second.substr(kScheme.size()));
  if (!owner) return refusal(owner.error());
  if (!*owner) return refusal(401, "this key is nobody's");
  const auto meter = whole_number(request.parameters.at(0));
  if (!meter || *meter != **owner) return refusal(403, "this key is another meter's");
  return **owner;
}

}  // namespace backstamp::datacenter
