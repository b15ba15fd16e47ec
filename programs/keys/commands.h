// The sub-commands of backstamp-keys. Each does its work and says what it made on standard error.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace backstamp::keys {

/// Makes BASE.key (mode 0600) and BASE.pub; `algorithm` is "eddsa" or "es256". Overwrites nothing.
Result<void> make_signing_key(const std::filesystem::path& base, const std::string& algorithm);

/// Makes a CURVE key pair, BASE.secret (mode 0600) and BASE.public.
Result<void> make_station_keys(const std::filesystem::path& base);

struct BundleArguments {
  std::filesystem::path root;  ///< private key file of the signer
  std::filesystem::path out;
  std::uint64_t sequence = 0;
  std::vector<std::filesystem::path> lists;  ///< YAML files, see `bundle --help`
};
/// Signs a bundle of the keys on the lists.
Result<void> make_bundle(const BundleArguments& arguments);

struct InspectArguments {
  std::filesystem::path file;
  std::filesystem::path root;    ///< public key of the bundle's signer, or empty
  std::filesystem::path bundle;  ///< to verify a token against, or empty
  bool json = false;
};
/// Prints on standard output what a file is and holds; never a private half.
Result<void> inspect(const InspectArguments& arguments);

}  // namespace backstamp::keys
