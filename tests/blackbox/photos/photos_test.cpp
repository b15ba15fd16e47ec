// Photographs and scans of symbols, as `backstamp read` sees them. BACKSTAMP_PHOTOS names a folder
// of sets; a picture's expected text lies beside it in a .txt of the same name.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace backstamp {
namespace {

namespace fs = std::filesystem;

// Ratchets: raise the first when more is read, lower the second when less is wrong.
constexpr int kLeastRead = 165;
constexpr int kMostMisreads = 2;  // one library fault (aztec-1/padding_bs on 1.4), one nested code

struct Seen {
  std::string image;
  std::set<std::string> texts;
};

/// Runs `backstamp read --json --formats postal` on a folder.
std::vector<Seen> read_folder(const fs::path& folder) {
  const std::string command = std::string(BACKSTAMP_BIN_DIR) +
                              "/backstamp read --json --formats postal '" + folder.string() + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string output;
  char part[4096];
  for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, pipe)) > 0;)
    output.append(part, got);
  CHECK(::pclose(pipe) == 0);
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = output.find('\n', at);
    REQUIRE(end != std::string::npos);
    const auto line = nlohmann::json::parse(output.substr(at, end - at));
    Seen one{line.at("image").get<std::string>(), {}};
    for (const auto& read : line.at("reads")) one.texts.insert(read.at("text").get<std::string>());
    seen.push_back(std::move(one));
    at = end + 1;
  }
  return seen;
}

TEST_CASE("Photographs are read, and nothing is read where there is nothing") {
  const char* folder = std::getenv("BACKSTAMP_PHOTOS");
  if (!folder) SKIP("BACKSTAMP_PHOTOS is not set: no photographs to read");
  REQUIRE(fs::is_directory(folder));
  int expected = 0, read = 0, misread = 0, false_positives = 0;
  for (const auto& set : fs::directory_iterator(folder)) {
    if (!set.is_directory()) continue;
    const bool nothing = set.path().filename().string().starts_with("falsepositives");
    for (const Seen& seen : read_folder(set.path())) {
      const fs::path beside = set.path() / fs::path(seen.image).replace_extension(".txt");
      if (nothing) false_positives += static_cast<int>(seen.texts.size());
      if (!fs::exists(beside)) continue;
      const auto text = read_file(beside, 1 << 20);
      REQUIRE(text);
      ++expected;
      const bool right = seen.texts.contains(std::string(as_text(*text)));
      read += right;
      const auto wrong = static_cast<int>(seen.texts.size()) - right;
      if (wrong > 0) std::printf("%s: %d other than expected\n", beside.c_str(), wrong);
      misread += wrong;
    }
  }
  std::printf("read %d of %d, other than expected %d, false positives %d\n", read, expected,
              misread, false_positives);
  CHECK(false_positives == 0);
  CHECK(misread <= kMostMisreads);
}

}  // namespace
}  // namespace backstamp
