#include "datacenter/meterbox/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

namespace backstamp::datacenter::meterbox {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSegmentFileBytes = kSegmentBytes + (512ull << 20);
constexpr std::size_t kKeptSnapshots = 2;
constexpr std::string_view kSegmentName = "journal-";
constexpr std::string_view kSnapshotName = "snapshot-";

std::string numbered(std::string_view name, std::uint64_t version) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%020llu", static_cast<unsigned long long>(version));
  return std::string(name) + digits;
}

/// Files `name` + 20 digits, by their number.
Result<std::map<std::uint64_t, fs::path>> list_files(const fs::path& folder,
                                                     std::string_view name) {
  std::map<std::uint64_t, fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.starts_with(name) || file.size() != name.size() + 20) continue;
    std::uint64_t number = 0;
    const char* last = file.data() + file.size();
    const auto read = std::from_chars(file.data() + name.size(), last, number);
    if (read.ec == std::errc() && read.ptr == last) files.emplace(number, it->path());
  }
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  return files;
}

Result<void> check_seal(const Sha256& hash, ByteView seal, std::string_view domain,
                        const postal::MacKey& key) {
  const auto mac = key.mac(sealed_content(domain, hash));
  if (!mac) return std::unexpected(mac.error());
  if (postal::equal_macs(*mac, seal)) return {};
  return fail(ErrorKind::refused, "meter box: a seal is broken, or of another HSM");
}

/// A snapshot file is its seal, then its body.
Result<BoxState> read_snapshot(const fs::path& path, const postal::MacKey& key) {
  const auto content = read_file(path, kSnapshotBytes);
  if (!content) return std::unexpected(content.error());
  if (content->size() <= kSealBytes) return fail(ErrorKind::invalid, path.string() + ": cut short");
  const ByteView body = ByteView(*content).subspan(kSealBytes);
  auto sound = check_seal(sha256(body), ByteView(*content).first(kSealBytes), kSnapshotDomain, key);
  if (!sound) return fail(path.string(), sound.error());
  return decode_state(body);
}

/// How far reading has come.
struct Reading {
  BoxState state;
  Anchor floor;
  bool floor_met = false;
  LedgerAudit found;
  std::size_t torn_at = 0;  ///< in the last segment: where what counts ends
};

/// One record on top of the state.
Result<Recorded> read_record(const Frame& frame, Reading& reading, const postal::MacKey& key) {
  auto entry = decode_entry(frame.body);
  if (!entry) return std::unexpected(entry.error());
  Recorded recorded{*std::move(entry), sha256(frame.body)};
  if (recorded.entry.version <= reading.state.anchor.version) return recorded;  // in the snapshot
  if (auto sealed = check_seal(recorded.hash, frame.seal, kRecordDomain, key); !sealed) {
    return std::unexpected(sealed.error());
  }
  if (auto done = replay_entry(reading.state, recorded.entry, recorded.hash); !done) {
    return std::unexpected(done.error());
  }
  return recorded;
}

Result<void> read_segment(const fs::path& path, bool last, Reading& reading,
                          const postal::MacKey& key,
                          const std::function<void(const Recorded&)>& each) {
  const auto content = read_file(path, kSegmentFileBytes);
  if (!content) return std::unexpected(content.error());
  std::size_t at = 0;
  while (const auto frame = read_frame(ByteView(*content).subspan(at))) {
    const auto recorded = read_record(*frame, reading, key);
    if (!recorded) {
      return fail(path.string() + " at " + std::to_string(at), recorded.error());
    }
    if (recorded->entry.version == reading.floor.version) {
      reading.floor_met = recorded->hash == reading.floor.chain;
    }
    if (each) each(*recorded);
    ++reading.found.records;
    at += frame->size;
  }
  ++reading.found.segments;
  reading.found.bytes += at;
  if (at < content->size() && !last) {
    return fail(ErrorKind::invalid, path.string() + ": damaged at byte " + std::to_string(at));
  }
  reading.found.torn_bytes = content->size() - at;
  reading.torn_at = at;
  return {};
}

