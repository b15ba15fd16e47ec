#include "datasets/shard/open_shard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/file_digest.h"
#include "datasets/shard/ustar.h"

namespace backstamp::datasets {
namespace {

/// Reads exactly `size` bytes; false at the end of the file.
Result<bool> read_exactly(int fd, std::uint64_t offset, std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::pread(fd, out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read", errno));
    if (got == 0) return false;
    out += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

/// Collects members as long as they make sense.
class Scan {
 public:
  Scan(int fd, std::uint64_t file_bytes) : fd_(fd), file_bytes_(file_bytes) {}

  Result<OpenShard> run() {
    while (true) {
      auto went = step();
      if (!went) return std::unexpected(went.error());
      if (!*went) break;
    }
    if (!sealed_) keep_proven();
    found_.whole_bytes = end_of_members();
    return std::move(found_);
  }

 private:
  /// Takes the next member; false where there is none to take.
  Result<bool> step() {
    std::array<std::uint8_t, kTarBlock> block{};
    auto there = read_exactly(fd_, at_, block.data(), block.size());
    if (!there || !*there) return there;
    if (std::ranges::all_of(block, [](std::uint8_t byte) { return byte == 0; })) {
      sealed_ = true;
      return false;
    }
    const auto header = parse_ustar(block.data());
    if (!header || !ustar_checksum_agrees(block.data())) return false;
    auto name = parse_member_name(header->name);
    if (!name || header->size_bytes > limits::kImageFileBytes) return false;
    if (name->key != key_) proven_ = found_.index.samples();
    const std::uint64_t next = at_ + kTarBlock + padded_bytes(header->size_bytes);
    if (next > file_bytes_ || found_.index.members.size() == kMembersPerShard) return false;
    if (name->key != key_) names_.clear();
    if (names_.size() == kPartsPerSample || !names_.insert(header->name).second) return false;
    key_ = name->key;
    append_member(found_.index, {at_ + kTarBlock, header->size_bytes, 0, header->name, key_});
    at_ = next;
    return true;
  }

  /// Nothing says that the last sample has all its members, unless another one begins behind it.
  void keep_proven() {
    ShardIndex& index = found_.index;
    if (index.samples() <= proven_) return;
    index.members.resize(index.first_members[static_cast<std::size_t>(proven_)]);
    index.first_members.resize(static_cast<std::size_t>(proven_));
  }

  std::uint64_t end_of_members() const {
    if (found_.index.members.empty()) return 0;
    const IndexEntry& last = found_.index.members.back();
    return last.offset_bytes + padded_bytes(last.size_bytes);
  }

  int fd_;
  std::uint64_t file_bytes_;
  std::uint64_t at_ = 0;
  bool sealed_ = false;
  std::uint64_t proven_ = 0;  // samples that are known to be whole
  std::string key_;
  std::set<std::string> names_;  // of the sample that is being collected
  OpenShard found_;
};

Result<OpenShard> scan(int fd, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return std::unexpected(system_error("stat " + path.string(), errno));
  }
  if (!S_ISREG(status.st_mode)) return OpenShard{};  // nothing of ours
  const auto file_bytes = static_cast<std::uint64_t>(std::max<off_t>(0, status.st_size));
  auto found = Scan(fd, std::min(file_bytes, limits::kShardBytes)).run();
  if (!found) return fail(path.string(), found.error());
  return found;
}

/// What the writer would have noted, had it come to that.
Result<void> add_crcs(int fd, ShardIndex& index) {
  Bytes content;
  for (IndexEntry& entry : index.members) {
    content.resize(static_cast<std::size_t>(entry.size_bytes));
    auto there = read_exactly(fd, entry.offset_bytes, content.data(), content.size());
    if (!there) return std::unexpected(there.error());
    if (!*there) return fail(ErrorKind::io, entry.name + ": became shorter");
    entry.crc = crc32c(content);
  }
  return {};
}

/// The end is written before what is torn is cut, so that the last sample is whole at every moment.
Result<void> end_and_cut(int fd, std::uint64_t bytes, const std::filesystem::path& path) {
  constexpr std::array<std::uint8_t, 2 * kTarBlock> kEnd{};
  if (::lseek(fd, static_cast<off_t>(bytes), SEEK_SET) < 0) {
    return std::unexpected(system_error("seek " + path.string(), errno));
  }
  if (auto ended = write_all(fd, kEnd); !ended) return fail(path.string(), ended.error());
  if (::ftruncate(fd, static_cast<off_t>(bytes + kEnd.size())) != 0) {
    return std::unexpected(system_error("cut " + path.string(), errno));
  }
  if (::fsync(fd) != 0) return std::unexpected(system_error("fsync " + path.string(), errno));
  return {};
}

}  // namespace

Result<OpenShard> scan_open_shard(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("open " + path.string(), errno));
  return scan(fd.get(), path);
}

Result<std::optional<ManifestShard>> recover_shard(const std::filesystem::path& path,
                                                   unsigned mode) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("open " + path.string(), errno));
  auto found = scan(fd.get(), path);
  if (!found) return std::unexpected(found.error());
  if (found->index.members.empty()) {
    if (::unlink(path.c_str()) != 0) {
      return std::unexpected(system_error("remove " + path.string(), errno));
    }
    return std::optional<ManifestShard>();
  }
  if (auto read = add_crcs(fd.get(), found->index); !read) {
    return fail(path.string(), read.error());
  }
  if (auto cut = end_and_cut(fd.get(), found->whole_bytes, path); !cut) {
    return std::unexpected(cut.error());
  }
  const std::string file = path.filename().string();
  auto saved = write_file_durably(path.parent_path() / index_file(file),
                                  as_bytes(print_index(found->index)), mode);
  if (!saved) return std::unexpected(saved.error());
  auto digest = file_digest(path);
  if (!digest) return std::unexpected(digest.error());
  return ManifestShard{file, found->whole_bytes + 2 * kTarBlock, found->index.samples(),
                       std::move(*digest)};
}

}  // namespace backstamp::datasets
