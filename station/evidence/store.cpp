#include "station/evidence/store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace backstamp::station {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFileMode = 0640;
constexpr unsigned kFolderMode = 0750;
constexpr unsigned kCrashFileMode = 0600;    // whole faces, with names and addresses
constexpr unsigned kCrashFolderMode = 0700;  // of those, whatever the files' owner does to them
constexpr std::uint64_t kMostShardBytes = 64ull << 20;
constexpr std::uint64_t kLeastShardBytes = 64ull << 10;
constexpr std::uint64_t kMemberBytes = 2048;  // of a sample, beside its content: headers, padding

/// One folder with its permission, unless it is there.
Result<void> make_folder(const fs::path& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  return std::unexpected(system_error("make " + path.string(), errno));
}

std::uint64_t size_of(const std::vector<datasets::Sample>& samples) {
  std::uint64_t bytes = 0;
  for (const datasets::Sample& sample : samples) {
    for (const auto& [extension, content] : sample.parts) bytes += content.size() + 1024;
    bytes += kMemberBytes;
  }
  return bytes;
}

std::uint64_t size_on_disk(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) bytes += it->file_size(ignored);
  }
  return bytes;
}

/// "2026-11-26", or "2026-11-26-2" to "-8" of a day whose first folder was damaged.
bool is_day(std::string_view name) {
  if (name.size() != 10 && name.size() != 12) return false;
  return parse_date(name.substr(0, 10)) && (name.size() == 10 || name[10] == '-');
}

std::int64_t hour_of(UtcTime time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

}  // namespace

EvidenceStore::EvidenceStore(const EvidenceConfig& config, std::string station, AlarmSink alarms,
                             FreeSpace space)
    : config_(config),
      station_(std::move(station)),
      alarms_(std::move(alarms)),
      space_(std::move(space)) {}

Result<EvidenceStore> EvidenceStore::open(const EvidenceConfig& config, std::string station,
                                          AlarmSink alarms, FreeSpace space) {
  EvidenceStore store(config, std::move(station), std::move(alarms), std::move(space));
  if (auto made = store.make_folders(); !made) return std::unexpected(made.error());
  auto lock = lock_file(config.directory / "lock");
  if (!lock) return fail("evidence", lock.error());
  store.lock_ = std::move(*lock);
  store.find_folders();
  return store;
}

Result<void> EvidenceStore::make_folders() const {
  std::error_code error;
  fs::path above = fs::absolute(config_.directory, error).parent_path();
  if (!config_.directory.has_filename()) above = above.parent_path();  // of "evidence/"
  fs::create_directories(above, error);
  if (error) return std::unexpected(system_error("make " + above.string(), error.value()));
  if (auto made = make_folder(config_.directory, kFolderMode); !made) return made;
  for (std::size_t i = 0; i < kEvidenceClasses; ++i) {
    const auto kind = static_cast<EvidenceClass>(i);
    const fs::path folder = config_.directory / to_string(kind);
    const unsigned mode = kind == EvidenceClass::crash ? kCrashFolderMode : kFolderMode;
    if (auto made = make_folder(folder, mode); !made) return made;
    if (kind == EvidenceClass::crash && ::chmod(folder.c_str(), mode) != 0) {
      return std::unexpected(system_error("chmod " + folder.string(), errno));
    }
  }
  return {};
}

void EvidenceStore::find_folders() {
  for (std::size_t i = 0; i < kEvidenceClasses; ++i) {
    const auto kind = static_cast<EvidenceClass>(i);
    std::error_code error;
    for (fs::directory_iterator it(config_.directory / to_string(kind), error), end;
         !error && it != end; it.increment(error)) {
      std::error_code ignored;
      const std::string day = it->path().filename().string();
      if (!is_day(day) || !it->is_directory(ignored)) continue;
      Folder folder{it->path(), std::nullopt, 0, 0};
      if (auto writer = open_writer({kind, day})) {
        folder.writer.emplace(std::move(*writer));
      } else {
        folder.bytes_unknown = size_on_disk(it->path());
      }
      folders_.emplace(Name{kind, day}, std::move(folder));
    }
  }
}

Result<datasets::DatasetWriter> EvidenceStore::open_writer(const Name& name) {
  const auto& [kind, day] = name;
  const std::uint64_t quota = config_.quotas[static_cast<std::size_t>(kind)];
  const bool whole = kind == EvidenceClass::crash || config_.redaction == Redaction::none;
  // `mailed`: a replay judges mailing dates by the day on which the station did.
  const nlohmann::ordered_json maker{{"station", station_},
                                     {"evidence", to_string(kind)},
                                     {"redaction", whole ? "none" : "codes-only"},
                                     {"mailed", day.substr(0, 10)}};
  datasets::DatasetWriter::Options options;
  options.directory = config_.directory / to_string(kind) / day;
  options.shard_bytes = std::clamp(quota / 16, kLeastShardBytes, kMostShardBytes);
  options.manifest_json = maker.dump();
  options.file_mode = kind == EvidenceClass::crash ? kCrashFileMode : kFileMode;
  const unsigned mode = kind == EvidenceClass::crash ? kCrashFolderMode : kFolderMode;
  if (auto made = make_folder(options.directory, mode); !made) {
    return std::unexpected(made.error());
  }
  return datasets::DatasetWriter::append(std::move(options));
}

