// Identification codes in the fewest bytes, for tokens (docs/formats/token.md).
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "postal/codes.h"

namespace backstamp::postal {

inline constexpr std::size_t kPackedCodeBytes = 14;  ///< the longest: an IMpb with ZIP+4

/// 4 × the number of the code among those of its kind + the kind, big-endian, no leading zero
/// byte: 1 to 14 bytes. Fails (invalid) when `code` is not one that its parser yields, or is a
/// Mailmark, for which tokens have no kind.
Result<Bytes> pack_code(const MailpieceCode& code);

/// The strict inverse. Fails (invalid).
Result<MailpieceCode> unpack_code(ByteView packed);

}  // namespace backstamp::postal
