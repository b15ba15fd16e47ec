// Storage that fails on demand and forgets what was not synced when the power goes.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "base/file.h"
#include "uplink/storage.h"

namespace backstamp::uplink::test {

/// Writes to real files and remembers, for each, what a power cut would leave for sure. After
/// `fail_at` operations every further one fails. Thread-safe.
class FaultyStorage final : public Storage, public std::enable_shared_from_this<FaultyStorage> {
 public:
  enum class Fault { none, write, short_write, sync };

  explicit FaultyStorage(std::uint64_t seed) : random_(seed) {}

  /// The operation of this kind, counted from now, from which on everything fails.
  void fail_at(Fault fault, unsigned operations, ErrorKind kind = ErrorKind::io) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    remaining_ = operations;
    kind_ = kind;
  }

  /// The power goes: files get back what was synced, and by chance some of what was not. Nobody
  /// may write any more.
  void cut_power() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    for (auto& [path, file] : files_) {
      if (!file.entry_synced && random_() % 2 == 0) {
        std::filesystem::remove(path);
        continue;
      }
      (void)write_back(path, surviving(path, file));
    }
    files_.clear();
  }

  Result<std::unique_ptr<StorageFile>> open(const std::filesystem::path& path,
                                            bool create) override;
  Result<void> sync_directory(const std::filesystem::path& directory) override {
    const std::lock_guard lock(mutex_);
    if (failing(Fault::sync)) return failure("fsync of a folder");
    for (auto& [path, file] : files_)
      if (path.parent_path() == directory) file.entry_synced = true;
    return {};
  }
  Result<void> remove(const std::filesystem::path& path) override {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
    std::error_code error;
    std::filesystem::remove(path, error);
    return {};
  }

 private:
  friend class FaultyFile;
  struct Remembered {
    Bytes synced;              ///< what is on stable storage
    bool entry_synced = true;  ///< and under its name
  };

  bool failing(Fault fault) {
    if (failed_) return true;
    if (fault_ != fault || remaining_-- > 0) return false;
    return failed_ = true;
  }
  std::unexpected<Error> failure(const std::string& what) const {
    return backstamp::fail(kind_, what + " failed for this test");
  }
  /// The synced bytes, and behind them pages of the others as chance has it: there or zeros.
  Bytes surviving(const std::filesystem::path& path, const Remembered& file) {
    const Bytes current = read_file(path, 1u << 30).value_or(Bytes{});
    Bytes left = file.synced;
    if (current.size() <= left.size() || random_() % 3 == 0) return left;
    const std::size_t begin = left.size();
    const std::size_t end = begin + random_() % (current.size() - begin + 1);
    constexpr std::size_t kPage = 512;
    const bool holes = random_() % 2 == 0;
    bool keep = true;
    for (std::size_t at = begin; at < end; ++at) {
      if (at == begin || at % kPage == 0) keep = !holes || random_() % 2 == 0;
      left.push_back(keep ? current[at] : std::uint8_t{0});
    }
    return left;
  }
  static Result<void> write_back(const std::filesystem::path& path, const Bytes& bytes) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    return write_all(fd.get(), bytes);
  }

  std::mutex mutex_;
  std::mt19937_64 random_;
  std::map<std::filesystem::path, Remembered> files_;
  Fault fault_ = Fault::none;
  unsigned remaining_ = 0;
  bool failed_ = false;
  ErrorKind kind_ = ErrorKind::io;
};

class FaultyFile final : public StorageFile {
 public:
  FaultyFile(std::shared_ptr<FaultyStorage> owner, std::filesystem::path path,
             std::unique_ptr<StorageFile> real)
      : owner_(std::move(owner)), path_(std::move(path)), real_(std::move(real)) {}

  Result<std::size_t> write_some(std::uint64_t offset, ByteView bytes) override {
    const std::lock_guard lock(owner_->mutex_);
    if (owner_->failing(FaultyStorage::Fault::write)) return owner_->failure("write");
    // Short writes are nothing special: every other one is.
    const std::size_t part = owner_->random_() % 2 == 0 ? bytes.size() : (bytes.size() + 1) / 2;
    if (owner_->failing(FaultyStorage::Fault::short_write)) {
      (void)real_->write_some(offset, bytes.first(part / 2 + 1));
      return owner_->failure("write");
    }
    return real_->write_some(offset, bytes.first(part));
  }
  Result<void> sync() override {
    const std::lock_guard lock(owner_->mutex_);
    if (owner_->failing(FaultyStorage::Fault::sync)) return owner_->failure("sync");
    owner_->files_[path_].synced = read_file(path_, 1u << 30).value_or(Bytes{});
    return {};
  }
  Result<void> truncate(std::uint64_t size) override { return real_->truncate(size); }
  Result<void> reserve(std::uint64_t) override { return {}; }

 private:
  std::shared_ptr<FaultyStorage> owner_;
  std::filesystem::path path_;
  std::unique_ptr<StorageFile> real_;
};

inline Result<std::unique_ptr<StorageFile>> FaultyStorage::open(const std::filesystem::path& path,
                                                                bool create) {
  const std::lock_guard lock(mutex_);
  if (failed_) return failure("open");
  auto real = real_storage()->open(path, create);
  if (!real) return real;
  Remembered remembered;
  remembered.entry_synced = !create;
  if (!create) remembered.synced = read_file(path, 1u << 30).value_or(Bytes{});
  files_[path] = std::move(remembered);
  return std::make_unique<FaultyFile>(shared_from_this(), path, std::move(*real));
}

}  // namespace backstamp::uplink::test
