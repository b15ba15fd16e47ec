#include "uplink/spool/segment.h"

#include <algorithm>

namespace backstamp::uplink::spool {

std::string segment_name(std::uint64_t first_sequence) {
  const std::string digits = std::to_string(first_sequence);
  return std::string(20 - digits.size(), '0') + digits + ".seg";
}

Result<std::filesystem::path> SegmentWriter::begin_segment(std::uint64_t first_sequence,
                                                           const Sha256& previous) {
  std::filesystem::path path = options_.directory / segment_name(first_sequence);
  auto file = storage_->open(path, true);
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  // Space for the whole segment now: a full disk is found out here, not in the middle of a piece.
  if (auto ok = file_->reserve(options_.segment_bytes); !ok) return std::unexpected(ok.error());
  const Bytes header =
      encode_segment_header({options_.station, options_.epoch, first_sequence, previous});
  if (auto ok = write_fully(*file_, 0, header); !ok) return std::unexpected(ok.error());
  if (auto ok = file_->sync(); !ok) return std::unexpected(ok.error());
  if (auto ok = storage_->sync_directory(options_.directory); !ok)
    return std::unexpected(ok.error());
  written_ = header.size();
  previous_ = sha256(header);
  return path;
}

Result<void> SegmentWriter::resume_segment(const std::filesystem::path& path,
                                           std::uint64_t good_end, const Sha256& previous) {
  auto file = storage_->open(path, false);
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  if (auto ok = file_->truncate(good_end); !ok) return ok;
  if (auto ok = file_->reserve(std::max(good_end, options_.segment_bytes)); !ok) return ok;
  // A killed process may have left records that were written and never synced.
  if (auto ok = file_->sync(); !ok) return ok;
  if (auto ok = storage_->sync_directory(options_.directory); !ok) return ok;
  written_ = good_end;
  previous_ = previous;
  return {};
}

Result<Placement> SegmentWriter::add(RecordType type, std::uint64_t sequence, ByteView payload) {
  Placement placement;
  if (written_ + pending_.size() >= options_.segment_bytes) {
    if (auto ok = commit(); !ok) return std::unexpected(ok.error());
    auto path = begin_segment(sequence, previous_);
    if (!path) return std::unexpected(path.error());
    placement.new_segment = std::move(*path);
  }
  placement.sequence = sequence;
  placement.offset = written_ + pending_.size();
  previous_ = encode_record({type, sequence, previous_, payload}, options_.epoch, pending_);
  placement.size = written_ + pending_.size() - placement.offset;
  return placement;
}

Result<void> SegmentWriter::commit() {
  if (pending_.empty()) return {};
  if (auto ok = write_fully(*file_, written_, pending_); !ok) return ok;
  if (auto ok = file_->sync(); !ok) return ok;
  written_ += pending_.size();
  pending_.clear();
  return {};
}

}  // namespace backstamp::uplink::spool
