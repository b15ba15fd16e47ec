// Random access: members are read with pread where the index says, and checked against it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/sample_stream.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kTarBlock = 512;

Result<void> read_at(int fd, std::uint64_t offset, std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::pread(fd, out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(system_error("read", errno));
    if (got == 0) return fail(ErrorKind::invalid, "cut off");
    out += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

/// Does the ustar header block name this member, of this size, as a regular file (POSIX.1-1988)?
bool header_agrees(const std::uint8_t* block, const IndexEntry& entry) {
  const auto* const text = reinterpret_cast<const char*>(block);
  const std::string_view name(text, ::strnlen(text, 100));
  std::uint64_t size = 0;
  for (int i = 124; i < 135; ++i) {
    if (text[i] < '0' || text[i] > '7') return false;
    size = size * 8 + static_cast<std::uint64_t>(text[i] - '0');
  }
  const bool regular = text[156] == '0' || text[156] == '\0';
  return name == entry.name && size == entry.size_bytes && regular;
}

/// Header block and content in one read; the header is cut off afterwards.
Result<Bytes> read_member(int fd, const IndexEntry& entry) {
  Bytes bytes(kTarBlock + static_cast<std::size_t>(entry.size_bytes));
  auto done = read_at(fd, entry.offset_bytes - kTarBlock, bytes.data(), bytes.size());
  if (!done) return std::unexpected(done.error());
  if (!header_agrees(bytes.data(), entry)) {
    return fail(ErrorKind::invalid, "the tar header is not that of the index");
  }
  bytes.erase(bytes.begin(), bytes.begin() + kTarBlock);
  if (crc32c(bytes) != entry.crc) return fail(ErrorKind::invalid, "CRC-32C does not agree");
  return bytes;
}

class IndexedStream final : public SampleStream {
 public:
  IndexedStream(std::filesystem::path folder, std::vector<ManifestShard> shards)
      : folder_(std::move(folder)), shards_(std::move(shards)) {}

  Result<std::optional<Sample>> next() override {
    damaged_key_.clear();
    while (shard_ < shards_.size()) {
      if (sample_ >= shards_[shard_].samples) {
        close_shard();
        continue;
      }
      if (!fd_) {
        if (auto opened = open_shard(); !opened) {
          close_shard();
          return std::unexpected(opened.error());
        }
      }
      auto sample = read_sample(sample_++);
      if (!sample) return std::unexpected(sample.error());
      return std::optional(std::move(*sample));
    }
    return std::optional<Sample>();
  }

  Result<void> skip(std::uint64_t samples) override {
    while (samples > 0 && shard_ < shards_.size()) {
      const std::uint64_t left = shards_[shard_].samples - sample_;
      if (samples < left) {
        sample_ += samples;
        return {};
      }
      samples -= left;
      close_shard();
    }
    return {};
  }

 private:
  std::filesystem::path tar_path() const { return folder_ / shards_[shard_].file; }

  void close_shard() {
    fd_.reset();
    index_ = {};
    sample_ = 0;
    ++shard_;
  }

  Result<void> open_shard() {
    const ManifestShard& shard = shards_[shard_];
    auto index = load_index(folder_ / index_file(shard.file));
    if (!index) return std::unexpected(index.error());
    UniqueFd fd(::open(tar_path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error("open " + tar_path().string(), errno));
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) {
      return std::unexpected(system_error("stat " + tar_path().string(), errno));
    }
    if (static_cast<std::uint64_t>(status.st_size) != shard.bytes) {
      return fail(ErrorKind::invalid, tar_path().string() + ": " + std::to_string(status.st_size) +
                                          " bytes, the manifest says " +
                                          std::to_string(shard.bytes));
    }
    if (index->samples() != shard.samples) {
      return fail(ErrorKind::invalid, tar_path().string() +
                                          ": the index has another number of samples than the "
                                          "manifest");
    }
    fd_ = std::move(fd);
    index_ = std::move(*index);
    return {};
  }

  Result<Sample> read_sample(std::uint64_t number) {
    const auto [first, last] = index_.range(number);
    Sample sample{index_.members[first].key, {}};
    for (std::size_t i = first; i < last; ++i) {
      const IndexEntry& entry = index_.members[i];
      auto content = read_member(fd_.get(), entry);
      if (!content) {
        damaged_key_ = sample.key;
        return fail(tar_path().string() + ": " + entry.name, content.error());
      }
      const auto name = parse_member_name(entry.name);
      sample.parts.emplace(name->extension, std::move(*content));
    }
    return sample;
  }

  std::filesystem::path folder_;
  std::vector<ManifestShard> shards_;
  std::size_t shard_ = 0;
  std::uint64_t sample_ = 0;  // within the shard
  UniqueFd fd_;
  ShardIndex index_;
};

}  // namespace

Result<ShardIndex> load_index(const std::filesystem::path& path) {
  auto text = read_file(path, kIndexBytes);
  if (!text) return std::unexpected(text.error());
  auto index = parse_index(as_text(*text));
  if (!index) return fail(path.string(), index.error());
  return index;
}

std::unique_ptr<SampleStream> open_shards(std::filesystem::path folder,
                                          std::vector<ManifestShard> shards) {
  return std::make_unique<IndexedStream>(std::move(folder), std::move(shards));
}

}  // namespace backstamp::datasets
