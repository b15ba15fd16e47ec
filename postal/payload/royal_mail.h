// Royal Mail: United Kingdom postcodes, the 2D Mailmark and RM4SCC.
#pragma once

#include <string_view>

#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// Outward and inward code without a blank: "EC2M2QS". The form is checked, not whether it exists.
bool is_postcode(std::string_view text);
/// The part of a postcode before its blank: "EC2M", "W1".
bool is_outward_code(std::string_view text);
/// A delivery point suffix: a digit and a letter.
bool is_delivery_point_suffix(std::string_view text);

/// "JGB " and 41 characters of fixed places (CMDM), then at most 45 of the customer's.
Result<Mailmark2d> parse_mailmark_2d(std::string_view text);
std::string print(const Mailmark2d& mark);

/// Does a text begin as Royal Mail's marks do: "JGB", a capital or blank, two alphanumerics?
bool looks_like_royal_mail_mark(std::string_view text);

/// A postcode, with or without a delivery point suffix; the reader has taken off the check
/// character.
Result<Rm4scc> parse_rm4scc(std::string_view text);

}  // namespace backstamp::postal::payload
