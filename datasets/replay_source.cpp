#include "datasets/replay_source.h"

#include <algorithm>

#include "base/file.h"
#include "base/limits.h"
#include "datasets/shard/name.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kFolderFiles = 1'000'000;

}  // namespace

Result<std::optional<vision::Capture>> ReplaySource::next() {
  damage_.clear();
  truth_.clear();
  auto sample = reader_.next();
  vision::Capture capture;
  if (!sample) {
    if (reader_.damaged_key().empty()) return std::unexpected(sample.error());
    damage_ = sample.error().message;
    capture.name = reader_.damaged_key();
  } else if (!*sample) {
    return std::optional<vision::Capture>();
  } else {
    Sample& found = **sample;
    const std::string extension = found.picture_extension();
    capture.name = extension.empty() ? found.key : found.key + "." + extension;
    if (extension.empty()) {
      damage_ = "sample " + found.key + " has no picture";
    } else {
      capture.file = std::move(found.parts[extension]);
    }
    if (const auto truth = found.parts.find("json"); truth != found.parts.end()) {
      truth_ = std::move(truth->second);
    }
  }
  capture.piece = ++piece_;
  return std::optional(std::move(capture));
}

Result<void> ReplaySource::resume_after(std::uint64_t piece) {
  if (piece < piece_) {
    return fail(ErrorKind::invalid, "a dataset is not replayed backwards; open it again");
  }
  auto skipped = reader_.skip(piece - piece_);
  piece_ = piece;
  return skipped;
}

Result<FolderSource> FolderSource::open(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    return fail(missing ? ErrorKind::not_found : ErrorKind::io,
                folder.string() + ": " + error.message());
  }
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string extension = it->path().extension().string();
    std::error_code ignored;
    if (extension.empty() || !is_picture_extension(extension.substr(1))) continue;
    if (!it->is_regular_file(ignored)) continue;
    if (files.size() == kFolderFiles) {
      return fail(ErrorKind::limit, folder.string() + ": over a million pictures; make a dataset");
    }
    files.push_back(it->path());
  }
  if (error) return fail(ErrorKind::io, folder.string() + ": " + error.message());
  if (files.empty()) return fail(ErrorKind::invalid, folder.string() + ": no pictures in it");
  std::ranges::sort(files, {}, [](const auto& file) { return file.native(); });
  return FolderSource(std::move(files));
}

Result<std::optional<vision::Capture>> FolderSource::next() {
  damage_.clear();
  if (piece_ >= files_.size()) return std::optional<vision::Capture>();
  const std::filesystem::path& path = files_[static_cast<std::size_t>(piece_)];
  vision::Capture capture;
  capture.name = path.filename().string();
  capture.piece = ++piece_;
  auto content = read_file(path, limits::kImageFileBytes);
  if (content) {
    capture.file = std::move(*content);
  } else {
    damage_ = content.error().message;
  }
  return std::optional(std::move(capture));
}

Result<void> FolderSource::resume_after(std::uint64_t piece) {
  piece_ = std::min<std::uint64_t>(piece, files_.size());
  return {};
}

Result<std::unique_ptr<vision::FrameSource>> open_source(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  if (folder ? holds_dataset(path) : path.extension() == ".tar") {
    auto reader = DatasetReader::open(path);
    if (!reader) return std::unexpected(reader.error());
    return std::make_unique<ReplaySource>(std::move(*reader));
  }
  if (folder) {
    auto source = FolderSource::open(path);
    if (!source) return std::unexpected(source.error());
    return std::make_unique<FolderSource>(std::move(*source));
  }
  if (!std::filesystem::exists(path, ignored)) {
    return fail(ErrorKind::not_found, path.string() + ": there is no such file or folder");
  }
  return std::make_unique<FolderSource>(std::vector{path});
}

}  // namespace backstamp::datasets
