// The source tree as text, for rules that are tests.
#pragma once

#include <string>
#include <vector>

namespace backstamp::tidy {

struct SourceFile {
  std::string path;  ///< from the root of the repository: "postal/token/cbor.cpp"
  std::string room;  ///< the first folder
  std::vector<std::string> lines;
};

/// Every .cpp and .h of the rooms, programs and tests.
const std::vector<SourceFile>& source_files();

/// What a line includes: the text between quotes or angle brackets, or "".
std::string included_by(const std::string& line);

/// The lengths of the functions in a file that is formatted as ours are: from a line that opens a
/// brace at an indentation of 0 or 2 to the brace that closes it there.
struct FunctionLength {
  std::size_t first_line = 0;
  std::size_t lines = 0;
};
std::vector<FunctionLength> function_lengths(const SourceFile& file);

}  // namespace backstamp::tidy
