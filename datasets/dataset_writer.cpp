#include <unordered_set>

#include "base/file.h"
#include "base/limits.h"
#include "datasets/dataset.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/name.h"
#include "datasets/shard/tar_writer.h"

namespace backstamp::datasets {

struct DatasetWriter::Impl {
  Options options;
  Manifest manifest;
  std::optional<TarWriter> shard;
  std::unordered_set<std::string> keys;

  Result<void> end_shard() {
    if (!shard) return {};
    auto done = shard->finish();
    if (!done) return std::unexpected(done.error());
    shard.reset();
    manifest.samples += done->samples;
    manifest.shards.push_back(std::move(*done));
    return {};
  }

  Result<void> begin_shard() {
    if (manifest.shards.size() == kShards) {
      return fail(ErrorKind::limit, options.directory.string() + ": too many shards");
    }
    auto writer = TarWriter::create(options.directory / shard_file(manifest.shards.size()));
    if (!writer) return std::unexpected(writer.error());
    shard.emplace(std::move(*writer));
    return {};
  }

  Result<void> check(const Sample& sample) const {
    const std::string where = options.directory.string() + ": sample \"" + sample.key + "\"";
    if (!valid_key(sample.key)) {
      return fail(ErrorKind::invalid, where + ": wanted 1 to 80 of A-Z a-z 0-9 _ -");
    }
    if (sample.parts.empty() || sample.parts.size() > kPartsPerSample) {
      return fail(ErrorKind::invalid, where + ": wanted 1 to 16 parts");
    }
    for (const auto& [extension, content] : sample.parts) {
      if (!valid_extension(extension)) {
        return fail(ErrorKind::invalid, where + ": extension \"" + extension + "\"");
      }
      if (content.size() > limits::kImageFileBytes) {
        return fail(ErrorKind::limit, where + "." + extension + " is over the limit of size");
      }
    }
    if (keys.contains(sample.key)) return fail(ErrorKind::invalid, where + " was added before");
    return {};
  }
};

DatasetWriter::DatasetWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatasetWriter::DatasetWriter(DatasetWriter&&) noexcept = default;
DatasetWriter::~DatasetWriter() = default;

Result<DatasetWriter> DatasetWriter::create(Options options) {
  const std::string folder = options.directory.string();
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) return fail(ErrorKind::io, folder + ": " + error.message());
  if (holds_dataset(options.directory)) {
    return fail(ErrorKind::refused, folder + ": holds a dataset already; take another folder");
  }
  if (options.shard_bytes > limits::kShardBytes / 2) {
    return fail(ErrorKind::limit, folder + ": shard_bytes is over the limit of a shard");
  }
  auto impl = std::make_unique<Impl>();
  impl->manifest.maker_json = options.manifest_json;
  if (auto text = print_manifest(impl->manifest); !text) return fail(folder, text.error());
  impl->options = std::move(options);
  return DatasetWriter(std::move(impl));
}

Result<void> DatasetWriter::add(const Sample& sample) {
  Impl& impl = *impl_;
  if (auto good = impl.check(sample); !good) return good;
  const bool full = impl.shard && (impl.shard->bytes() >= impl.options.shard_bytes ||
                                   impl.shard->members() + kPartsPerSample > kMembersPerShard);
  if (full) {
    if (auto ended = impl.end_shard(); !ended) return ended;
  }
  if (!impl.shard) {
    if (auto begun = impl.begin_shard(); !begun) return begun;
  }
  for (const auto& [extension, content] : sample.parts) {
    auto added = impl.shard->add(sample.key, extension, content);
    if (!added) return added;
  }
  impl.keys.insert(sample.key);
  return {};
}

Result<void> DatasetWriter::finish() {
  Impl& impl = *impl_;
  if (auto ended = impl.end_shard(); !ended) return ended;
  auto text = print_manifest(impl.manifest);
  if (!text) return fail(impl.options.directory.string(), text.error());
  return write_file_durably(impl.options.directory / "manifest.json", as_bytes(*text));
}

}  // namespace backstamp::datasets
