// The messages of the uplink: one envelope each, one part each (docs/formats/uplink.md).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace backstamp::uplink {

inline constexpr std::uint32_t kEnvelopeVersion = 1;

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

using Message = std::variant<BatchMessage, AckMessage, RefusalMessage>;

/// For people: "the data center could not store the events".
std::string_view to_string(RefusalMessage::Reason reason);

/// At most limits::kUplinkMessageBytes. Fails (limit, invalid) when parse_message would refuse it.
Result<Bytes> serialize_message(const Message& message);

/// Strict: one known kind, everything in range, the one valid encoding. Events stay bytes.
/// Fails (invalid, limit).
Result<Message> parse_message(ByteView bytes);

}  // namespace backstamp::uplink
