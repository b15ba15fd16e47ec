#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace backstamp::tidy {
namespace {

namespace fs = std::filesystem;

const char* const kRooms[] = {"base",       "postal",      "vision", "meter",
                              "datasets",   "calibration", "uplink", "station",
                              "datacenter", "programs",    "tests"};

SourceFile load(const fs::path& root, const fs::path& path) {
  SourceFile file;
  file.path = fs::relative(path, root).generic_string();
  file.room = file.path.substr(0, file.path.find('/'));
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) file.lines.push_back(std::move(line));
  return file;
}

std::size_t indentation(const std::string& line) {
  const std::size_t at = line.find_first_not_of(' ');
  return at == std::string::npos ? line.size() : at;
}

/// Braces that open something longer than a function may be: types, namespaces, tables.
bool opens_container(const std::string& line) {
  for (const char* word : {"namespace", "class ", "struct ", "enum ", "union ", "extern \"C\"",
                           "TEST_CASE", "= {", "{{"}) {
    if (line.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

const std::vector<SourceFile>& source_files() {
  static const std::vector<SourceFile> files = [] {
    const fs::path root = BACKSTAMP_SOURCE_DIR;
    std::vector<SourceFile> found;
    for (const char* room : kRooms) {
      for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
        const auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".h") found.push_back(load(root, entry.path()));
      }
    }
    std::sort(found.begin(), found.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return found;
  }();
  return files;
}

std::string included_by(const std::string& line) {
  if (!line.starts_with("#include ")) return "";
  const std::size_t from = line.find_first_of("\"<");
  const std::size_t to = line.find_last_of("\">");
  if (from == std::string::npos || to <= from) return "";
  return line.substr(from + 1, to - from - 1);
}

std::vector<FunctionLength> function_lengths(const SourceFile& file) {
  std::vector<FunctionLength> functions;
  for (std::size_t end = 0; end < file.lines.size(); ++end) {
    const std::string& closing = file.lines[end];
    if (closing != "}" && closing != "  }") continue;
    // Everything in between is indented deeper, but for preprocessor lines.
    std::size_t begin = end;
    do {
      if (begin == 0) break;
      --begin;
    } while (file.lines[begin].empty() || file.lines[begin][0] == '#' ||
             indentation(file.lines[begin]) > closing.size() - 1);
    const bool container =
        opens_container(file.lines[begin]) || file.lines[begin].find('(') == std::string::npos;
    if (!container) functions.push_back({begin + 1, end - begin + 1});
  }
  return functions;
}

}  // namespace backstamp::tidy
