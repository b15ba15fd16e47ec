// What cryptography says of a token, what the machine does with a piece, and why nothing was read.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace backstamp::postal {

/// What verifying the token said. Numbers are stored and sent: never renumber.
enum class Verdict : std::uint8_t {
  unsigned_ = 0,      ///< the piece has no token
  genuine = 1,        ///< signed by a key that was valid on the mailing date
  forged = 2,         ///< a token whose signature does not verify
  unknown_key = 3,    ///< its key is not in the bundle
  revoked = 4,        ///< its key was revoked by the mailing date
  expired = 5,        ///< its key's validity ended before the mailing date
  not_yet_valid = 6,  ///< its key's validity begins after the mailing date
  unverified = 7,     ///< a foreign indicium that cannot be checked here
};

/// What the diverter is told.
enum class Decision : std::uint8_t { accept = 0, divert = 1 };

/// Why it was decided so.
enum class Reason : std::uint8_t {
  none = 0,        ///< accepted: nothing to say
  no_read = 1,     ///< nothing on the piece was read
  no_postage = 2,  ///< codes were read, but no indicium among them
  forged = 3,
  unknown_key = 4,
  revoked = 5,
  expired = 6,
  not_yet_valid = 7,
  unverified = 8,
  duplicate = 9,       ///< this token (issuer, meter, counter) was seen before
  code_mismatch = 10,  ///< the code in the token is not the code on the face
  stale_date = 11,     ///< mailing date outside the accepted window
  short_paid = 12,
  service_not_allowed = 13,  ///< a service that is not accepted here
  stale_keys = 14,           ///< the key bundle is older than the post allows
  untrusted_clock = 15,      ///< the station cannot tell today's date
};

/// Why a piece was not read. `none` when something was.
enum class NoReadCause : std::uint8_t {
  none = 0,
  nothing_found = 1,        ///< no symbol was located on the face
  located_not_decoded = 2,  ///< something looks like a symbol and could not be decoded
  checksum = 3,             ///< decoded, and its check code says no
  format = 4,               ///< its structure is not that of its symbology
  filtered = 5,             ///< read, but of a format that was not asked for
  out_of_time = 6,          ///< the deadline came first
  bad_image = 7,            ///< the picture was damaged, truncated or over a limit
  decoder_crashed = 8,      ///< the decoding process died on it
  camera_lost = 9,          ///< triggered, but no picture came
};

std::string_view to_string(Verdict verdict);    ///< "genuine", "unknown_key", "unsigned", …
std::string_view to_string(Decision decision);  ///< "accept", "divert"
std::string_view to_string(Reason reason);
std::string_view to_string(NoReadCause cause);
Result<Verdict> parse_verdict(std::string_view name);
Result<Decision> parse_decision(std::string_view name);
Result<Reason> parse_reason(std::string_view name);
Result<NoReadCause> parse_no_read_cause(std::string_view name);

}  // namespace backstamp::postal
