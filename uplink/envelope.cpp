#include "uplink/envelope.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "postal/event.h"
#include "uplink/events.pb.h"

namespace backstamp::uplink {
namespace {

wire::Refusal::Reason to_wire(RefusalMessage::Reason reason) {
  switch (reason) {
    case RefusalMessage::Reason::malformed:
      return wire::Refusal::MALFORMED;
    case RefusalMessage::Reason::impostor:
      return wire::Refusal::IMPOSTOR;
    case RefusalMessage::Reason::not_stored:
      return wire::Refusal::NOT_STORED;
    case RefusalMessage::Reason::oversized:
      return wire::Refusal::OVERSIZED;
  }
  return wire::Refusal::REASON_UNSPECIFIED;
}

void fill(wire::Envelope& out, const BatchMessage& batch) {
  wire::EventBatch& to = *out.mutable_batch();
  to.set_station(batch.station);
  to.set_epoch(batch.epoch);
  to.set_first_sequence(batch.first_sequence);
  for (const Bytes& event : batch.events) to.add_events(event.data(), event.size());
}

void fill(wire::Envelope& out, const AckMessage& ack) {
  out.mutable_acknowledgement()->set_epoch(ack.epoch);
  out.mutable_acknowledgement()->set_sequence(ack.sequence);
}

void fill(wire::Envelope& out, const RefusalMessage& refusal) {
  out.mutable_refusal()->set_reason(to_wire(refusal.reason));
}

void fill(wire::Envelope& out, const KeysHeldMessage& held) {
  out.mutable_keys_held()->set_root(held.root.data(), held.root.size());
  out.mutable_keys_held()->set_sequence(held.sequence);
}

void fill(wire::Envelope& out, const KeysMessage& keys) {
  wire::Keys& to = *out.mutable_keys();
  to.set_sequence(keys.sequence);
  to.set_total(keys.total);
  to.set_offset(keys.offset);
  to.set_part(keys.part.data(), keys.part.size());
}

void fill(wire::Envelope& out, const TimeMessage& time) {
  out.mutable_time()->set_statement(time.statement.data(), time.statement.size());
}

wire::Envelope to_wire(const Message& message) {
  wire::Envelope out;
  out.set_version(kEnvelopeVersion);
  std::visit([&](const auto& of) { fill(out, of); }, message);
  return out;
}

Bytes bytes_of(const std::string& text) {
  const ByteView bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

Result<Message> from_wire(const wire::KeysHeld& from) {
  KeysHeldMessage held{{}, from.sequence()};
  const ByteView root = as_bytes(from.root());
  if (root.size() != held.root.size())
    return fail(ErrorKind::invalid, "uplink message: a root's key id has 8 bytes");
  std::ranges::copy(root, held.root.begin());
  return held;
}

Result<Message> from_wire(const wire::EventBatch& from) {
  BatchMessage batch{from.station(), from.epoch(), from.first_sequence(), {}};
  batch.events.reserve(static_cast<std::size_t>(from.events_size()));
  for (const std::string& event : from.events()) batch.events.push_back(bytes_of(event));
  return batch;
}

Result<Message> from_wire(const wire::Refusal& from) {
  switch (from.reason()) {
    case wire::Refusal::MALFORMED:
      return RefusalMessage{RefusalMessage::Reason::malformed};
    case wire::Refusal::IMPOSTOR:
      return RefusalMessage{RefusalMessage::Reason::impostor};
    case wire::Refusal::NOT_STORED:
      return RefusalMessage{RefusalMessage::Reason::not_stored};
    case wire::Refusal::OVERSIZED:
      return RefusalMessage{RefusalMessage::Reason::oversized};
    default:
      break;
  }
  return fail(ErrorKind::invalid, "uplink message: unknown reason of a refusal");
}

Result<void> check(const BatchMessage& batch) {
  if (!postal::valid_station_name(batch.station))
    return fail(ErrorKind::invalid, "uplink message: the station's name is not a name");
  if (batch.epoch == 0 || batch.first_sequence == 0)
    return fail(ErrorKind::invalid, "uplink message: epoch and sequence count from 1");
  if (batch.events.empty() || batch.events.size() > limits::kEventsPerMessage)
    return fail(ErrorKind::limit, "uplink message: wanted 1 to " +
                                      std::to_string(limits::kEventsPerMessage) +
                                      " events, found " + std::to_string(batch.events.size()));
  if (batch.first_sequence > std::numeric_limits<std::uint64_t>::max() - batch.events.size())
    return fail(ErrorKind::invalid, "uplink message: sequence out of range");
  for (const Bytes& event : batch.events)
    if (event.size() > limits::kEventBytes)
      return fail(ErrorKind::limit, "uplink message: an event over " +
                                        std::to_string(limits::kEventBytes) + " bytes");
  return {};
}

Result<void> check(const KeysMessage& keys) {
  const bool sized = keys.total > 0 && keys.total <= limits::kKeyBundleBytes &&
                     !keys.part.empty() && keys.part.size() <= kKeysPartBytes;
  if (!sized)
    return fail(ErrorKind::limit, "uplink message: keys, or a part of them, out of range");
  if (keys.sequence == 0 || keys.offset >= keys.total ||
      keys.part.size() > keys.total - keys.offset)
    return fail(ErrorKind::invalid, "uplink message: a part of keys beyond their end");
  return {};
}

Result<void> check(const Message& message) {
  if (const auto* batch = std::get_if<BatchMessage>(&message)) return check(*batch);
  if (const auto* keys = std::get_if<KeysMessage>(&message)) return check(*keys);
  if (const auto* time = std::get_if<TimeMessage>(&message);
      time && (time->statement.empty() || time->statement.size() > kTimeStatementBytes))
    return fail(ErrorKind::limit, "uplink message: a statement of the time out of range");
  if (const auto* ack = std::get_if<AckMessage>(&message); ack && ack->epoch == 0)
    return fail(ErrorKind::invalid, "uplink message: an acknowledgement without an epoch");
  return {};
}

Result<Bytes> encode(const Message& message) {
  const wire::Envelope envelope = to_wire(message);
  const std::size_t size = envelope.ByteSizeLong();
  if (size > limits::kUplinkMessageBytes)
    return fail(ErrorKind::limit, "uplink message: " + std::to_string(size) +
                                      " bytes are over the limit of " +
                                      std::to_string(limits::kUplinkMessageBytes));
  Bytes bytes(size);
  envelope.SerializeWithCachedSizesToArray(bytes.data());
  return bytes;
}

}  // namespace

std::string_view to_string(RefusalMessage::Reason reason) {
  switch (reason) {
    case RefusalMessage::Reason::malformed:
      return "the data center does not understand this station";
    case RefusalMessage::Reason::impostor:
      return "this station's key belongs to another station";
    case RefusalMessage::Reason::not_stored:
      return "the data center could not store the events";
    case RefusalMessage::Reason::oversized:
      return "a message was too large for the data center";
  }
  return "refused";
}

Result<Bytes> serialize_message(const Message& message) {
  if (const auto valid = check(message); !valid) return std::unexpected(valid.error());
  return encode(message);
}

Result<Message> parse_message(ByteView bytes) {
  if (bytes.size() > limits::kUplinkMessageBytes)
    return fail(ErrorKind::limit,
                "uplink message: over " + std::to_string(limits::kUplinkMessageBytes) + " bytes");
  wire::Envelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(ErrorKind::invalid, "uplink message: not a message of the schema");
  if (envelope.version() != kEnvelopeVersion)
    return fail(ErrorKind::invalid,
                "uplink message: version " + std::to_string(envelope.version()) + ", wanted " +
                    std::to_string(kEnvelopeVersion) + "; the two ends are of different releases");
  Result<Message> message = fail(ErrorKind::invalid, "uplink message: of no known kind");
  if (envelope.has_batch()) message = from_wire(envelope.batch());
  if (envelope.has_acknowledgement())
    message = AckMessage{envelope.acknowledgement().epoch(), envelope.acknowledgement().sequence()};
  if (envelope.has_refusal()) message = from_wire(envelope.refusal());
  if (envelope.has_keys_held()) message = from_wire(envelope.keys_held());
  if (envelope.has_keys())
    message = KeysMessage{envelope.keys().sequence(), envelope.keys().total(),
                          envelope.keys().offset(), bytes_of(envelope.keys().part())};
  if (envelope.has_time()) message = TimeMessage{bytes_of(envelope.time().statement())};
  if (!message) return message;
  if (const auto valid = check(*message); !valid) return std::unexpected(valid.error());
  const auto again = encode(*message);
  if (!again || !std::ranges::equal(*again, bytes))
    return fail(ErrorKind::invalid, "uplink message: not in its one valid encoding");
  return message;
}

}  // namespace backstamp::uplink
