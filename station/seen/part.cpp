#include "station/seen/part.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/crc32c.h"
#include "base/file.h"

namespace backstamp::station::seen {
namespace {

// The file holds numbers as they lie in memory (docs/formats/duplicate-index.md).
static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "BSTSEEN1";
constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kCrcAt = 124;
constexpr std::size_t kBucketEntries = 6;  // on average: more than the tags hold in one of fifty
constexpr std::uint8_t kUncounted = 255;
constexpr std::uint32_t kMostEntries = 1u << 28;
constexpr std::uint64_t kMostFileBytes = std::uint64_t{8} << 30;

/// The header's fields in the order in which they stand behind the magic.
struct Fields {
  std::uint32_t version = 1;
  std::uint32_t entries = 0;
  std::uint64_t number = 0;
  std::uint64_t seed = 0;
  std::int64_t base_us = 0;
  std::int64_t newest_us = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint32_t buckets = 0;
  std::uint32_t content_crc = 0;
};
static_assert(sizeof(Fields) == 72 && std::is_trivially_copyable_v<Fields>);

template <typename T>
ByteView bytes_of(std::span<const T> items) {
  return {reinterpret_cast<const std::uint8_t*>(items.data()), items.size_bytes()};
}

std::int64_t us_of(UtcTime time) {
  return time.time_since_epoch().count();
}

/// Do the buckets lie within the entries, one behind the other, and count what they hold?
bool in_order(std::span<const Bucket> buckets, std::size_t entries) {
  if (buckets.front().start != 0 || buckets.back().start != entries) return false;
  for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
    if (buckets[i + 1].start < buckets[i].start) return false;
    const std::uint32_t count = buckets[i + 1].start - buckets[i].start;
    if (buckets[i].count != std::min<std::uint32_t>(count, kUncounted)) return false;
  }
  return true;
}

}  // namespace

std::string Part::file_name(std::uint64_t number) {
  std::string name = std::to_string(number);
  name.insert(0, 20 - name.size(), '0');
  return name + ".seen";
}

std::shared_ptr<const Part> Part::pack(const Table& table, std::uint64_t number) {
  std::shared_ptr<Part> part(new Part);
  part->number_ = number;
  part->seed_ = table.seed();
  part->base_ = table.base();
  part->newest_ = table.newest();
  part->coverage_ = table.coverage;
  const std::size_t buckets = std::max<std::size_t>(1, table.size() / kBucketEntries);
  part->buckets_ = Pages<Bucket>(buckets + 1);
  part->entries_ = Pages<Entry>(table.size());
  part->fill(table);
  return part;
}

/// Counts, then puts each entry into its bucket.
void Part::fill(const Table& table) {
  for (const Entry& entry : table.slots()) {
    if (entry.state != 0) ++buckets_[place(entry.identity()).bucket + 1].start;
  }
  for (std::size_t i = 1; i < buckets_.size(); ++i) buckets_[i].start += buckets_[i - 1].start;
  Pages<std::uint32_t> filled(buckets_.size());
  for (const Entry& entry : table.slots()) {
    if (entry.state == 0) continue;
    const Place at = place(entry.identity());
    Bucket& bucket = buckets_[at.bucket];
    const std::uint32_t nth = filled[at.bucket]++;
    if (nth < Bucket::kTags) bucket.tags[nth] = at.tag;
    bucket.count = static_cast<std::uint8_t>(std::min<std::uint32_t>(nth + 1, kUncounted));
    entries_[bucket.start + nth] = entry;
  }
}

std::uint32_t Part::count_in(std::uint32_t bucket) const {
  const Bucket& one = buckets_[bucket];
  return one.count < kUncounted ? one.count : buckets_[bucket + 1].start - one.start;
}

