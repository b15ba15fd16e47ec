// The hierarchy of keys: the root says which issuers there are, each issuer which meters may sign
// tokens, and one file brings all of it to a station: docs/formats/key-bundle.md.
//
//   root ──signs──▶ IssuerStatement ──names──▶ issuer ──signs──▶ KeyList ──names──▶ meters
//
// A private key is any SigningKey, from a file or in an HSM. All sequence numbers only grow.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "postal/keys.h"

namespace backstamp::postal {

/// The largest sequence number of a statement or list, so that their sum is a number too.
inline constexpr std::uint64_t kLargestSequence = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t kIssuersLimit = 256;  ///< keys in an issuer statement
inline constexpr std::size_t kTimeKeysLimit = 8;   ///< time keys in a key list

/// What the root says of an issuer's key that is no longer to be believed.
struct IssuerRevocation {
  Date from{};  ///< mailing dates from this day on are revoked
  /// Lists that this key signed count up to this number. A thief who has the key signs greater
  /// ones, and dates them back; they are refused.
  std::uint64_t last_sequence = 0;
  bool operator==(const IssuerRevocation&) const = default;
};

/// An issuer's key. While one follows the other, an issuer has two.
struct IssuerKey {
  Bytes public_key;  ///< SubjectPublicKeyInfo, DER: P-256 or Ed25519
  std::uint32_t issuer = 0;
  Date valid_from{};   ///< first day on which it may sign a list
  Date valid_until{};  ///< last day
  std::optional<IssuerRevocation> revoked;
};

/// Whom the root believes. An issuer that was named once stays named.
struct IssuerStatement {
  std::uint64_t sequence = 0;  ///< from 1
  UtcTime issued_at{};
  std::vector<IssuerKey> issuers;
};

/// The keys of one issuer's meters, and the keys that sign the data center's time.
struct KeyList {
  std::uint32_t issuer = 0;
  std::uint64_t sequence = 0;  ///< from 1
  UtcTime issued_at{};
  std::vector<Bytes> time_keys;  ///< SubjectPublicKeyInfo, DER
  std::vector<BundleKey> keys;   ///< each of this issuer
};

/// "At this time the newest bundle had this sequence": the data center's word, signed.
struct TimeStatement {
  UtcTime time{};
  std::uint64_t sequence = 0;
  bool operator==(const TimeStatement&) const = default;
};

/// Fails (invalid, limit) when the statement is none that open_issuers would take.
Result<Bytes> sign_issuers(const IssuerStatement& statement, const SigningKey& root);
/// Strict. Fails (invalid, limit; refused: the signature is not that of `root_public_key`).
Result<IssuerStatement> open_issuers(ByteView item, ByteView root_public_key);

Result<Bytes> sign_key_list(const KeyList& list, const SigningKey& issuer);
/// Strict. Fails also (refused) when the key that signed it is none of this issuer's in
/// `issuers`, was not valid when the list was issued, or was revoked before this list.
Result<KeyList> open_key_list(ByteView item, const IssuerStatement& issuers);

Result<Bytes> sign_time(const TimeStatement& statement, const SigningKey& time_key);

/// A bundle whose every signature was verified, with the signed items that it is made of.
struct SignedBundle {
  struct List {
    KeyList list;
    Bytes item;  ///< as it was signed
  };
  KeyId root{};
  IssuerStatement issuers;
  Bytes issuers_item;
  std::vector<List> lists;  ///< at most one an issuer, in ascending order of issuers

  /// That of the statement and those of all lists together: grows with every change.
  std::uint64_t sequence() const;
  /// When the newest part of it was issued: no clock may be before it.
  UtcTime issued_at() const;
  /// What a station verifies tokens by: every meter's key, revoked from the day on which it or its
  /// issuer's key was.
  KeyBundle believed() const;
  /// The file that opens to this bundle.
  Bytes file() const;
};

/// A bundle of a statement and lists that were signed before. Fails as open_bundle would.
Result<SignedBundle> make_bundle(ByteView issuers_item, std::span<const Bytes> list_items,
                                 ByteView root_public_key);
/// Strict; fails (invalid, limit; refused when a signature is not what the hierarchy wants). A
/// public key that two issuers name is refused: neither may speak for the other's meters.
Result<SignedBundle> open_bundle(ByteView file, ByteView root_public_key);

/// Is `offered` newer than `held`? False when it is the same. Fails (refused) when any part of it
/// is older than what is held, is missing, has the same number and other content, or when it is of
/// another root.
Result<bool> is_newer(const SignedBundle& held, const SignedBundle& offered);

/// What makes `to` of `from`: the statement if it changed, and of each list that did the keys that
/// came, changed and went, with the signature of the new list. Nothing is signed anew.
Result<Bytes> make_delta(const SignedBundle& from, const SignedBundle& to);
/// The bundle that the delta was made to, byte for byte, every signature of it verified. Fails
/// (refused) when the delta is for another bundle than `held`; never gives an older one.
Result<SignedBundle> apply_delta(const SignedBundle& held, ByteView delta,
                                 ByteView root_public_key);
/// Does it begin like a delta, or like a bundle? Cheap; proves nothing.
bool looks_like_delta(ByteView file);
bool looks_like_bundle(ByteView file);

/// Fails (refused) unless one of the time keys of `bundle` signed it.
Result<TimeStatement> open_time(ByteView statement, const SignedBundle& bundle);

}  // namespace backstamp::postal
