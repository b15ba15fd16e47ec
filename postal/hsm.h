// A hardware security module (or one in software) behind PKCS#11 (OASIS, version 2.40): keys that
// are made inside, sign inside and never come out. The module's library and its types stay behind
// these declarations.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "postal/keys.h"
#include "postal/mac_key.h"

namespace backstamp::postal {

/// Where a token is and how one gets in.
struct HsmConfig {
  std::filesystem::path module;        ///< the PKCS#11 library
  std::string token;                   ///< the token's label, at most 32 characters
  std::filesystem::path pin_file;      ///< the user PIN; refused when others can read it
  std::filesystem::path softhsm_conf;  ///< SoftHSM's configuration; "": what the environment says
};

/// A token in use. Thread-safe; copies share the connection. When the device is gone, calls (those
/// of its keys, too) fail with unavailable and each next one tries to reconnect; nothing has to be
/// opened anew. A PIN that was refused is not tried again: tokens lock themselves.
class Hsm {
 public:
  /// Fails: not_found (module, token), refused (PIN, PIN file), unavailable, internal.
  static Result<Hsm> open(const HsmConfig& config);
  /// Initialises the first slot that has no token yet, with the label and the user PIN of `config`.
  /// Fails: refused (a token of that label is there), not_found (no free slot), and as open().
  static Result<void> init_token(const HsmConfig& config, std::string_view officer_pin);

  /// Makes a key in the token: private, sensitive, never extractable, not to be copied. Fails:
  /// refused (the label is taken, or the token would not keep the key inside), invalid (it cannot
  /// do the algorithm), unavailable, internal.
  Result<SigningKey> generate(SignatureAlgorithm algorithm, const std::string& label) const;
  Result<MacKey> generate_mac(const std::string& label) const;
  /// A key that is there. Fails: not_found, refused (it may leave the token), unavailable.
  Result<SigningKey> key(const std::string& label) const;
  Result<MacKey> mac_key(const std::string& label) const;
  /// Removes the key (both halves) or data of this label. Fails: not_found, unavailable.
  Result<void> destroy(const std::string& label) const;
  /// Can the token sign by this algorithm?
  bool supports(SignatureAlgorithm algorithm) const;

  /// Keeps a few bytes in the token, in the place of those kept before. The old ones go only when
  /// the new ones are there.
  Result<void> put(const std::string& label, ByteView content) const;
  /// What is kept: one content, more after an interrupted put(). Fails: unavailable.
  Result<std::vector<Bytes>> get(const std::string& label) const;

 private:
  explicit Hsm(std::shared_ptr<class HsmConnection> connection);
  std::shared_ptr<HsmConnection> connection_;
};

/// Makes a token of SoftHSM 2 in a new folder of its own (configuration, token, PIN files, mode
/// 0700), for development and tests. Fails: refused (the folder is there and not empty), not_found
/// (no SoftHSM on this machine), io.
Result<HsmConfig> make_soft_token(const std::filesystem::path& folder, const std::string& label);

}  // namespace backstamp::postal
