// SHA-256 (FIPS 180-4): the chain of spool records, digests of files.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace backstamp {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes`. "abc" gives ba7816bf…15ad. Reentrant.
Sha256 sha256(ByteView bytes);

}  // namespace backstamp
