// A folder that is gone after the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace backstamp::datasets {

using test::TemporaryFolder;

/// Replaces a file without ceremony (and without fsync, which would take most of the test's time).
inline void put_file(const std::filesystem::path& path, ByteView content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << as_text(content);
}

}  // namespace backstamp::datasets
