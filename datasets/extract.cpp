#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "datasets/dataset.h"
#include "datasets/inspect.h"
#include "datasets/shard/name.h"
#include "datasets/synthesizer.h"

namespace backstamp::datasets {
namespace {

constexpr std::size_t kFaults = 1000;

/// Opens a new file below `folder`, making folders on the way. No component may be a link, so that
/// a tree that was prepared beforehand leads nowhere else either.
Result<UniqueFd> create_below(int folder, const std::string& name) {
  std::size_t begin = 0;
  UniqueFd held;
  int at = folder;
  while (true) {
    const std::size_t slash = name.find('/', begin);
    const std::string component = name.substr(begin, slash - begin);
    if (slash == std::string::npos) {
      const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
      UniqueFd file(::openat(at, component.c_str(), flags, 0644));
      if (!file) return std::unexpected(system_error("create " + name, errno));
      return file;
    }
    if (::mkdirat(at, component.c_str(), 0755) != 0 && errno != EEXIST) {
      return std::unexpected(system_error("make a folder for " + name, errno));
    }
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd next(::openat(at, component.c_str(), flags));
    if (!next) return std::unexpected(system_error("open the folder of " + name, errno));
    held = std::move(next);
    at = held.get();
    begin = slash + 1;
  }
}

Result<void> write_member(int folder, const std::string& name, ByteView content) {
  auto good = parse_member_name(name);  // asserted again, right where it becomes a path
  if (!good) return std::unexpected(good.error());
  auto file = create_below(folder, name);
  if (!file) return std::unexpected(file.error());
  return write_all(file->get(), content);
}

/// truth.jsonl: a line for every sample that has a truth.
class TruthFile {
 public:
  explicit TruthFile(int folder) : folder_(folder) {}
  bool written() const { return written_; }
  Result<void> add(ByteView truth) {
    const auto line = truth_line(truth);
    if (!line || refused_) return {};  // what is known of a picture need not be a truth
    if (!file_) {
      auto file = create_below(folder_, "truth.jsonl");
      refused_ = !file;
      if (!file) return std::unexpected(file.error());
      file_ = std::move(*file);
    }
    written_ = true;
    return write_all(file_.get(), as_bytes(*line));
  }

 private:
  int folder_;
  UniqueFd file_;
  bool refused_ = false;
  bool written_ = false;
};

}  // namespace

Result<Extraction> extract_members(const std::filesystem::path& source,
                                   const std::filesystem::path& folder, const std::string& glob,
                                   const Progress& progress) {
  auto reader = DatasetReader::open(source);
  if (!reader) return std::unexpected(reader.error());
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(system_error("open " + folder.string(), errno));
  Extraction extraction;
  TruthFile truths(root.get());
  const auto note = [&](std::string fault) {
    if (extraction.faults.size() < kFaults) extraction.faults.push_back(std::move(fault));
  };
  for (std::uint64_t done = 1;; ++done) {
    auto sample = reader->next();
    if (!sample) {
      note(sample.error().message);
      continue;
    }
    if (!*sample) break;
    if (const Bytes* const json = (*sample)->part("json"); json != nullptr && glob.empty()) {
      auto added = truths.add(*json);
      if (!added) note(added.error().message);
    }
    for (const auto& [extension, content] : (*sample)->parts) {
      const std::string name = (*sample)->key + (extension.empty() ? "" : "." + extension);
      if (!glob.empty() && ::fnmatch(glob.c_str(), name.c_str(), 0) != 0) continue;
      auto written = write_member(root.get(), name, content);
      if (!written && written.error().kind == ErrorKind::unavailable) {
        return std::unexpected(written.error());
      }
      if (!written) note(written.error().message);
      if (written) ++extraction.files;
    }
    if (progress && done % 256 == 0) progress(done, reader->sample_count());
  }
  if (truths.written()) ++extraction.files;
  return extraction;
}

}  // namespace backstamp::datasets
