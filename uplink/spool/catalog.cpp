#include "uplink/spool/catalog.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/file.h"

namespace backstamp::uplink::spool {
namespace {

constexpr std::size_t kChunkBytes = 256u << 10;
static_assert(kChunkBytes > kRecordBytes, "a chunk holds the longest record");

/// Reads up to `size` bytes at `offset`; fewer only at the end of the file.
Result<Bytes> read_at(int fd, const std::filesystem::path& path, std::uint64_t offset,
                      std::size_t size) {
  Bytes bytes(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(fd, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read " + path.string(), errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

void Catalog::place(const Placement& placement) {
  if (!placement.new_segment.empty())
    segments_.push_back({placement.new_segment, placement.sequence, {}});
  BACKSTAMP_ASSERT(!segments_.empty());
  auto& runs = segments_.back().runs;
  if (runs.empty() || runs.back().end != placement.offset ||
      runs.back().next_sequence() != placement.sequence)
    runs.push_back({placement.sequence, 0, placement.offset, placement.offset, {}});
  runs.back().extend(placement.size);
}

Slice Catalog::find(std::uint64_t sequence, std::uint64_t committed) const {
  auto segment = std::upper_bound(
      segments_.begin(), segments_.end(), sequence,
      [](std::uint64_t wanted, const Segment& s) { return wanted < s.first_sequence; });
  if (segment != segments_.begin()) --segment;
  for (; segment != segments_.end(); ++segment) {
    for (const Run& run : segment->runs) {
      if (run.next_sequence() <= sequence) continue;
      if (run.first_sequence > sequence) return {true, sequence, run.first_sequence, {}, 0, 0};
      const std::uint64_t mark = (sequence - run.first_sequence) / kMarkEvery;
      return {false,
              run.first_sequence + mark * kMarkEvery,
              run.next_sequence(),
              segment->path,
              run.marks.at(mark),
              run.end};
    }
  }
  return {true, sequence, committed + 1, {}, 0, 0};
}

std::optional<std::uint64_t> Catalog::oldest() const {
  for (const Segment& segment : segments_)
    if (!segment.runs.empty()) return segment.runs.front().first_sequence;
  return std::nullopt;
}

std::optional<Segment> Catalog::front_if_acknowledged(std::uint64_t acknowledged) const {
  if (segments_.size() < 2 || segments_[1].first_sequence > acknowledged + 1) return std::nullopt;
  // The newest event stays: it says how far the station came.
  if (segments_[1].runs.empty()) return std::nullopt;
  return segments_.front();
}

Result<void> read_slice(const Slice& slice, std::uint64_t epoch, std::uint64_t from,
                        std::size_t limit, std::size_t limit_bytes, std::vector<Bytes>& out) {
  const UniqueFd fd(::open(slice.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("open " + slice.path.string(), errno));
  std::uint64_t offset = slice.begin;
  std::uint64_t sequence = slice.first;
  std::size_t taken_bytes = 0;
  std::size_t taken = 0;
  while (offset < slice.end) {
    const auto chunk = read_at(fd.get(), slice.path, offset,
                               std::min<std::uint64_t>(kChunkBytes, slice.end - offset));
    if (!chunk) return std::unexpected(chunk.error());
    ByteView rest = *chunk;
    while (const auto record = decode_record(rest, epoch)) {
      if (record->sequence != sequence || record->type != RecordType::event) break;
      if (sequence >= from) {
        if (taken == limit || (taken > 0 && taken_bytes + record->payload.size() > limit_bytes))
          return {};
        out.emplace_back(record->payload.begin(), record->payload.end());
        ++taken;
        taken_bytes += record->payload.size();
      }
      ++sequence;
      rest = rest.subspan(record->size());
    }
    if (rest.size() == chunk->size())
      return fail(ErrorKind::io, slice.path.string() + ": damaged at byte " +
                                     std::to_string(offset) +
                                     " since it was opened; a restart quarantines the damage");
    offset += chunk->size() - rest.size();
  }
  return {};
}

}  // namespace backstamp::uplink::spool
