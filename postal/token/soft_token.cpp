#include "postal/token/soft_token.h"

#include "base/file.h"

namespace backstamp::postal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenFile = "token.object";
constexpr std::uint64_t kTokenBytes = 1u << 20;

fs::path tokens_of(const fs::path& softhsm_conf) {
  return softhsm_conf.parent_path() / "tokens";
}
fs::path kept_of(const fs::path& softhsm_conf) {
  return softhsm_conf.parent_path() / "kept";
}

}  // namespace

Result<void> keep_soft_tokens(const fs::path& softhsm_conf) {
  std::error_code error;
  for (const auto& token : fs::directory_iterator(tokens_of(softhsm_conf), error)) {
    const auto content = read_file(token.path() / kTokenFile, kTokenBytes);
    if (!content) return std::unexpected(content.error());
    const auto folder = kept_of(softhsm_conf) / token.path().filename();
    fs::create_directories(folder, error);
    if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
    if (auto kept = write_file_durably(folder / kTokenFile, *content, 0600); !kept) return kept;
  }
  if (error) {
    return fail(ErrorKind::io, tokens_of(softhsm_conf).string() + ": " + error.message());
  }
  return {};
}

void heal_soft_tokens(const fs::path& softhsm_conf) {
  std::error_code error;
  if (softhsm_conf.empty() || !fs::is_directory(kept_of(softhsm_conf), error)) return;
  for (const auto& kept : fs::directory_iterator(kept_of(softhsm_conf), error)) {
    const auto place = tokens_of(softhsm_conf) / kept.path().filename() / kTokenFile;
    const auto whole = read_file(kept.path() / kTokenFile, kTokenBytes);
    // Its size never changes: it holds flags, and what unlocks the token with each PIN.
    if (!whole || whole->empty() || fs::file_size(place, error) == whole->size()) continue;
    (void)write_file_durably(place, *whole, 0600);
  }
}

}  // namespace backstamp::postal
