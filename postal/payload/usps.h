// USPS: IBI and IBI Lite, POSTNET and PLANET, what a service type identifier stands for.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/payload.h"

namespace backstamp::postal::payload {

/// 89 to 112 bytes, little-endian. The date, the licence ZIP and the device's model must be ones:
/// of random bytes fewer than one in 10^13 passes.
Result<Ibi> parse_ibi(ByteView content);
Bytes print(const Ibi& ibi);

/// 20 bytes, little-endian, not all of them text. Postage, device and version must be possible: of
/// random bytes four in 10,000 pass, so that it is a guess from the size, never more.
Result<IbiLite> parse_ibi_lite(ByteView content);
Bytes print(const IbiLite& ibi);

/// 5, 9 or 11 digits, or one more where the check digit came along; then it must agree.
Result<Postnet> parse_postnet(std::string_view text);

/// 11 or 13 digits, or one more where the check digit came along; then it must agree.
Result<Planet> parse_planet(std::string_view text);

/// The class of mail and its services of a service type identifier (STID) of an IMb:
/// "First-Class Mail, Full-Service, IV-MTR"; "" for one that the table does not hold.
std::string service_of(std::string_view identifier);

}  // namespace backstamp::postal::payload
