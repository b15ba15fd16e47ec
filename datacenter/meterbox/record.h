// Records of a box's journal and its snapshots, as bytes (docs/formats/meterbox.md): what happened,
// chained by hashes, each sealed by a MAC whose key never leaves the HSM.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "datacenter/meterbox/state.h"

namespace backstamp::datacenter::meterbox {

inline constexpr std::size_t kFrameHeadBytes = 8;  ///< length and CRC-32C, 32 bits each
inline constexpr std::size_t kSealBytes = 32;
inline constexpr std::size_t kEntryBytes = 68u << 20;      ///< body and seal of one record
inline constexpr std::uint64_t kSnapshotBytes = 1u << 30;  ///< a snapshot

/// A change and what it gave.
struct Done {
  Request request;            ///< of a statement: its hash in the place of its payload
  Bytes new_key;              ///< as in Change
  Bytes record;               ///< signed transaction record, or signed statement; or empty
  std::vector<Bytes> tokens;  ///< as minted
  bool operator==(const Done&) const = default;
};

/// One record: the box's version is its number.
struct Entry {
  std::uint64_t version = 0;
  Sha256 before{};  ///< hash of the record before it
  UtcTime at{};
  std::variant<Founding, Done> what;
  bool operator==(const Entry&) const = default;
};

/// The body of a record and, strictly, back. Its hash is SHA-256 of the body.
Bytes encode_entry(const Entry& entry);
Result<Entry> decode_entry(ByteView body);

/// What a seal is the MAC of: the domain and the hash of the body, as HSMs do not like to be given
/// megabytes.
Bytes sealed_content(std::string_view domain, const Sha256& body_hash);
inline constexpr std::string_view kRecordDomain = "backstamp meterbox record 1";
inline constexpr std::string_view kSnapshotDomain = "backstamp meterbox snapshot 1";

/// The version of a record, without reading the rest of it; 0 when it has none.
std::uint64_t peek_version(ByteView body);

/// A record in its file: length, CRC-32C, body, seal.
Bytes frame_entry(ByteView body, const Sha256& seal);
/// The first record in `bytes`; none when they are cut short or damaged.
struct Frame {
  ByteView body;
  ByteView seal;
  std::size_t size = 0;  ///< with its head
};
std::optional<Frame> read_frame(ByteView bytes);

/// Does the record follow the state, and is it what the rules make of its request? Then the state
/// moves on. Signatures are not verified: the seal says that the box wrote it.
/// Fails: invalid, and as make_change().
Result<void> replay_entry(BoxState& state, const Entry& entry, const Sha256& hash);

/// The answer that a record gives, each time that its request comes.
Result<Answer> answer_of(const BoxState& state, const Done& done, const Anchor& anchor);

/// A state as a snapshot's body and, strictly, back. Fails (invalid) also when it does not hold
/// together.
Bytes encode_state(const BoxState& state);
Result<BoxState> decode_state(ByteView body);

}  // namespace backstamp::datacenter::meterbox
