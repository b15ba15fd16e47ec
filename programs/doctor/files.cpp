#include "programs/doctor/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/file.h"

namespace backstamp::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLittleSpace = 4ull << 30;
constexpr std::uint64_t kNoSpace = 256ull << 20;
constexpr int kSyncs = 20;
constexpr double kSlowSync_ms = 10;
constexpr double kTooSlowSync_ms = 100;

std::string mode_text(unsigned mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode & 07777u);
  return text;
}

std::string gigabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text;
}

std::string milliseconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", value);
  return text;
}

/// The nearest folder above that is there.
fs::path existing_above(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path, ignored);
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

/// A file of our own in the folder, gone when this is.
class Probe {
 public:
  explicit Probe(const fs::path& folder) : path_((folder / ".doctor-XXXXXX").string()) {
    fd_.reset(::mkostemp(path_.data(), O_CLOEXEC));
    error_ = fd_ ? 0 : errno;
  }
  ~Probe() {
    if (fd_) ::unlink(path_.c_str());
  }
  int fd() const { return fd_.get(); }
  int error() const { return error_; }

 private:
  std::string path_;
  UniqueFd fd_;
  int error_ = 0;
};

}  // namespace

void check_secret(Findings& findings, const fs::path& path) {
  const std::string name = path.string();
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) {
    return findings.fault("secret", name, std::strerror(errno),
                          "make it, or name the right file in the configuration");
  }
  if (!S_ISREG(status.st_mode)) {
    return findings.fault("secret", name, "is no file", "name the right file in the configuration");
  }
  if ((status.st_mode & 077) != 0) {
    return findings.fault("secret-mode", name,
                          "mode " + mode_text(status.st_mode) + ": others may read or change it",
                          "chmod 600 " + name + "; if others could read it, make a new key");
  }
  if (::access(name.c_str(), R_OK) != 0) {
    return findings.fault("secret", name, std::string("cannot be read: ") + std::strerror(errno),
                          "give it to the user that the service runs as: chown backstamp " + name);
  }
  findings.ok("secret", name, "mode " + mode_text(status.st_mode));
}

bool check_folder(Findings& findings, const char* check, const fs::path& folder) {
  const std::string name = folder.string();
  std::error_code error;
  if (!fs::exists(folder, error)) {
    const fs::path above = existing_above(folder);
    if (::access(above.c_str(), W_OK | X_OK) != 0) {
      findings.fault(check, name, "is not there, and cannot be made in " + above.string(),
                     "make it for the user that the service runs as: install -d -o backstamp -m "
                     "750 " +
                         name);
    } else {
      findings.ok(check, name, "is not there yet; it can be made");
    }
    return false;
  }
  if (!fs::is_directory(folder, error)) {
    findings.fault(check, name, "is no folder", "name another one in the configuration");
    return false;
  }
  const Probe probe(folder);
  if (probe.error() != 0) {
    findings.fault(
        check, name, std::string("cannot be written: ") + std::strerror(probe.error()),
        probe.error() == EROFS ? "mount it for writing; look at the disk's health"
        : probe.error() == ENOSPC
            ? "free space on this disk"
            : "give it to the user that the service runs as: chown -R backstamp " + name);
    return false;
  }
  findings.ok(check, name, "can be written");
  return true;
}

void check_space(Findings& findings, const fs::path& folder) {
  const fs::path there = existing_above(folder);
  struct statvfs status {};
  if (::statvfs(there.c_str(), &status) != 0) return;
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  const std::string found = gigabytes(free) + " free";
  const char* remedy =
      "72 hours of a full lane are about 1 GB of events: free space, or move the "
      "journal to a larger disk";
  if (free < kNoSpace) return findings.fault("disk-space", folder.string(), found, remedy);
  if (free < kLittleSpace) return findings.warning("disk-space", folder.string(), found, remedy);
  findings.ok("disk-space", folder.string(), found);
}

void check_sync(Findings& findings, const fs::path& folder) {
  const Probe probe(folder);
  if (probe.error() != 0) return;  // check_folder says so
  std::vector<double> times;
  const std::vector<std::uint8_t> block(4096, 0x5A);
  for (int i = 0; i < kSyncs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!write_all(probe.fd(), block) || ::fdatasync(probe.fd()) != 0) {
      return findings.fault("disk-sync", folder.string(), std::strerror(errno),
                            "look at the disk's health and its free space");
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    times.push_back(took.count());
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  const std::string found = "a commit takes " + milliseconds(median) + " (median of " +
                            std::to_string(kSyncs) + "), " + milliseconds(times.back()) +
                            " at the most";
  const char* remedy = "another disk for the journal: an SSD with power-loss protection";
  if (median > kTooSlowSync_ms) return findings.fault("disk-sync", folder.string(), found, remedy);
  if (median > kSlowSync_ms || times.back() > kTooSlowSync_ms) {
    return findings.warning("disk-sync", folder.string(), found, remedy);
  }
  findings.ok("disk-sync", folder.string(), found);
}

std::optional<int> lock_holder(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;  // let go by closing
  // /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF", major and minor in hexadecimal
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(status.st_dev), minor(status.st_dev),
                static_cast<unsigned long long>(status.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string number, kind, advisory, mode, pid, file, rest;
       locks >> number >> kind >> advisory >> mode >> pid >> file && std::getline(locks, rest);) {
    if (file == wanted) return std::atoi(pid.c_str());
  }
  return 0;
}

std::string describe_process(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::string name;  // the whole name: the kernel's own ends after fifteen letters
  std::getline(std::ifstream(folder + "/cmdline"), name, '\0');
  name = fs::path(name).filename().string();
  if (name.empty()) std::getline(std::ifstream(folder + "/comm"), name);
  if (pid <= 0 || name.empty()) return "another process";
  return name + " (" + std::to_string(pid) + ")";
}

}  // namespace backstamp::doctor
