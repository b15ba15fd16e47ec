#include "datasets/shard/growing.h"

#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "datasets/dataset.h"
#include "datasets/shard/open_shard.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kFilesLookedAt = 4 * kShards;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Result<Manifest> load(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "manifest.json";
  auto text = read_file(path, limits::kManifestBytes);
  if (!text) return std::unexpected(text.error());
  auto manifest = parse_manifest(as_text(*text));
  if (!manifest) return fail(path.string(), manifest.error());
  if (!manifest->open_shard) {
    return fail(ErrorKind::refused, folder.string() + ": holds a finished dataset");
  }
  return manifest;
}

/// Drops from the list what was removed from the folder. True when that was any.
bool forget_missing(const std::filesystem::path& folder, Manifest& manifest) {
  const auto gone = std::erase_if(manifest.shards, [&](const ManifestShard& shard) {
    if (is_there(folder / shard.file)) return false;
    manifest.samples -= shard.samples;
    return true;
  });
  return gone > 0;
}

/// Removes what a crash left between two steps: files of shards that are not listed, and files
/// that were to take another's place.
void sweep(const std::filesystem::path& folder, const Manifest& manifest) {
  std::unordered_set<std::string> listed{shard_file(*manifest.open_shard)};
  for (const ManifestShard& shard : manifest.shards) {
    listed.insert({shard.file, index_file(shard.file)});
  }
  std::vector<std::filesystem::path> rests;
  std::error_code error;
  std::size_t looked_at = 0;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (++looked_at > kFilesLookedAt) break;
    const std::string name = it->path().filename().string();
    const bool ours = name.starts_with("shard-") || name.starts_with("manifest.json.new-");
    if (ours && !listed.contains(name)) rests.push_back(it->path());
  }
  for (const auto& rest : rests) std::filesystem::remove(rest, error);
}

}  // namespace

Result<void> save_manifest(const std::filesystem::path& folder, const Manifest& manifest,
                           unsigned mode) {
  auto text = print_manifest(manifest);
  if (!text) return fail(folder.string(), text.error());
  return write_file_durably(folder / "manifest.json", as_bytes(*text), mode);
}

Result<void> remove_shard(const std::filesystem::path& folder, const std::string& file) {
  for (const std::string& name : {file, index_file(file)}) {
    std::error_code error;
    std::filesystem::remove(folder / name, error);
    if (error)
      return std::unexpected(system_error("remove " + (folder / name).string(), error.value()));
  }
  return {};
}

Result<Manifest> recover_growing(const std::filesystem::path& folder, const std::string& maker_json,
                                 unsigned mode) {
  Manifest manifest;
  manifest.maker_json = maker_json;
  manifest.open_shard = 0;
  const bool begun = holds_dataset(folder);
  if (begun) {
    auto loaded = load(folder);
    if (!loaded) return loaded;
    manifest = std::move(*loaded);
  }
  bool changed = !begun || forget_missing(folder, manifest);
  sweep(folder, manifest);
  const std::filesystem::path open = folder / shard_file(*manifest.open_shard);
  if (is_there(open)) {
    auto recovered = recover_shard(open, mode);
    if (!recovered) return std::unexpected(recovered.error());
    if (*recovered) {
      manifest.samples += (*recovered)->samples;
      manifest.shards.push_back(std::move(**recovered));
      ++*manifest.open_shard;
      changed = true;
    }
  }
  if (changed) {
    if (auto saved = save_manifest(folder, manifest, mode); !saved) {
      return std::unexpected(saved.error());
    }
  }
  return manifest;
}

}  // namespace backstamp::datasets
