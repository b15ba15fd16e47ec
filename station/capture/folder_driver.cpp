#include "station/capture/folder_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/limits.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t kMostNames = 1024;      ///< known and not yet taken; the rest is found later
constexpr std::size_t kMostEntries = 20'000;  ///< of a folder, looked at in one go
constexpr auto kAtRest = 2s;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

bool wanted(const std::string& name) {
  return !name.empty() && name.front() != '.' && !name.ends_with(".part") &&
         !name.ends_with(".tmp") && !name.ends_with('~');
}

/// A stranger's file name, for messages.
std::string shown(const std::string& name) {
  constexpr std::size_t kLongest = 128;
  std::string out = name.substr(0, kLongest);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7F) c = '?';
  }
  return out;
}

class FolderDriver final : public Driver {
 public:
  static Result<std::unique_ptr<Driver>> open(const fs::path& folder);

  const Identity& identity() const override { return identity_; }
  Result<void> set_feature(const std::string& name, const std::string&) override {
    return fail(ErrorKind::refused, "a folder has no feature " + name);
  }
  Result<std::optional<std::string>> feature(const std::string&) override { return std::nullopt; }
  Result<Geometry> geometry() override { return Geometry{0, 0, "file", true, "", 0}; }
  Result<void> start() override {
    rescan_ = true;
    return {};
  }
  Result<std::optional<DriverFrame>> next(milliseconds wait) override;
  StreamCounters counters() const override { return {}; }

 private:
  explicit FolderDriver(fs::path folder) : folder_(std::move(folder)) {}
  Result<void> read_events(milliseconds wait);
  void scan();
  void scan_taken();
  Result<std::optional<DriverFrame>> take(const std::string& name);
  void prune();

  const fs::path folder_;
  const fs::path taken_ = folder_ / "taken";
  Identity identity_{"", "folder", ""};
  UniqueFd watch_;
  std::deque<std::string> names_;  ///< to be taken
  bool rescan_ = false;
  SteadyTime scan_at_{};          ///< when files that were fresh may be at rest
  std::deque<std::string> kept_;  ///< in "taken", the oldest first
  std::uint64_t number_ = 0;
};

Result<std::unique_ptr<Driver>> FolderDriver::open(const fs::path& folder) {
  std::unique_ptr<FolderDriver> driver(new FolderDriver(folder));
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(ErrorKind::not_found, folder.string() + ": no such folder");
  }
  fs::create_directory(driver->taken_, error);
  if (!fs::is_directory(fs::symlink_status(driver->taken_, error))) {
    return fail(ErrorKind::unavailable, driver->taken_.string() + ": must be a folder");
  }
  if (::access(driver->taken_.c_str(), W_OK | X_OK) != 0 ||
      ::access(folder.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorKind::unavailable,
                folder.string() + ": files cannot be moved out of it: it must be writable");
  }
  driver->watch_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  constexpr std::uint32_t kEvents =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_ONLYDIR;
  if (!driver->watch_ || ::inotify_add_watch(driver->watch_.get(), folder.c_str(), kEvents) < 0) {
    return fail(ErrorKind::unavailable, system_error(folder.string(), errno).message);
  }
  driver->scan_taken();
  return driver;
}

/// Notes the names of files that were finished.
Result<void> FolderDriver::read_events(milliseconds wait) {
  pollfd ready{watch_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return {};
  alignas(inotify_event) std::array<char, 16 << 10> bytes{};
  const ssize_t got = ::read(watch_.get(), bytes.data(), bytes.size());
  if (got <= 0) return {};
  for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
    const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
      return fail(ErrorKind::unavailable, folder_.string() + ": the folder has gone");
    }
    if ((event->mask & IN_Q_OVERFLOW) != 0) rescan_ = true;
    if ((event->mask & IN_ISDIR) != 0 || event->len == 0) continue;
    const std::string name = event->name;
    if (!wanted(name)) continue;
    if (names_.size() < kMostNames) {
      names_.push_back(name);
    } else {
      rescan_ = true;
    }
  }
  return {};
}

/// What lies there and is at rest; what is fresh is looked at again when it may be.
void FolderDriver::scan() {
  rescan_ = false;
  scan_at_ = {};
  std::error_code error;
  const auto file_now = fs::file_time_type::clock::now();
  std::size_t seen = 0;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (names_.size() >= kMostNames) {
      rescan_ = true;
      break;
    }
    if (++seen > kMostEntries) {
      scan_at_ = now() + kAtRest;
      break;
    }
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (!wanted(name) || !fs::is_regular_file(entry->symlink_status(ignored))) continue;
    const auto changed = entry->last_write_time(ignored);
    if (!ignored && file_now - changed < kAtRest && changed <= file_now) {
      scan_at_ = now() + kAtRest;
    } else {
      names_.push_back(name);
    }
  }
  std::ranges::sort(names_);
  const auto twice = std::ranges::unique(names_);
  names_.erase(twice.begin(), twice.end());
}

/// The files that were taken before, so that they do not pile up.
void FolderDriver::scan_taken() {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator entry(taken_, error), end;
       !error && entry != end && found.size() < kMostEntries; entry.increment(error)) {
    std::error_code ignored;
    found.emplace_back(entry->last_write_time(ignored), entry->path().filename().string());
  }
  std::ranges::sort(found);
  for (auto& entry : found) kept_.push_back(std::move(entry.second));
  prune();
}

void FolderDriver::prune() {
  for (; kept_.size() > kTakenKept; kept_.pop_front()) {
    std::error_code ignored;
    fs::remove(taken_ / kept_.front(), ignored);
  }
}

/// Moves the file out of the way, then reads it. None: it is no file, or gone.
Result<std::optional<DriverFrame>> FolderDriver::take(const std::string& name) {
  const fs::path from = folder_ / name;
  struct stat status {};
  if (::lstat(from.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const fs::path to = taken_ / name;
  if (::rename(from.c_str(), to.c_str()) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail(ErrorKind::unavailable, system_error("moving " + shown(name), errno).message);
  }
  kept_.push_back(name);
  prune();
  if (::lstat(to.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  DriverFrame frame;
  frame.number = ++number_;
  frame.name = shown(name);
  auto bytes = read_file(to, limits::kImageFileBytes);
  frame.arrived = now();
  if (bytes && !bytes->empty()) {
    frame.file = std::move(*bytes);
  } else {
    frame.state = FrameState::damaged;
    frame.fault =
        frame.name +
        (bytes ? " is empty" : " cannot be read: " + std::string(to_string(bytes.error().kind)));
  }
  return frame;
}

Result<std::optional<DriverFrame>> FolderDriver::next(milliseconds wait) {
  const SteadyTime until = now() + std::min(wait, 250ms);
  while (true) {
    if (!names_.empty()) {
      const std::string name = std::move(names_.front());
      names_.pop_front();
      auto frame = take(name);
      if (!frame || *frame) return frame;
      continue;
    }
    if (rescan_ || (scan_at_ != SteadyTime{} && now() >= scan_at_)) {
      scan();
      if (!names_.empty()) continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - now());
    if (auto read = read_events(std::max(left, 0ms)); !read) return std::unexpected(read.error());
    if (names_.empty() && now() >= until) return std::nullopt;
  }
}

}  // namespace

OpenDriver folder_opener(std::filesystem::path folder) {
  return [folder = std::move(folder)] { return FolderDriver::open(folder); };
}

}  // namespace backstamp::station::capture