Result<void> check_floor(const Reading& reading) {
  const std::uint64_t has = reading.state.anchor.version;
  if (reading.floor.version > has) {
    return fail(ErrorKind::refused, "meter box: rolled back: the journal ends at record " +
                                        std::to_string(has) + ", the HSM knows of record " +
                                        std::to_string(reading.floor.version));
  }
  if (reading.floor.version > 0 && !reading.floor_met) {
    return fail(ErrorKind::refused, "meter box: the journal is not the one that the HSM knows");
  }
  return {};
}

/// Cuts what was never finished, and keeps its bytes for those who want to know.
Result<void> cut_tail(const fs::path& folder, const fs::path& segment, std::size_t at,
                      std::uint64_t version) {
  const auto content = read_file(segment, kSegmentFileBytes);
  if (!content) return std::unexpected(content.error());
  const auto beside = folder / numbered("torn-", version);
  if (auto kept = write_file_durably(beside, ByteView(*content).subspan(at), 0600); !kept) {
    return kept;
  }
  const UniqueFd fd(::open(segment.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(at)) != 0 || ::fsync(fd.get()) != 0) {
    return std::unexpected(system_error("cut " + segment.string(), errno));
  }
  return {};
}

}  // namespace

Result<void> Ledger::create(const fs::path& folder, const Founding& founding, UtcTime at,
                            const postal::MacKey& seal) {
  const Bytes body = encode_entry({1, {}, at, founding});
  BoxState state;
  if (auto ok = replay_entry(state, decode_entry(body).value(), sha256(body)); !ok) return ok;
  const auto mac = seal.mac(sealed_content(kRecordDomain, sha256(body)));
  if (!mac) return std::unexpected(mac.error());
  return write_file_durably(folder / numbered(kSegmentName, 1), frame_entry(body, *mac), 0600);
}

