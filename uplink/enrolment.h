// The letter by which a data center lets a station in: all that a station needs to begin.
// docs/formats/enrolment.md.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::uplink {

/// Nothing in it is secret. That it comes from the right data center, whoever installs it must
/// know: by the way it came, or by the root's key id.
struct Enrolment {
  std::string station;     ///< the name in the data center's list
  std::string public_key;  ///< the station's, Z85: the one that was let in
  std::string endpoint;    ///< "tcp://HOST:PORT"
  std::string server_key;  ///< the data center's, Z85
  Bytes root;              ///< public key of the root, SubjectPublicKeyInfo (DER)
  Bytes bundle;            ///< the newest key bundle
  Bytes time;              ///< a statement of the time: no clock may be before it
  bool operator==(const Enrolment&) const = default;
};

std::string write_enrolment(const Enrolment& enrolment);
/// Strict: every field, once, in its form, and no other. What the bytes mean is not looked at.
/// Fails (invalid).
Result<Enrolment> parse_enrolment(std::string_view text);

/// The largest letter: a bundle in base64 and the rest.
inline constexpr std::uint64_t kEnrolmentBytes = 24ull << 20;

}  // namespace backstamp::uplink
