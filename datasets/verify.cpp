#include <algorithm>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/limits.h"
#include "datasets/inspect.h"
#include "datasets/shard/file_digest.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/sample_stream.h"
#include "datasets/shard/tar_stream.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kFaults = 1000;

Result<Manifest> load_manifest(const std::filesystem::path& folder) {
  auto text = read_file(folder / "manifest.json", limits::kManifestBytes);
  if (!text) return fail("no complete dataset in " + folder.string(), text.error());
  auto manifest = parse_manifest(as_text(*text));
  if (!manifest) return fail((folder / "manifest.json").string(), manifest.error());
  return manifest;
}

class Inspection {
 public:
  Inspection(std::filesystem::path folder, const Progress& progress, std::uint64_t total)
      : folder_(std::move(folder)), progress_(progress), total_(total) {}

  void check(const ManifestShard& shard) {
    const std::filesystem::path path = folder_ / shard.file;
    auto index = load_index(folder_ / index_file(shard.file));
    if (!index) note(index.error().message);
    std::error_code error;
    const std::uint64_t bytes = std::filesystem::file_size(path, error);
    if (error) return note(path.string() + ": " + error.message());
    if (bytes != shard.bytes) note(path.string() + ": not of the size in the manifest");
    auto digest = file_digest(path);
    if (!digest) return note(digest.error().message);
    if (*digest != shard.sha256) note(path.string() + ": SHA-256 is not that of the manifest");
    if (!index) return;
    if (index->samples() != shard.samples) {
      note(path.string() + ": the index has another number of samples than the manifest");
    }
    walk(path, *index);
    read_by_index(shard, index->samples());
  }

  /// The shard that is being written has no checksums yet; what is whole of it is counted.
  void count_unfinished(const ShardList& list) {
    if (!list.unfinished) return;
    found_.samples += list.unfinished->index.samples();
    found_.members += list.unfinished->index.members.size();
  }

  Verification take() { return std::move(found_); }

 private:
  void note(std::string fault) {
    if (found_.faults.size() < kFaults) found_.faults.push_back(std::move(fault));
  }

  /// The tar from front to back must hold the members of the index, in order.
  void walk(const std::filesystem::path& path, const ShardIndex& index) {
    auto tar = TarStream::open(path);
    if (!tar) return note(tar.error().message);
    std::size_t at = 0;
    while (true) {
      auto header = tar->next();
      if (!header) return note(header.error().message);
      if (!*header) break;
      const std::string where = path.string() + ": " + (*header)->name;
      if (!(*header)->parsed) return note(where + ": " + (*header)->parsed.error().message);
      if (at == index.members.size() || index.members[at].name != (*header)->name) {
        return note(where + ": is not what the index says comes here");
      }
      auto content = tar->content();
      if (!content) return note(content.error().message);
      if (crc32c(*content) != index.members[at].crc) note(where + ": CRC-32C does not agree");
      ++at;
    }
    if (at != index.members.size()) {
      note(path.string() + ": " + index.members[at].name + ": is in the index and not in the tar");
    }
  }

  /// And reading by the index must find the same.
  void read_by_index(const ManifestShard& shard, std::uint64_t samples) {
    auto stream = open_shards(folder_, {{shard}, false, std::nullopt});
    for (std::uint64_t i = 0; i < samples; ++i) {
      auto sample = stream->next();
      if (!sample) {
        if (std::ranges::find(found_.faults, sample.error().message) == found_.faults.end()) {
          note(sample.error().message);
        }
        if (stream->damaged_key().empty()) return;
      } else if (*sample) {
        ++found_.samples;
        found_.members += (*sample)->parts.size();
      }
      if (progress_ && ++done_ % 256 == 0) progress_(done_, total_);
    }
  }

  std::filesystem::path folder_;
  const Progress& progress_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  Verification found_;
};

}  // namespace

Result<DatasetSummary> summarise_dataset(const std::filesystem::path& folder) {
  auto manifest = load_manifest(folder);
  if (!manifest) return std::unexpected(manifest.error());
  DatasetSummary summary;
  summary.maker_json = manifest->maker_json;
  for (const ManifestShard& shard : list_shards(folder, *manifest).shards) {
    summary.samples += shard.samples;
    summary.bytes += shard.bytes;
    summary.shards.push_back(shard.file);
  }
  return summary;
}

Result<Verification> verify_dataset(const std::filesystem::path& folder, const Progress& progress) {
  auto manifest = load_manifest(folder);
  if (!manifest) return std::unexpected(manifest.error());
  Inspection inspection(folder, progress, manifest->samples);
  for (const ManifestShard& shard : manifest->shards) {
    std::error_code ignored;
    // Of a dataset that is still written to, the oldest may have gone since the manifest was read.
    if (manifest->open_shard && !std::filesystem::exists(folder / shard.file, ignored)) continue;
    inspection.check(shard);
  }
  if (manifest->open_shard) inspection.count_unfinished(list_shards(folder, *manifest));
  return inspection.take();
}

}  // namespace backstamp::datasets
