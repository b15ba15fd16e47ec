#include "uplink/spool/recover.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "base/file.h"
#include "uplink/spool/scan.h"

namespace backstamp::uplink::spool {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSegmentLimit = 4ull << 30;  // a larger file is not ours

/// A random number from 1 to 2⁶³ − 1, so that it fits a signed column too.
std::uint64_t draw_epoch() {
  std::random_device device;
  std::uniform_int_distribution<std::uint64_t> range(1, ~std::uint64_t{0} >> 1);
  return range(device);
}

/// The first sequence in a segment's name; 0 when the name is not one.
std::uint64_t sequence_of_name(const std::string& name) {
  constexpr std::size_t kDigits = 20;
  if (name.size() != kDigits + 4 || !name.ends_with(".seg") || name[0] != '0') return 0;
  std::uint64_t sequence = 0;
  for (const char c : name.substr(0, kDigits)) {
    if (c < '0' || c > '9') return 0;
    sequence = sequence * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return sequence;
}

Result<std::vector<fs::path>> list_segments(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (sequence_of_name(at->path().filename().string()) > 0) paths.push_back(at->path());
  if (error)
    return fail(ErrorKind::io, "read folder " + directory.string() + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::optional<SegmentHeader> read_header(const fs::path& path) {
  Bytes bytes(kSegmentHeaderBytes);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return in ? decode_segment_header(bytes) : std::nullopt;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// A segment that was made and never reached its first record.
bool blank(ByteView segment) {
  return segment.size() < kSegmentHeaderBytes || all_zero(segment);
}

std::string describe(std::uint64_t first, std::uint64_t lost) {
  if (lost == 0) return "no event lost";
  if (lost == 1) return "event " + std::to_string(first) + " lost";
  return "events " + std::to_string(first) + " to " + std::to_string(first + lost - 1) + " lost";
}

class Recoverer {
 public:
  Recoverer(const EventLogOptions& options, std::shared_ptr<Storage> storage)
      : options_(options), storage_(std::move(storage)) {}

  Result<Opened> run();

 private:
  Result<void> find_epoch(const std::optional<Position>& stored);
  Result<void> read_segment(const fs::path& path, bool last);
  Result<void> take_tail(const fs::path& path, ByteView segment, const Scan& scan);
  Result<void> go_on(SegmentWriter& writer);
  Result<void> quarantine(const fs::path& path, ByteView segment, std::uint64_t begin,
                          std::uint64_t end, const std::string& what);

  const EventLogOptions& options_;
  std::shared_ptr<Storage> storage_;
  std::vector<fs::path> segments_;
  std::uint64_t epoch_ = 0;
  std::uint64_t expected_ = 0;  ///< the next sequence; 0: nothing is known yet
  std::uint64_t lost_ = 0;      ///< sequences that the cut tail may have held
  std::uint64_t acknowledged_ = 0;
  std::optional<Sha256> previous_;
  std::optional<std::pair<fs::path, std::uint64_t>> resume_;  ///< segment and its good end
  Catalog catalog_;
  Recovery report_;
};

Result<Opened> Recoverer::run() {
  auto position = PositionFile::open(options_.directory / "position", *storage_);
  if (!position) return std::unexpected(position.error());
  auto segments = list_segments(options_.directory);
  if (!segments) return std::unexpected(segments.error());
  segments_ = std::move(*segments);
  if (auto ok = find_epoch(position->stored()); !ok) return std::unexpected(ok.error());
  for (std::size_t i = 0; i < segments_.size(); ++i)
    if (auto ok = read_segment(segments_[i], i + 1 == segments_.size()); !ok)
      return std::unexpected(ok.error());
  if (position->stored() && position->stored()->epoch == epoch_)
    acknowledged_ = position->stored()->acknowledged;
  SegmentWriter writer({options_.directory, options_.station, epoch_, options_.segment_bytes},
                       storage_);
  if (auto ok = go_on(writer); !ok) return std::unexpected(ok.error());
  if (auto ok = position->store({epoch_, acknowledged_}); !ok) return std::unexpected(ok.error());
  if (auto ok = storage_->sync_directory(options_.directory); !ok)
    return std::unexpected(ok.error());
  return Opened{epoch_,
                expected_,
                acknowledged_,
                std::move(catalog_),
                std::move(report_),
                std::move(*position),
                std::move(writer)};
}

/// Whose spool this is. One without any record gets a new epoch.
Result<void> Recoverer::find_epoch(const std::optional<Position>& stored) {
  bool all_blank = true;
  for (const fs::path& path : segments_) {
    const auto header = read_header(path);
    if (!header) {
      const auto segment = read_file(path, kSegmentLimit);
      if (!segment) return std::unexpected(segment.error());
      all_blank = all_blank && blank(*segment);
      continue;
    }
    all_blank = false;
    if (header->station != options_.station)
      return fail(ErrorKind::refused, path.string() + ": is the spool of station " +
                                          header->station + ", not of " + options_.station);
    if (epoch_ != 0 && header->epoch != epoch_)
      return fail(ErrorKind::invalid,
                  path.string() + ": is of another spool; move it out of the folder");
    epoch_ = header->epoch;
  }
  if (epoch_ != 0) return {};
  if (!all_blank && stored) epoch_ = stored->epoch;  // the records' CRCs will prove it
  if (epoch_ != 0) return {};
  if (!all_blank)
    return fail(ErrorKind::invalid, options_.directory.string() +
                                        ": no segment's header can be read; move the folder away, "
                                        "a new spool begins with a new epoch");
  for (const fs::path& path : segments_)
    if (auto ok = storage_->remove(path); !ok) return ok;
  segments_.clear();
  epoch_ = draw_epoch();
  if (stored)
    report_.quarantined.push_back((options_.directory / "position").string() +
                                  ": the segments it belongs to are gone; a new epoch begins");
  return {};
}

Result<void> Recoverer::read_segment(const fs::path& path, bool last) {
  const auto segment = read_file(path, kSegmentLimit);
  if (!segment) return std::unexpected(segment.error());
  const std::uint64_t named = sequence_of_name(path.filename().string());
  const bool first = expected_ == 0;
  if (first) expected_ = named;
  if (first && named == 1) previous_ = Sha256{};
  const std::uint64_t expected_before = expected_;
  Scan scan = scan_segment(*segment, epoch_, expected_, previous_);
  if (!scan.header && scan.runs.empty() && last) {
    const bool empty = blank(*segment);
    report_.torn_bytes += empty ? segment->size() : 0;
    if (!empty) {
      lost_ = judge_tail(ByteView(*segment).subspan(kSegmentHeaderBytes), expected_).lost;
      if (auto ok = quarantine(path, *segment, 0, segment->size(),
                               "no record can be read, " + describe(expected_, lost_));
          !ok)
        return ok;
    }
    return storage_->remove(path);
  }
  if (!scan.header) {
    const auto end = std::min<std::uint64_t>(kSegmentHeaderBytes, segment->size());
    if (auto ok = quarantine(path, *segment, 0, end, "the header is damaged"); !ok) return ok;
  } else if (scan.header->first_sequence > expected_before) {
    report_.quarantined.push_back(
        path.string() + ": begins late, " +
        describe(expected_before, scan.header->first_sequence - expected_before));
  }
  for (const Damage& damage : scan.damages)
    if (auto ok = quarantine(path, *segment, damage.begin, damage.end,
                             describe(damage.first_lost, damage.lost));
        !ok)
      return ok;
  for (const std::uint64_t sequence : scan.broken_chain)
    report_.quarantined.push_back(path.string() + ": the chain of hashes is broken before event " +
                                  std::to_string(sequence) + ": records were replaced");
  for (const Run& run : scan.runs) report_.records += run.count;
  expected_ = scan.next_sequence;
  previous_ = scan.last_hash;
  if (last) {
    if (auto ok = take_tail(path, *segment, scan); !ok) return ok;
  } else if (scan.good_end < segment->size()) {
    if (auto ok = quarantine(path, *segment, scan.good_end, segment->size(), "damaged to its end");
        !ok)
      return ok;
  }
  const std::uint64_t begins = scan.header ? scan.header->first_sequence : named;
  catalog_.add({path, begins, std::move(scan.runs)});
  return {};
}

/// The bytes behind the last good record of the last segment.
Result<void> Recoverer::take_tail(const fs::path& path, ByteView segment, const Scan& scan) {
  const ByteView bytes = segment.subspan(scan.good_end);
  const Tail tail = judge_tail(bytes, expected_);
  lost_ = tail.lost;
  if (tail.torn) {
    report_.torn_bytes += bytes.size();
  } else if (!bytes.empty()) {
    if (auto ok = quarantine(path, segment, scan.good_end, segment.size(),
                             describe(expected_, lost_) + " at most");
        !ok)
      return ok;
  }
  // A segment with a damaged header stays as it is; the log goes on in a new one.
  if (scan.header) resume_ = {path, scan.good_end};
  return {};
}

/// Makes the log ready for the next record. What may have been lost becomes a gap on disk, and no
/// sequence that the data center has seen is given to another event.
Result<void> Recoverer::go_on(SegmentWriter& writer) {
  const std::uint64_t next =
      std::max(std::max<std::uint64_t>(expected_, 1) + lost_, acknowledged_ + 1);
  if (!resume_) {
    const auto path = writer.begin_segment(next, previous_.value_or(Sha256{}));
    if (!path) return std::unexpected(path.error());
    catalog_.add({*path, next, {}});
  } else {
    if (auto ok = writer.resume_segment(resume_->first, resume_->second, *previous_); !ok)
      return ok;
    if (next > expected_) {
      const auto gap = writer.add(RecordType::gap, next - 1, {});
      if (!gap) return std::unexpected(gap.error());
      if (!gap->new_segment.empty()) catalog_.add({gap->new_segment, next - 1, {}});
      if (auto ok = writer.commit(); !ok) return ok;
    }
  }
  expected_ = next;
  return {};
}

/// Copies damaged bytes beside the log, once, and reports them.
Result<void> Recoverer::quarantine(const fs::path& path, ByteView segment, std::uint64_t begin,
                                   std::uint64_t end, const std::string& what) {
  const fs::path folder = options_.directory / "quarantine";
  const std::string range = std::to_string(begin) + "-" + std::to_string(end);
  const fs::path copy = folder / (path.filename().string() + "." + range);
  report_.quarantined.push_back(path.string() + ": bytes " + range + " damaged, " + what +
                                "; a copy is in " + copy.string());
  std::error_code error;
  if (fs::exists(copy, error)) return {};
  fs::create_directories(folder, error);
  if (error) return fail(ErrorKind::io, "make folder " + folder.string() + ": " + error.message());
  return write_file_durably(copy, segment.subspan(begin, end - begin), 0640);
}

}  // namespace

Result<Opened> recover(const EventLogOptions& options, std::shared_ptr<Storage> storage) {
  return Recoverer(options, std::move(storage)).run();
}

}  // namespace backstamp::uplink::spool
