// Random access: members are read with pread where the index says, and checked against it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/sample_stream.h"
#include "datasets/shard/ustar.h"

namespace backstamp::datasets {
namespace {

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

/// Does the header block name this member, of this size, as a regular file?
bool header_agrees(const std::uint8_t* block, const IndexEntry& entry) {
  const auto header = parse_ustar(block);
  return header && header->name == entry.name && header->size_bytes == entry.size_bytes;
}

/// Header block and content in one read; the header is cut off afterwards.
Result<Bytes> read_member(int fd, const IndexEntry& entry, bool crc_known) {
  Bytes bytes(kTarBlock + static_cast<std::size_t>(entry.size_bytes));
  auto done = read_at(fd, entry.offset_bytes - kTarBlock, bytes.data(), bytes.size());
  if (!done) return std::unexpected(done.error());
  if (!header_agrees(bytes.data(), entry)) {
    return fail(ErrorKind::invalid, "the tar header is not that of the index");
  }
  bytes.erase(bytes.begin(), bytes.begin() + kTarBlock);
  if (crc_known && crc32c(bytes) != entry.crc)
    return fail(ErrorKind::invalid, "CRC-32C does not agree");
  return bytes;
}

class IndexedStream final : public SampleStream {
 public:
  IndexedStream(std::filesystem::path folder, ShardList list)
      : folder_(std::move(folder)),
        shards_(std::move(list.shards)),
        growing_(list.growing),
        unfinished_(std::move(list.unfinished)) {}

  Result<std::optional<Sample>> next() override {
    damaged_key_.clear();
    while (shard_ < shards_.size()) {
      if (sample_ >= shards_[shard_].samples) {
        close_shard();
        continue;
      }
      if (!fd_) {
        if (auto opened = open_shard(); !opened) {
          const bool gone = growing_ && opened.error().kind == ErrorKind::not_found;
          close_shard();
          if (gone) continue;  // its time had come while the others were read
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

  bool at_unfinished() const { return unfinished_ && shard_ + 1 == shards_.size(); }

  Result<void> open_shard() {
    const ManifestShard& shard = shards_[shard_];
    auto index = at_unfinished() ? Result<ShardIndex>(std::move(unfinished_->index))
                                 : load_index(folder_ / index_file(shard.file));
    if (!index) return std::unexpected(index.error());
    UniqueFd fd(::open(tar_path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error("open " + tar_path().string(), errno));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) {
      return std::unexpected(system_error("stat " + tar_path().string(), errno));
    }
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (at_unfinished() ? bytes < shard.bytes : bytes != shard.bytes) {
      return fail(ErrorKind::invalid, tar_path().string() + ": " + std::to_string(bytes) +
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
      auto content = read_member(fd_.get(), entry, !at_unfinished());
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
  bool growing_;
  std::optional<OpenShard> unfinished_;  // the last of shards_, read as far as it is whole
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

ShardList list_shards(const std::filesystem::path& folder, const Manifest& manifest) {
  ShardList list{manifest.shards, manifest.open_shard.has_value(), std::nullopt};
  if (!list.growing) return list;
  const std::string file = shard_file(*manifest.open_shard);
  auto found = scan_open_shard(folder / file);
  if (!found || found->index.members.empty()) return list;
  list.shards.push_back({file, found->whole_bytes, found->index.samples(), ""});
  list.unfinished = std::move(*found);
  return list;
}

std::unique_ptr<SampleStream> open_shards(std::filesystem::path folder, ShardList list) {
  return std::make_unique<IndexedStream>(std::move(folder), std::move(list));
}

}  // namespace backstamp::datasets
