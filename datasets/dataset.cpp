#include "datasets/dataset.h"

#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/manifest.h"
#include "datasets/shard/name.h"
#include "datasets/shard/sample_stream.h"

namespace backstamp::datasets {

const Bytes* Sample::picture() const {
  const std::string extension = picture_extension();
  return extension.empty() ? nullptr : part(extension);
}

std::string Sample::picture_extension() const {
  for (const auto& [extension, content] : parts) {
    if (is_picture_extension(extension)) return extension;
  }
  return {};
}

const Bytes* Sample::part(const std::string& extension) const {
  const auto found = parts.find(extension);
  return found == parts.end() ? nullptr : &found->second;
}

bool holds_dataset(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / "manifest.json", ignored);
}

struct DatasetReader::Impl {
  std::uint64_t samples = 0;
  std::string manifest = "{}";
  std::unique_ptr<SampleStream> stream;
};

DatasetReader::DatasetReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatasetReader::DatasetReader(DatasetReader&&) noexcept = default;
DatasetReader& DatasetReader::operator=(DatasetReader&&) noexcept = default;
DatasetReader::~DatasetReader() = default;

Result<DatasetReader> DatasetReader::open(const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    auto text = read_file(path / "manifest.json", limits::kManifestBytes);
    if (!text) {
      return fail(
          "no complete dataset in " + path.string() + " (a folder of pictures: pack it with tar)",
          text.error());
    }
    auto manifest = parse_manifest(as_text(*text));
    if (!manifest) return fail((path / "manifest.json").string(), manifest.error());
    impl->manifest = as_text(*text);
    ShardList list = list_shards(path, *manifest);
    for (const ManifestShard& shard : list.shards) impl->samples += shard.samples;
    impl->stream = open_shards(path, std::move(list));
  } else {
    auto stream = open_tar(path);
    if (!stream) return std::unexpected(stream.error());
    impl->stream = std::move(*stream);
  }
  return DatasetReader(std::move(impl));
}

std::uint64_t DatasetReader::sample_count() const {
  return impl_->samples;
}
const std::string& DatasetReader::manifest_json() const {
  return impl_->manifest;
}
Result<std::optional<Sample>> DatasetReader::next() {
  return impl_->stream->next();
}
Result<void> DatasetReader::skip(std::uint64_t samples) {
  return impl_->stream->skip(samples);
}
const std::string& DatasetReader::damaged_key() const {
  return impl_->stream->damaged_key();
}

}  // namespace backstamp::datasets
