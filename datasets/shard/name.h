// Names of members: the only part of a tar that could ever become a path.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace backstamp::datasets {

inline constexpr std::size_t kMemberNameBytes = 255;   ///< of any member that is read
inline constexpr std::size_t kWrittenNameBytes = 100;  ///< fits one ustar header block

/// A member's name in its two halves: "a/0001.seg.png" is key "a/0001", extension "seg.png".
struct MemberName {
  std::string key;
  std::string extension;  ///< after the first dot of the last component; may be empty
};

/// Splits a hostile name. A leading "./" is dropped. Fails (invalid) on an absolute path, on "..",
/// on empty components, control characters, backslashes, and on names over kMemberNameBytes.
Result<MemberName> parse_member_name(std::string_view name);

/// May a writer use it: 1 to 80 of [A-Za-z0-9_-], not starting with '-'?
bool valid_key(std::string_view key);

/// May a writer use it: 1 to 16 of [A-Za-z0-9.], not starting or ending with '.'?
bool valid_extension(std::string_view extension);

/// Is it the extension of a picture that vision can unpack? Case is ignored; of "seg.png" the
/// last part counts.
bool is_picture_extension(std::string_view extension);

}  // namespace backstamp::datasets
