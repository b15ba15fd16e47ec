// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the check of spool records and shard members.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace backstamp {

/// CRC-32C of `bytes`, continuing from `crc` (0 at the start). "123456789" gives 0xE3069283.
std::uint32_t crc32c(ByteView bytes, std::uint32_t crc = 0);

}  // namespace backstamp
