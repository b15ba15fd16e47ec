#include <unordered_set>

#include "base/file.h"
#include "base/limits.h"
#include "datasets/dataset.h"
#include "datasets/shard/growing.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/name.h"
#include "datasets/shard/tar_writer.h"

namespace backstamp::datasets {

struct DatasetWriter::Impl {
  Options options;
  Manifest manifest;
  std::optional<TarWriter> shard;
  std::unordered_set<std::string> keys;  // of a growing dataset: of this shard

  bool growing() const { return manifest.open_shard.has_value(); }

  Result<void> save() const {
    return save_manifest(options.directory, manifest, options.file_mode);
  }

  Result<void> end_shard() {
    if (!shard) return {};
    auto done = shard->finish();
    if (!done) return std::unexpected(done.error());
    shard.reset();
    manifest.samples += done->samples;
    manifest.shards.push_back(std::move(*done));
    if (!growing()) return {};
    keys.clear();
    ++*manifest.open_shard;
    return save();
  }

  Result<void> begin_shard() {
    if (manifest.shards.size() == kShards || manifest.open_shard == kShardNumbers) {
      return fail(ErrorKind::limit, options.directory.string() + ": too many shards");
    }
    const std::uint64_t number = manifest.open_shard.value_or(manifest.shards.size());
    auto writer = TarWriter::create(options.directory / shard_file(number), options.file_mode);
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

namespace {

Result<void> check(const DatasetWriter::Options& options) {
  const std::string folder = options.directory.string();
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) return std::unexpected(system_error(folder, error.value()));
  if (options.shard_bytes > limits::kShardBytes / 2) {
    return fail(ErrorKind::limit, folder + ": shard_bytes is over the limit of a shard");
  }
  Manifest manifest;
  manifest.maker_json = options.manifest_json;
  if (auto text = print_manifest(manifest); !text) return fail(folder, text.error());
  return {};
}

}  // namespace

DatasetWriter::DatasetWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatasetWriter::DatasetWriter(DatasetWriter&&) noexcept = default;
DatasetWriter& DatasetWriter::operator=(DatasetWriter&&) noexcept = default;
DatasetWriter::~DatasetWriter() = default;

Result<DatasetWriter> DatasetWriter::create(Options options) {
  if (auto good = backstamp::datasets::check(options); !good) return std::unexpected(good.error());
  if (holds_dataset(options.directory)) {
    return fail(ErrorKind::refused,
                options.directory.string() + ": holds a dataset already; take another folder");
  }
  auto impl = std::make_unique<Impl>();
  impl->manifest.maker_json = options.manifest_json;
  impl->options = std::move(options);
  return DatasetWriter(std::move(impl));
}

Result<DatasetWriter> DatasetWriter::append(Options options) {
  if (auto good = backstamp::datasets::check(options); !good) return std::unexpected(good.error());
  auto manifest = recover_growing(options.directory, options.manifest_json, options.file_mode);
  if (!manifest) return std::unexpected(manifest.error());
  auto impl = std::make_unique<Impl>();
  impl->manifest = std::move(*manifest);
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
  if (impl.growing() && !impl.shard->in_place()) {
    return fail(ErrorKind::not_found,
                impl.options.directory.string() + ": the shard was removed while it was written");
  }
  for (const auto& [extension, content] : sample.parts) {
    auto added = impl.shard->add(sample.key, extension, content);
    if (!added) return added;
  }
  impl.keys.insert(sample.key);
  return impl.growing() ? impl.shard->seal() : Result<void>();
}

Result<void> DatasetWriter::rotate() {
  return impl_->end_shard();
}

Result<DatasetWriter::Dropped> DatasetWriter::drop_oldest() {
  Impl& impl = *impl_;
  if (impl.manifest.shards.empty()) {
    if (!impl.shard) return Dropped{};
    const Dropped dropped{impl.keys.size(), impl.shard->bytes()};
    impl.shard.reset();
    impl.keys.clear();
    auto gone = remove_shard(impl.options.directory, shard_file(*impl.manifest.open_shard));
    if (!gone) return std::unexpected(gone.error());
    return dropped;
  }
  const ManifestShard oldest = impl.manifest.shards.front();
  if (auto gone = remove_shard(impl.options.directory, oldest.file); !gone) {
    return std::unexpected(gone.error());
  }
  impl.manifest.samples -= oldest.samples;
  impl.manifest.shards.erase(impl.manifest.shards.begin());
  // On a full disk the old manifest may stay: readers pass over what has gone, and so does
  // append().
  (void)impl.save();
  return Dropped{oldest.samples, oldest.bytes};
}

std::optional<std::filesystem::path> DatasetWriter::oldest_shard() const {
  const Manifest& manifest = impl_->manifest;
  if (!manifest.shards.empty()) return impl_->options.directory / manifest.shards.front().file;
  if (!impl_->shard) return std::nullopt;
  return impl_->options.directory / shard_file(*manifest.open_shard);
}

std::uint64_t DatasetWriter::bytes() const {
  std::uint64_t sum = open_bytes();
  for (const ManifestShard& shard : impl_->manifest.shards) sum += shard.bytes;
  return sum;
}

std::uint64_t DatasetWriter::shards() const {
  return impl_->manifest.shards.size() + (impl_->shard ? 1 : 0);
}

std::uint64_t DatasetWriter::open_bytes() const {
  return impl_->shard ? impl_->shard->bytes() : 0;
}

Result<void> DatasetWriter::finish() {
  Impl& impl = *impl_;
  if (auto ended = impl.end_shard(); !ended) return ended;
  return impl.growing() ? Result<void>() : impl.save();
}

}  // namespace backstamp::datasets