Result<std::pair<Ledger, BoxState>> Ledger::open(const fs::path& folder, const postal::MacKey& seal,
                                                 const Anchor& floor) {
  Ledger ledger;
  ledger.folder_ = folder;
  auto segments = list_files(folder, kSegmentName);
  if (!segments) return std::unexpected(segments.error());
  if (segments->empty()) return fail(ErrorKind::not_found, folder.string() + ": has no journal");
  ledger.segments_ = *std::move(segments);
  const auto snapshots = list_files(folder, kSnapshotName);
  if (!snapshots) return std::unexpected(snapshots.error());
  Reading reading;
  reading.floor = floor;
  for (auto it = snapshots->rbegin(); it != snapshots->rend(); ++it) {
    auto state = read_snapshot(it->second, seal);
    if (!state && state.error().kind == ErrorKind::unavailable) {
      return std::unexpected(state.error());
    }
    if (!state) continue;  // an older one, or the journal from its beginning, says the same
    reading.state = *std::move(state);
    break;
  }
  // The segment before the snapshot's end is read too: the floor may lie in it.
  const std::uint64_t from = std::min(reading.state.anchor.version, floor.version);
  for (const auto& [first, path] : ledger.segments_) {
    const auto next = ledger.segments_.upper_bound(first);
    if (next != ledger.segments_.end() && next->first <= from) continue;
    const bool last = next == ledger.segments_.end();
    if (auto read = read_segment(path, last, reading, seal, {}); !read) {
      return std::unexpected(read.error());
    }
  }
  if (auto met = check_floor(reading); !met) return std::unexpected(met.error());
  const fs::path& last = ledger.segments_.rbegin()->second;
  if (reading.found.torn_bytes > 0) {
    auto cut = cut_tail(folder, last, reading.torn_at, reading.state.anchor.version);
    if (!cut) return std::unexpected(cut.error());
  }
  ledger.segment_ = UniqueFd(::open(last.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!ledger.segment_) return std::unexpected(system_error("open " + last.string(), errno));
  ledger.segment_bytes_ = reading.torn_at;
  return std::pair(std::move(ledger), std::move(reading.state));
}

Result<LedgerAudit> Ledger::audit(const fs::path& folder, const postal::MacKey& seal,
                                  const std::function<void(const Recorded&)>& each) {
  const auto segments = list_files(folder, kSegmentName);
  if (!segments) return std::unexpected(segments.error());
  if (segments->empty()) return fail(ErrorKind::not_found, folder.string() + ": has no journal");
  Reading reading;
  for (const auto& [first, path] : *segments) {
    const bool last = first == segments->rbegin()->first;
    if (auto read = read_segment(path, last, reading, seal, each); !read) {
      return std::unexpected(read.error());
    }
  }
  if (auto sound = check_state(reading.state); !sound) return std::unexpected(sound.error());
  reading.found.state = std::move(reading.state);
  return reading.found;
}

Result<void> Ledger::begin_segment(std::uint64_t first) {
  const auto path = folder_ / numbered(kSegmentName, first);
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC;
  segment_ = UniqueFd(::open(path.c_str(), flags, 0600));
  if (!segment_) return std::unexpected(system_error("create " + path.string(), errno));
  segment_bytes_ = 0;
  segments_.emplace(first, path);
  return sync_directory(folder_);
}

Result<void> Ledger::append(std::span<const Bytes> frames, std::uint64_t first) {
  if (failed_) {
    return fail(ErrorKind::unavailable, "meter box: the journal failed; it must be opened anew");
  }
  failed_ = true;  // until all of it is on the disk
  if (!segment_) {
    if (auto begun = begin_segment(first); !begun) return begun;
  }
  Bytes all;
  for (const Bytes& frame : frames) all.insert(all.end(), frame.begin(), frame.end());
  if (auto written = write_all(segment_.get(), all); !written) return written;
  if (::fdatasync(segment_.get()) != 0) {
    return std::unexpected(system_error("fdatasync of the journal", errno));
  }
  segment_bytes_ += all.size();
  failed_ = false;
  return {};
}

Result<Recorded> Ledger::read(std::uint64_t version) const {
  const auto after = segments_.upper_bound(version);
  if (after == segments_.begin()) return fail(ErrorKind::not_found, "meter box: no such record");
  const fs::path& path = std::prev(after)->second;
  const auto content = read_file(path, kSegmentFileBytes);
  if (!content) return std::unexpected(content.error());
  ByteView rest(*content);
  while (const auto frame = read_frame(rest)) {
    rest = rest.subspan(frame->size);
    if (peek_version(frame->body) != version) continue;
    auto entry = decode_entry(frame->body);
    if (!entry) return std::unexpected(entry.error());
    return Recorded{*std::move(entry), sha256(frame->body)};
  }
  return fail(ErrorKind::not_found,
              "meter box: record " + std::to_string(version) + " is not in the journal");
}

Result<void> Ledger::take_snapshot(const BoxState& state, const postal::MacKey& seal) {
  const Bytes body = encode_state(state);
  const auto mac = seal.mac(sealed_content(kSnapshotDomain, sha256(body)));
  if (!mac) return std::unexpected(mac.error());
  Bytes content(mac->begin(), mac->end());
  content.insert(content.end(), body.begin(), body.end());
  const auto path = folder_ / numbered(kSnapshotName, state.anchor.version);
  if (auto written = write_file_durably(path, content, 0600); !written) return written;
  segment_.reset();
  segment_bytes_ = 0;
  auto snapshots = list_files(folder_, kSnapshotName);
  if (!snapshots) return std::unexpected(snapshots.error());
  std::error_code ignored;  // one too many does no harm
  while (snapshots->size() > kKeptSnapshots) {
    fs::remove(snapshots->begin()->second, ignored);
    snapshots->erase(snapshots->begin());
  }
  return {};
}

}  // namespace backstamp::datacenter::meterbox
