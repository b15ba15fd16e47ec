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

wire::Envelope to_wire(const Message& message) {
  wire::Envelope out;
  out.set_version(kEnvelopeVersion);
  if (const auto* batch = std::get_if<BatchMessage>(&message)) {
    wire::EventBatch& to = *out.mutable_batch();
    to.set_station(batch->station);
    to.set_epoch(batch->epoch);
    to.set_first_sequence(batch->first_sequence);
    for (const Bytes& event : batch->events) to.add_events(event.data(), event.size());
  } else if (const auto* ack = std::get_if<AckMessage>(&message)) {
    out.mutable_acknowledgement()->set_epoch(ack->epoch);
    out.mutable_acknowledgement()->set_sequence(ack->sequence);
  } else {
    out.mutable_refusal()->set_reason(to_wire(std::get<RefusalMessage>(message).reason));
  }
  return out;
}

Result<Message> from_wire(const wire::EventBatch& from) {
  BatchMessage batch{from.station(), from.epoch(), from.first_sequence(), {}};
  batch.events.reserve(static_cast<std::size_t>(from.events_size()));
  for (const std::string& event : from.events()) {
    const ByteView bytes = as_bytes(event);
    batch.events.emplace_back(bytes.begin(), bytes.end());
  }
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

Result<void> check(const Message& message) {
  if (const auto* batch = std::get_if<BatchMessage>(&message)) return check(*batch);
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
  if (!message) return message;
  if (const auto valid = check(*message); !valid) return std::unexpected(valid.error());
  const auto again = encode(*message);
  if (!again || !std::ranges::equal(*again, bytes))
    return fail(ErrorKind::invalid, "uplink message: not in its one valid encoding");
  return message;
}

}  // namespace backstamp::uplink