Result<EvidenceStore::Folder*> EvidenceStore::folder_of_day(EvidenceClass kind, UtcTime now) {
  const std::string day = format_date(utc_date(now));
  // The last one of the day, so that what is in it stays in the order in which it came.
  for (auto it = folders_.lower_bound({kind, day + "-9"}); it != folders_.begin();) {
    --it;
    if (it->first.first != kind || !it->first.second.starts_with(day)) break;
    if (it->second.writer) return &it->second;
  }
  Result<Folder*> none = fail(ErrorKind::io, "evidence of " + day + ": its folders are damaged");
  for (const char* const more : {"", "-2", "-3", "-4", "-5", "-6", "-7", "-8"}) {
    const Name name{kind, day + more};
    auto writer = open_writer(name);
    if (writer) {
      Folder folder{config_.directory / to_string(kind) / name.second, std::move(*writer), 0, 0};
      return &folders_.insert_or_assign(name, std::move(folder)).first->second;
    }
    none = std::unexpected(writer.error());
    // Only what is no dataset of ours is passed over; what fails for the disk's sake fails
    // anywhere.
    const ErrorKind why = writer.error().kind;
    if (why != ErrorKind::invalid && why != ErrorKind::limit && why != ErrorKind::refused) break;
  }
  return none;
}

Result<void> EvidenceStore::add(EvidenceClass kind, const std::vector<datasets::Sample>& samples,
                                UtcTime now) {
  auto folder = folder_of_day(kind, now);
  if (!folder) return std::unexpected(folder.error());
  datasets::DatasetWriter& writer = *(*folder)->writer;
  const std::int64_t hour = hour_of(now);
  const auto abandon = [&](const Error& error) -> Result<void> {
    (*folder)->bytes_unknown = 0;
    (*folder)->writer.reset();  // opened anew, and mended, with the next picture
    return std::unexpected(error);
  };
  if (writer.open_bytes() > 0 && (*folder)->hour != hour) {
    if (auto ended = writer.rotate(); !ended) return abandon(ended.error());
  }
  (*folder)->hour = hour;
  for (const datasets::Sample& sample : samples) {
    auto added = writer.add(sample);
    if (!added && added.error().kind != ErrorKind::invalid) return abandon(added.error());
    if (!added) return added;
  }
  return {};
}

Result<void> EvidenceStore::put(EvidenceClass kind, const std::vector<datasets::Sample>& samples,
                                UtcTime now) {
  const std::uint64_t bytes = size_of(samples);
  if (auto room = make_room(kind, bytes); !room) return room;
  auto added = add(kind, samples, now);
  if (!added && added.error().kind == ErrorKind::not_found) {
    // Somebody removed the folder, or moved it away to keep it: it is made anew.
    if (auto made = make_folders(); made) added = add(kind, samples, now);
  }
  tell_failure(added ? nullptr : &added.error());
  return added;
}

void EvidenceStore::tend(UtcTime now, bool clock_trusted) {
  for (auto& [name, folder] : folders_) {
    if (!folder.writer || folder.writer->open_bytes() == 0 || folder.hour == hour_of(now)) continue;
    if (!folder.writer->rotate()) folder.writer.reset();
  }
  if (clock_trusted) remove_old(now);
  (void)keep_floor(0);
}

void EvidenceStore::close() {
  for (auto& [name, folder] : folders_) {
    if (folder.writer) (void)folder.writer->rotate();
  }
}

std::array<std::uint64_t, kEvidenceClasses> EvidenceStore::bytes() const {
  std::array<std::uint64_t, kEvidenceClasses> sums{};
  for (const auto& [name, folder] : folders_) {
    sums[static_cast<std::size_t>(name.first)] += folder.bytes();
  }
  return sums;
}

void EvidenceStore::tell_failure(const Error* error) {
  if ((error != nullptr) == failure_alarm_) return;
  failure_alarm_ = error != nullptr;
  if (!alarms_) return;
  alarms_(
      {"evidence-failed", station_, failure_alarm_,
       failure_alarm_ ? "pictures cannot be kept: " + error->message : "pictures are kept again",
       "see that " + config_.directory.string() +
           " is there, has space, and may be written by the station"});
}

}  // namespace backstamp::station
