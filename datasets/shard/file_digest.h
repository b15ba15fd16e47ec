// SHA-256 of a whole file.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace backstamp::datasets {

/// SHA-256 of a regular file's content as 64 hexadecimal digits, as `sha256sum` prints it. The
/// file is mapped, so it must not shrink meanwhile. Fails: not_found, io.
Result<std::string> file_digest(const std::filesystem::path& path);

}  // namespace backstamp::datasets