const Entry* Part::find_at(Place at, const postal::TokenIdentity& token) const {
  const Bucket& bucket = buckets_[at.bucket];
  const std::uint32_t count = count_in(at.bucket);
  const std::uint32_t tagged = std::min<std::uint32_t>(count, Bucket::kTags);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i < tagged && bucket.tags[i] != at.tag) continue;
    if (entries_[bucket.start + i].is(token)) return &entries_[bucket.start + i];
  }
  return nullptr;
}

Bytes Part::header() const {
  const auto directory = bytes_of(buckets_.span());
  const Fields fields{1,
                      static_cast<std::uint32_t>(entries_.size()),
                      number_,
                      seed_,
                      us_of(base_),
                      us_of(newest_),
                      coverage_.epoch,
                      coverage_.first,
                      coverage_.last,
                      static_cast<std::uint32_t>(buckets_.size() - 1),
                      crc32c(bytes_of(entries_.span()), crc32c(directory))};
  Bytes bytes(kHeaderBytes);
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  std::memcpy(bytes.data() + kMagic.size(), &fields, sizeof fields);
  const std::uint32_t crc = crc32c(ByteView(bytes).first(kCrcAt));
  std::memcpy(bytes.data() + kCrcAt, &crc, sizeof crc);
  return bytes;
}

Result<void> Part::save(const std::filesystem::path& directory) const {
  Bytes file = header();
  for (const ByteView content : {bytes_of(buckets_.span()), bytes_of(entries_.span())}) {
    file.insert(file.end(), content.begin(), content.end());
  }
  return write_file_durably(directory / file_name(number_), file);
}

Result<std::shared_ptr<const Part>> Part::load(const std::filesystem::path& path) {
  const auto file = read_file(path, kMostFileBytes);
  if (!file) return std::unexpected(file.error());
  return parse(*file, path.string());
}

Result<std::shared_ptr<const Part>> Part::parse(ByteView bytes, const std::string& name) {
  const auto damaged = [&](const char* what) {
    return fail(ErrorKind::invalid, name + ": " + what);
  };
  if (bytes.size() < kHeaderBytes || !as_text(bytes).starts_with(kMagic)) {
    return damaged("not a part of a duplicate index");
  }
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + kCrcAt, sizeof crc);
  if (crc != crc32c(bytes.first(kCrcAt))) return damaged("its header is damaged");
  Fields fields;
  std::memcpy(&fields, bytes.data() + kMagic.size(), sizeof fields);
  if (fields.version != 1) return damaged("of another version");
  if (fields.entries > kMostEntries || fields.buckets == 0 || fields.buckets > kMostEntries) {
    return damaged("its header is impossible");
  }
  const std::size_t directory_bytes = (std::size_t{fields.buckets} + 1) * sizeof(Bucket);
  const std::size_t entries_bytes = std::size_t{fields.entries} * sizeof(Entry);
  if (bytes.size() != kHeaderBytes + directory_bytes + entries_bytes) {
    return damaged("cut off, or longer than it says");
  }
  if (crc32c(bytes.subspan(kHeaderBytes)) != fields.content_crc) return damaged("damaged");
  std::shared_ptr<Part> part(new Part);
  part->number_ = fields.number;
  part->seed_ = fields.seed;
  part->base_ = UtcTime(std::chrono::microseconds(fields.base_us));
  part->newest_ = UtcTime(std::chrono::microseconds(fields.newest_us));
  part->coverage_ = {fields.epoch, fields.first, fields.last};
  part->buckets_ = Pages<Bucket>(std::size_t{fields.buckets} + 1);
  part->entries_ = Pages<Entry>(fields.entries);
  std::memcpy(part->buckets_.span().data(), bytes.data() + kHeaderBytes, directory_bytes);
  if (entries_bytes > 0) {
    std::memcpy(part->entries_.span().data(), bytes.data() + kHeaderBytes + directory_bytes,
                entries_bytes);
  }
  if (!in_order(part->buckets_.span(), fields.entries)) return damaged("its buckets overlap");
  return part;
}

}  // namespace backstamp::station::seen
