#include "uplink/curve_keys.h"

#include <sys/stat.h>
#include <zmq.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "postal/event.h"

namespace backstamp::uplink {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyCharacters = 40;  // Z85 of 32 bytes
constexpr std::uint64_t kKeyFileLimit = 1024;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::string_view kPublic = "public ";
constexpr std::string_view kSecret = "secret ";

fs::path with_suffix(fs::path base, const char* suffix) {
  return base += suffix;
}

/// The key on the line that begins with `label`; empty when there is none.
std::string key_of(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(label)) return std::string(line.substr(label.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

std::string public_of(const std::string& secret) {
  std::array<char, kKeyCharacters + 1> key{};
  return zmq_curve_public(key.data(), secret.c_str()) == 0 ? key.data() : std::string();
}

Result<std::string> read_key_file(const fs::path& path) {
  const auto content = read_file(path, kKeyFileLimit);
  if (!content) return std::unexpected(content.error());
  return std::string(as_text(*content));
}

}  // namespace

bool valid_z85_key(const std::string& key) {
  if (key.size() != kKeyCharacters || key.find_first_not_of(kZ85) != std::string::npos)
    return false;
  std::array<std::uint8_t, 32> bytes{};
  return zmq_z85_decode(bytes.data(), key.c_str()) != nullptr;
}

Result<CurveKeyPair> generate_curve_keys() {
  std::array<char, kKeyCharacters + 1> public_key{};
  std::array<char, kKeyCharacters + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    return fail(ErrorKind::internal, "ZeroMQ was built without CURVE; install libzmq with it");
  return CurveKeyPair{public_key.data(), secret_key.data()};
}

Result<void> save_curve_keys(const CurveKeyPair& keys, const fs::path& base) {
  const fs::path secret_file = with_suffix(base, ".secret");
  const fs::path public_file = with_suffix(base, ".public");
  std::error_code error;
  for (const fs::path& path : {secret_file, public_file})
    if (fs::exists(fs::symlink_status(path, error)))
      return fail(
          ErrorKind::refused,
          path.string() + ": is there already; move it away first, a key is never overwritten");
  const std::string public_line = std::string(kPublic) + keys.public_key + "\n";
  const std::string secret_line = std::string(kSecret) + keys.secret_key + "\n";
  if (auto ok = write_file_durably(secret_file, as_bytes(public_line + secret_line), 0600); !ok)
    return ok;
  return write_file_durably(public_file, as_bytes(public_line), 0644);
}

Result<CurveKeyPair> load_curve_keys(const fs::path& secret_file) {
  struct stat status{};
  if (::stat(secret_file.c_str(), &status) != 0)
    return std::unexpected(system_error("read " + secret_file.string(), errno));
  if ((status.st_mode & 077) != 0)
    return fail(ErrorKind::refused,
                secret_file.string() + ": others may read it; chmod 600 it, or make new keys");
  const auto text = read_key_file(secret_file);
  if (!text) return std::unexpected(text.error());
  CurveKeyPair keys{key_of(*text, kPublic), key_of(*text, kSecret)};
  if (!valid_z85_key(keys.public_key) || !valid_z85_key(keys.secret_key) ||
      public_of(keys.secret_key) != keys.public_key)
    return fail(ErrorKind::invalid,
                secret_file.string() + ": is not a pair of CURVE keys; make new ones");
  return keys;
}

Result<std::string> load_curve_public_key(const fs::path& public_file) {
  const auto text = read_key_file(public_file);
  if (!text) return std::unexpected(text.error());
  std::string key = key_of(*text, kPublic);
  if (!valid_z85_key(key))
    return fail(ErrorKind::invalid, public_file.string() + ": is not a public CURVE key");
  return key;
}

}  // namespace backstamp::uplink
