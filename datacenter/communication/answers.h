// What all routes of the API share: who may ask, and how failures are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/http.h"
#include "datacenter/store/store.h"

namespace backstamp::datacenter {

http::Response refusal(int status, std::string_view message);

/// An Error as a status: what the client did wrong is told, what broke here is not its business.
http::Response refusal(const Error& error);

/// 200 with a body of JSON.
http::Response success(std::string body);

/// Digits and nothing else; none when it is no number or too large.
std::optional<std::int64_t> whole_number(std::string_view text);

/// The meter of the path, when the key in the request is that meter's (RFC 6750 section 2.1).
/// A key of another meter learns nothing of whether the meter exists.
std::variant<http::Response, std::uint32_t> authorize(Store& store, const http::Request& request);

}  // namespace backstamp::datacenter
