// CurveZMQ keys (RFC 26/CURVEZMQ): who a station is, who the data center is, who may come in.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"

namespace backstamp::uplink {

/// A CURVE key pair, each half in Z85 (40 characters, ZeroMQ RFC 32).
struct CurveKeyPair {
  std::string public_key;
  std::string secret_key;
};

Result<CurveKeyPair> generate_curve_keys();
/// Writes NAME.secret (mode 0600) and NAME.public beside it; refuses to overwrite.
Result<void> save_curve_keys(const CurveKeyPair& keys, const std::filesystem::path& base);
/// Reads a .secret file (both halves are in it). Refuses one that others may read.
Result<CurveKeyPair> load_curve_keys(const std::filesystem::path& secret_file);
Result<std::string> load_curve_public_key(const std::filesystem::path& public_file);
bool valid_z85_key(const std::string& key);

/// Public key (Z85) → station name: who may connect, and as whom.
using AllowList = std::map<std::string, std::string>;

}  // namespace backstamp::uplink
