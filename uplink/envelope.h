// The messages of the uplink: one envelope each, one part each (docs/formats/uplink.md).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "postal/token.h"

namespace backstamp::uplink {

inline constexpr std::uint32_t kEnvelopeVersion = 2;
inline constexpr std::size_t kKeysPartBytes = 256u << 10;  ///< of a bundle, in one message
inline constexpr std::size_t kTimeStatementBytes = 512;

/// Station → data center: serialized events, in order and without gaps.
struct BatchMessage {
  std::string station;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;
  std::vector<Bytes> events;  ///< 1 to limits::kEventsPerMessage
  bool operator==(const BatchMessage&) const = default;
};

/// Data center → station: everything up to `sequence` of this epoch is stored. 0: nothing yet.
struct AckMessage {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  bool operator==(const AckMessage&) const = default;
};

/// Data center → station: your last message was not taken.
struct RefusalMessage {
  enum class Reason { malformed, impostor, not_stored, oversized };
  Reason reason = Reason::malformed;
  bool operator==(const RefusalMessage&) const = default;
};

/// Station → data center: the keys it holds. Sequence 0: none, or it wants the whole bundle.
struct KeysHeldMessage {
  postal::KeyId root{};
  std::uint64_t sequence = 0;
  bool operator==(const KeysHeldMessage&) const = default;
};

/// Data center → station: a part of a bundle or a delta.
struct KeysMessage {
  std::uint64_t sequence = 0;  ///< of the bundle that it makes
  std::uint64_t total = 0;     ///< bytes of all parts, at most limits::kKeyBundleBytes
  std::uint64_t offset = 0;
  Bytes part;
  bool operator==(const KeysMessage&) const = default;
};

/// Data center → station: the time, signed (postal/key_bundle.h).
struct TimeMessage {
  Bytes statement;
  bool operator==(const TimeMessage&) const = default;
};

using Message = std::variant<BatchMessage, AckMessage, RefusalMessage, KeysHeldMessage, KeysMessage,
                             TimeMessage>;

/// For people: "the data center could not store the events".
std::string_view to_string(RefusalMessage::Reason reason);

/// At most limits::kUplinkMessageBytes. Fails (limit, invalid) when parse_message would refuse it.
Result<Bytes> serialize_message(const Message& message);

/// Strict: one known kind, everything in range, the one valid encoding. Events stay bytes.
/// Fails (invalid, limit).
Result<Message> parse_message(ByteView bytes);

}  // namespace backstamp::uplink
