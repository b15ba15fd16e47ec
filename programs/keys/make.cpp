#include <cstdio>

#include "postal/keys.h"
#include "programs/keys/commands.h"
#include "uplink/curve_keys.h"

namespace backstamp::keys {
namespace {

std::filesystem::path with_ending(const std::filesystem::path& base, const char* ending) {
  return std::filesystem::path(base.string() + ending);
}

}  // namespace

Result<void> make_signing_key(const std::filesystem::path& base, const std::string& algorithm) {
  const auto private_file = with_ending(base, ".key");
  const auto public_file = with_ending(base, ".pub");
  if (std::filesystem::exists(public_file)) {
    return fail(ErrorKind::refused,
                public_file.string() + ": exists already; keys are not overwritten");
  }
  const auto key = postal::SigningKey::generate(
      algorithm == "es256" ? postal::SignatureAlgorithm::es256 : postal::SignatureAlgorithm::eddsa);
  if (!key) return std::unexpected(key.error());
  if (const auto saved = key->save(private_file); !saved) return saved;
  if (const auto saved = postal::save_public_key(key->public_key(), public_file); !saved) {
    return saved;
  }
  std::fprintf(stderr, "keys: %s (private), %s (public), key id %s\n", private_file.c_str(),
               public_file.c_str(), to_hex(key->id()).c_str());
  return {};
}

Result<void> make_station_keys(const std::filesystem::path& base) {
  const auto keys = uplink::generate_curve_keys();
  if (!keys) return std::unexpected(keys.error());
  if (const auto saved = uplink::save_curve_keys(*keys, base); !saved) return saved;
  std::fprintf(stderr, "keys: %s.secret (private), %s.public: %s\n", base.c_str(), base.c_str(),
               keys->public_key.c_str());
  return {};
}

}  // namespace backstamp::keys
