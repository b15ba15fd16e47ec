// A folder of keys: the root's public half, private keys of issuers, and the newest bundle, which
// is all the state there is. One command at a time changes it.
#pragma once

#include <filesystem>
#include <functional>

#include "base/file.h"
#include "postal/key_bundle.h"
#include "programs/keys/commands.h"

namespace backstamp::keys {

class Ring {
 public:
  /// Fails: not_found, invalid, refused (another command is at work in it).
  static Result<Ring> open(const FolderArguments& arguments);
  /// A new folder, with the bundle of what was signed for it.
  static Result<Ring> found(const FolderArguments& arguments, ByteView root_public_key,
                            ByteView issuers_item, const std::vector<Bytes>& list_items);

  const postal::SignedBundle& bundle() const { return bundle_; }
  /// The newest list of the issuer; empty, with sequence 0, when it has none.
  postal::KeyList list(std::uint32_t issuer) const;
  /// The root's private key, or the issuer's that may sign today.
  Result<postal::SigningKey> root_key() const;
  Result<postal::SigningKey> issuer_key(std::uint32_t issuer) const;
  /// A name for an issuer's key that is not taken, without its ending.
  std::filesystem::path free_issuer_name(std::uint32_t issuer) const;

  /// Signs the changed statement or list with the next number, and writes the bundle durably,
  /// after it was opened as a station would. What would make it an older one is refused.
  Result<void> change_issuers(postal::IssuerStatement statement, const postal::SigningKey& root);
  Result<void> change_list(postal::KeyList list, const postal::SigningKey& issuer);
  /// Both at once: one bundle.
  Result<void> change_both(postal::IssuerStatement statement, const postal::SigningKey& root,
                           postal::KeyList list, const postal::SigningKey& issuer);

  /// "keys.bundle: sequence 3, 2 keys", as text or JSON on standard output.
  void tell(const std::string& what) const;

 private:
  Result<void> write(ByteView issuers_item, std::vector<Bytes> list_items);
  Result<Bytes> sign_issuers(postal::IssuerStatement statement, const postal::SigningKey& root);
  Result<Bytes> sign_list(postal::KeyList list, const postal::SigningKey& issuer);
  std::vector<Bytes> items_without(std::uint32_t issuer) const;

  FolderArguments arguments_;
  UniqueFd lock_;
  Bytes root_public_key_;
  postal::SignedBundle bundle_;
};

/// The day that a date on the command line means; `otherwise` when there is none.
Result<Date> day_of(const std::string& text, const char* option,
                    std::optional<Date> otherwise = {});

}  // namespace backstamp::keys
