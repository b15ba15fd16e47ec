#include "programs/read/image_list.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/file.h"
#include "base/limits.h"

namespace backstamp::programs {
namespace {

namespace fs = std::filesystem;

bool has_picture_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kKnown[] = {".png", ".jpg", ".jpeg", ".webp", ".pgm",
                                         ".ppm", ".pnm", ".tif",  ".tiff"};
  return std::find(std::begin(kKnown), std::end(kKnown), extension) != std::end(kKnown);
}

NamedImage failed(std::string name, Error error) {
  NamedImage image;
  image.name = std::move(name);
  image.error = std::move(error);
  return image;
}

NamedImage file_at(const fs::path& path) {
  NamedImage image;
  image.name = path.filename().string();
  image.path = path;
  return image;
}

std::deque<NamedImage> folder_contents(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (has_picture_extension(it->path()) && it->is_regular_file(ignored))
      paths.push_back(it->path());
  }
  std::sort(paths.begin(), paths.end());
  std::deque<NamedImage> images;
  for (const fs::path& path : paths) images.push_back(file_at(path));
  if (error) {
    images.push_back(
        failed(folder.string(), {ErrorKind::io, folder.string() + ": " + error.message()}));
  } else if (images.empty()) {
    images.push_back(
        failed(folder.string(), {ErrorKind::not_found, "no pictures are in this folder"}));
  }
  return images;
}

/// The sample's picture as a named image; none when it has none (a lone JSON, say).
std::optional<NamedImage> picture_of(const datasets::Sample& sample) {
  const Bytes* picture = sample.picture();
  if (!picture) return std::nullopt;
  NamedImage image;
  for (const auto& [extension, bytes] : sample.parts)
    if (&bytes == picture) image.name = sample.key + "." + extension;
  image.file = *picture;
  return image;
}

}  // namespace

ImageList::ImageList(const std::vector<std::string>& arguments)
    : arguments_(arguments.begin(), arguments.end()) {}

void ImageList::open(const fs::path& path) {
  std::error_code error;
  const bool dataset = fs::is_regular_file(path / "manifest.json", error);
  if (!dataset && fs::is_directory(path, error)) {
    pending_ = folder_contents(path);
  } else if (dataset || path.extension() == ".tar") {
    auto reader = datasets::DatasetReader::open(path);
    if (!reader) {
      pending_.push_back(failed(path.filename().string(), reader.error()));
      return;
    }
    shard_ = std::move(*reader);
    shard_name_ = path.filename().string();
  } else {
    pending_.push_back(file_at(path));
  }
}

std::optional<NamedImage> ImageList::from_shard() {
  for (;;) {
    auto sample = shard_->next();
    if (!sample) return failed(shard_name_, sample.error());
    if (!*sample) {
      shard_.reset();
      return std::nullopt;
    }
    if (auto image = picture_of(**sample)) return image;
  }
}

std::optional<NamedImage> ImageList::next() {
  for (;;) {
    if (shard_)
      if (auto image = from_shard()) return image;
    if (!pending_.empty()) {
      NamedImage image = std::move(pending_.front());
      pending_.pop_front();
      return image;
    }
    if (arguments_.empty()) return std::nullopt;
    const fs::path path = std::move(arguments_.front());
    arguments_.pop_front();
    open(path);
  }
}

void load(NamedImage& image) {
  if (image.error || image.path.empty()) return;
  auto file = read_file(image.path, limits::kImageFileBytes);
  if (file)
    image.file = std::move(*file);
  else
    image.error = file.error();
}

}  // namespace backstamp::programs
