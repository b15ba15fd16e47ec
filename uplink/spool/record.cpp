#include "uplink/spool/record.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/crc32c.h"
#include "postal/event.h"

namespace backstamp::uplink::spool {
namespace {

constexpr std::string_view kMagic = "BSTSPOOL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kCrcOffset = 16;  // of a record

template <typename Unsigned>
void put(Unsigned value, Bytes& out) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <typename Unsigned>
Unsigned get(ByteView bytes, std::size_t offset) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    value = static_cast<Unsigned>(value | static_cast<Unsigned>(bytes[offset + i]) << (8 * i));
  return value;
}

/// CRC-32C of the epoch and of the record without its own CRC field.
std::uint32_t record_crc(ByteView record, std::uint64_t epoch) {
  std::array<std::uint8_t, 8> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i)
    seed[i] = static_cast<std::uint8_t>(epoch >> (8 * i));
  std::uint32_t crc = crc32c(seed);
  crc = crc32c(record.first(kCrcOffset), crc);
  return crc32c(record.subspan(kCrcOffset + 4), crc);
}

}  // namespace

Bytes encode_segment_header(const SegmentHeader& header) {
  BACKSTAMP_ASSERT(postal::valid_station_name(header.station));
  Bytes out;
  out.reserve(kSegmentHeaderBytes);
  out.insert(out.end(), kMagic.begin(), kMagic.end());
  put(kVersion, out);
  put(header.epoch, out);
  put(header.first_sequence, out);
  out.insert(out.end(), header.previous.begin(), header.previous.end());
  out.insert(out.end(), header.station.begin(), header.station.end());
  out.resize(kSegmentHeaderBytes - 4);
  put(crc32c(out), out);
  return out;
}

std::optional<SegmentHeader> decode_segment_header(ByteView bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return std::nullopt;
  bytes = bytes.first(kSegmentHeaderBytes);
  if (as_text(bytes.first(kMagic.size())) != kMagic) return std::nullopt;
  if (get<std::uint32_t>(bytes, 8) != kVersion) return std::nullopt;
  if (get<std::uint32_t>(bytes, 124) != crc32c(bytes.first(124))) return std::nullopt;
  SegmentHeader header;
  header.epoch = get<std::uint64_t>(bytes, 12);
  header.first_sequence = get<std::uint64_t>(bytes, 20);
  std::copy_n(bytes.begin() + 28, header.previous.size(), header.previous.begin());
  const std::string_view station = as_text(bytes.subspan(60, 64));
  header.station = station.substr(0, station.find('\0'));
  const auto rest = station.substr(header.station.size());
  const bool padded = std::all_of(rest.begin(), rest.end(), [](char c) { return c == '\0'; });
  if (!padded || !postal::valid_station_name(header.station)) return std::nullopt;
  if (header.epoch == 0 || header.first_sequence == 0) return std::nullopt;
  return header;
}

Sha256 encode_record(const Record& record, std::uint64_t epoch, Bytes& out) {
  BACKSTAMP_ASSERT(record.payload.size() <= limits::kEventBytes);
  const std::size_t start = out.size();
  put(static_cast<std::uint32_t>(record.payload.size()), out);
  put(static_cast<std::uint32_t>(record.type), out);
  put(record.sequence, out);
  put(std::uint32_t{0}, out);
  out.insert(out.end(), record.previous.begin(), record.previous.end());
  out.insert(out.end(), record.payload.begin(), record.payload.end());
  const auto whole = ByteView(out).subspan(start);
  const std::uint32_t crc = record_crc(whole, epoch);
  for (std::size_t i = 0; i < 4; ++i)
    out[start + kCrcOffset + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return sha256(whole);
}

std::optional<Claim> claimed(ByteView bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const auto length = get<std::uint32_t>(bytes, 0);
  const auto type = get<std::uint32_t>(bytes, 4);
  const auto sequence = get<std::uint64_t>(bytes, 8);
  const bool event = type == static_cast<std::uint32_t>(RecordType::event) && length > 0;
  const bool gap = type == static_cast<std::uint32_t>(RecordType::gap) && length == 0;
  if (!(event || gap) || length > limits::kEventBytes || sequence == 0) return std::nullopt;
  return Claim{kRecordHeaderBytes + length, sequence};
}

std::optional<Record> decode_record(ByteView bytes, std::uint64_t epoch) {
  const auto claim = claimed(bytes);
  if (!claim || claim->size > bytes.size()) return std::nullopt;
  bytes = bytes.first(claim->size);
  if (get<std::uint32_t>(bytes, kCrcOffset) != record_crc(bytes, epoch)) return std::nullopt;
  Record record;
  record.type = static_cast<RecordType>(get<std::uint32_t>(bytes, 4));
  record.sequence = claim->sequence;
  std::copy_n(bytes.begin() + 20, record.previous.size(), record.previous.begin());
  record.payload = bytes.subspan(kRecordHeaderBytes);
  return record;
}

}  // namespace backstamp::uplink::spool
