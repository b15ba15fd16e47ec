// Making room: by quota, by age, and for the events on a disk that fills.
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "station/evidence/store.h"

namespace backstamp::station {
namespace {

namespace fs = std::filesystem;

/// Shards removed at a time for the disk's sake. More, and one file that somebody holds open (its
/// space is not free before it is closed) would cost all the others at once.
constexpr int kDropsAtATime = 4;

/// When a shard was written last, by the clock that was then; none when it cannot be told.
std::optional<UtcTime> written_at(const fs::path& tar) {
  struct stat status {};
  if (::stat(tar.c_str(), &status) != 0) return std::nullopt;
  return UtcTime(std::chrono::seconds(status.st_mtim.tv_sec));
}

/// The end of a folder's day.
std::optional<UtcTime> end_of(const std::string& day) {
  const auto date = parse_date(day.substr(0, 10));
  if (!date) return std::nullopt;
  return UtcTime(std::chrono::sys_days(*date) + std::chrono::days(1));
}

/// Removes the first shard of a folder that no writer can be had for: its manifest is damaged, or
/// the disk too full to mend it. Says how many bytes that were; 0 when there is none.
std::uint64_t drop_by_hand(const fs::path& folder) {
  std::optional<fs::path> first;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with("shard-") || it->path().extension() != ".tar") continue;
    const std::string best = first ? first->filename().string() : std::string();
    if (!first || std::pair(name.size(), name) < std::pair(best.size(), best)) first = it->path();
  }
  if (!first) return 0;
  const std::uint64_t bytes = fs::file_size(*first, error);
  if (error || !fs::remove(*first, error)) return 0;
  fs::remove(fs::path(*first).replace_extension(".index"), error);
  return std::max<std::uint64_t>(1, bytes);
}

std::string megabytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MB";
}

}  // namespace

Result<std::uint64_t> free_space(const fs::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return std::unexpected(system_error("statvfs " + folder.string(), errno));
  }
  return std::uint64_t{status.f_bavail} * std::uint64_t{status.f_frsize};
}

std::uint64_t EvidenceStore::bytes_of(EvidenceClass kind) const {
  std::uint64_t sum = 0;
  for (auto it = folders_.lower_bound({kind, ""}); it != folders_.end() && it->first.first == kind;
       ++it) {
    sum += it->second.bytes();
  }
  return sum;
}

EvidenceStore::Folders::iterator EvidenceStore::oldest_of(EvidenceClass kind) {
  const auto first = folders_.lower_bound({kind, ""});
  return first != folders_.end() && first->first.first == kind ? first : folders_.end();
}

EvidenceStore::Folders::iterator EvidenceStore::oldest_of_all() {
  auto oldest = folders_.end();
  std::pair<std::string, UtcTime> first;
  for (std::size_t i = 0; i < kEvidenceClasses; ++i) {
    const auto it = oldest_of(static_cast<EvidenceClass>(i));
    if (it == folders_.end()) continue;
    const auto& writer = it->second.writer;
    const auto tar = writer ? writer->oldest_shard() : std::nullopt;
    std::pair when{it->first.second, (tar ? written_at(*tar) : std::nullopt).value_or(UtcTime())};
    if (oldest == folders_.end() || when < first) {
      oldest = it;
      first = std::move(when);
    }
  }
  return oldest;
}

bool EvidenceStore::drop_from(Folders::iterator it) {
  Folder& folder = it->second;
  if (!folder.writer) {
    if (auto writer = open_writer(it->first)) folder.writer.emplace(std::move(*writer));
  }
  if (folder.writer) {
    const auto gone = folder.writer->drop_oldest();
    if (!gone) return false;
    removed_ += gone->samples;
    if (folder.writer->shards() > 0) return true;
  } else if (const std::uint64_t bytes = drop_by_hand(folder.path); bytes > 0) {
    folder.bytes_unknown -= std::min(folder.bytes_unknown, bytes);
    return true;
  }
  // Its last shard went. What others have put beside it is left to them.
  std::error_code ignored;
  fs::remove(folder.path / "manifest.json", ignored);
  fs::remove(folder.path, ignored);
  folders_.erase(it);
  return true;
}

Result<void> EvidenceStore::make_room(EvidenceClass kind, std::uint64_t bytes) {
  const std::uint64_t quota = config_.quotas[static_cast<std::size_t>(kind)];
  if (bytes > quota) {
    return fail(ErrorKind::limit,
                "one piece's pictures are more than the quota of " + std::string(to_string(kind)));
  }
  while (bytes_of(kind) + bytes > quota) {
    const auto oldest = oldest_of(kind);
    if (oldest == folders_.end() || !drop_from(oldest)) break;
  }
  if (bytes_of(kind) + bytes > quota) {
    return fail(ErrorKind::unavailable, std::string(to_string(kind)) + ": no room can be made");
  }
  return keep_floor(bytes);
}

Result<void> EvidenceStore::keep_floor(std::uint64_t bytes) {
  auto free = space_(config_.directory);
  bool low = false;
  for (int drops = 0; free && *free < config_.free_bytes + bytes; ++drops) {
    low = true;
    // A sample of mail that was nothing special goes first; then what is oldest.
    auto oldest = oldest_of(EvidenceClass::sample);
    if (oldest == folders_.end()) oldest = oldest_of_all();
    if (drops == kDropsAtATime || oldest == folders_.end()) break;
    drop_from(oldest);
    free = space_(config_.directory);
  }
  // What cannot be told (the folder was removed) is found out by writing.
  if (!free) return {};
  const bool short_of_space = *free < config_.free_bytes + bytes;
  const bool at_ease = *free >= config_.free_bytes + config_.free_bytes / 16 + bytes;
  if (low) tell_floor(true, *free);
  if (!low && at_ease) tell_floor(false, *free);
  if (!short_of_space) return {};
  return fail(ErrorKind::unavailable, "the disk is too full for pictures");
}

void EvidenceStore::remove_old(UtcTime now) {
  for (std::size_t i = 0; i < kEvidenceClasses; ++i) {
    const auto kind = static_cast<EvidenceClass>(i);
    while (true) {
      const auto oldest = oldest_of(kind);
      if (oldest == folders_.end()) break;
      // A copy that was put back is as old as its day, whatever its files say.
      UtcTime made = end_of(oldest->first.second).value_or(now);
      const auto& writer = oldest->second.writer;
      if (const auto tar = writer ? writer->oldest_shard() : std::nullopt) {
        if (const auto written = written_at(*tar)) made = std::min(made, *written);
      }
      if (made + config_.keep > now || !drop_from(oldest)) break;
    }
  }
}

void EvidenceStore::tell_floor(bool low, std::uint64_t free) {
  if (low == floor_alarm_) return;
  floor_alarm_ = low;
  if (!alarms_) return;
  alarms_({"disk-low", station_, low,
           megabytes(free) + " free for " + config_.directory.string() + ", " +
               megabytes(config_.free_bytes) + " are kept for events" +
               (low ? ": old pictures go, and new ones are left out" : ""),
           "make room on this disk, or give the evidence smaller quotas"});
}

}  // namespace backstamp::station
