// The words in which postage is asked for and given (docs/formats/meter-api.md): strict in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "datacenter/meterbox/client.h"

namespace backstamp::datacenter {

/// What a virtual meter asks for.
struct PostageRequest {
  std::string request;                       ///< the meter's own name for it, for ever
  std::vector<meterbox::PieceOrder> pieces;  ///< their addresses cleansed
};

/// The body of POST …/postage. Fails: invalid, limit; names the piece.
Result<PostageRequest> parse_postage(std::string_view body);

/// A token and the address that it is said to be bound to.
struct BindingQuestion {
  Bytes token;
  std::string address;  ///< cleansed
};

/// The body of POST …/bindings. Fails: invalid, limit.
Result<BindingQuestion> parse_binding(std::string_view body);

/// 1 to 64 of A-Z a-z 0-9 . _ -
bool valid_request_name(std::string_view name);

std::string postage_json(const std::string& request, const meterbox::Dispensed& dispensed);
std::string account_json(std::uint32_t meter, const meterbox::AccountAnswer& answer);

}  // namespace backstamp::datacenter
