// The sub-commands of backstamp-keys. Each does its work and says on standard output what there is
// now, as a line of JSON where that is asked for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace backstamp::keys {

/// Makes BASE.key (mode 0600) and BASE.pub; `algorithm` is "eddsa" or "es256". Overwrites nothing.
Result<void> make_signing_key(const std::filesystem::path& base, const std::string& algorithm);

/// Makes a CURVE key pair, BASE.secret (mode 0600) and BASE.public.
Result<void> make_station_keys(const std::filesystem::path& base);

/// What the commands that change a folder of keys have in common.
struct FolderArguments {
  std::filesystem::path folder;
  std::filesystem::path root_key;    ///< empty: root.key in the folder
  std::filesystem::path issuer_key;  ///< empty: the issuer's newest in the folder
  std::uint32_t issuer = 0;
  bool json = false;
};

struct CeremonyArguments {
  FolderArguments common;
  std::vector<std::uint32_t> issuers;
  std::string algorithm;
  std::uint32_t days = 0;  ///< for which the issuers' keys may sign
};
/// Founds a folder of keys: a root, a key for each issuer, a time key, and the first bundle, which
/// names no meter yet. Refuses a folder that has one.
Result<void> hold_ceremony(const CeremonyArguments& arguments);

/// Which of a meter's keys, and for how long.
struct KeyArguments {
  std::optional<std::uint32_t> meter;
  std::filesystem::path public_key;
  std::string valid_from;  ///< dates as the command line has them; empty: not told
  std::string valid_until;
};
struct IssueArguments {
  FolderArguments common;
  KeyArguments key;                          ///< one key, or
  std::vector<std::filesystem::path> lists;  ///< YAML files, see `issue --help`
  std::filesystem::path time_key;            ///< public key of another clock, or empty
};
/// Puts keys on the issuer's list; a key that stands there already is changed.
Result<void> issue_keys(const IssueArguments& arguments);

struct RotateArguments {
  FolderArguments common;
  KeyArguments key;
  std::uint32_t overlap_days = 0;  ///< for which the old keys hold on
};
/// A meter's new key takes the place of its old ones from `valid_from` on.
Result<void> rotate_key(const RotateArguments& arguments);

struct RotateIssuerArguments {
  FolderArguments common;
  std::string algorithm;
  std::uint32_t days = 0;
};
/// Makes the issuer a new key; the root names it, and the issuer's list is signed with it.
Result<void> rotate_issuer(const RotateIssuerArguments& arguments);

struct RevokeArguments {
  FolderArguments common;
  std::optional<std::uint32_t> meter;  ///< all keys of this meter, or
  std::string key;                     ///< the one with this id
  std::string from;                    ///< date; empty: today
};
/// Mailing dates from a day on are revoked. A revocation is never taken back or put off.
Result<void> revoke_key(const RevokeArguments& arguments);
/// The root revokes the key of an issuer; the lists that it signed up to now are believed for
/// mailing dates before, whatever it signs from now on is not.
Result<void> revoke_issuer(const RevokeArguments& arguments);

/// Brings the folder's bundle to another place, such as a data center's; never an older one.
Result<void> publish(const FolderArguments& arguments, const std::filesystem::path& to);

struct InspectArguments {
  std::filesystem::path file;
  std::filesystem::path root;    ///< public key of the bundle's root, or empty
  std::filesystem::path bundle;  ///< to verify a token against, or empty
  bool json = false;
};
/// Prints on standard output what a file is and holds; never a private half.
Result<void> inspect(const InspectArguments& arguments);

}  // namespace backstamp::keys
