#include "datasets/known_mail.h"

#include <string>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "datasets/dataset.h"

namespace backstamp::datasets {
namespace {

constexpr std::uint64_t kTruthFileBytes = 256ull << 20;

using Next = Result<std::optional<KnownFace>>;

/// The bytes up to the end of the line, which are taken off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool only_blanks(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

struct KnownMail::Impl {
  virtual ~Impl() = default;
  virtual Next next() = 0;

  struct Shards;
  struct Folder;
};

/// Samples without a picture or without a truth are passed over: nothing can be scored on them.
struct KnownMail::Impl::Shards final : Impl {
  explicit Shards(DatasetReader opened) : reader(std::move(opened)) {}

  Next next() override {
    for (;;) {
      auto sample = reader.next();
      if (!sample) return std::unexpected(sample.error());
      if (!*sample) return std::nullopt;
      const Bytes* json = (*sample)->part("json");
      const std::string extension = (*sample)->picture_extension();
      if (json == nullptr || extension.empty()) continue;
      auto truth = parse_face_truth(*json);
      if (!truth) return fail((*sample)->key + ".json", truth.error());
      truth->image = (*sample)->key + "." + extension;
      return KnownFace{std::move(*truth), std::move((*sample)->parts[extension])};
    }
  }

  DatasetReader reader;
};

struct KnownMail::Impl::Folder final : Impl {
  Folder(std::filesystem::path where, Bytes truth)
      : folder(std::move(where)), file(std::move(truth)), left(as_text(file)) {}

  Next next() override {
    while (!left.empty()) {
      const std::string_view line = take_line(left);
      ++number;
      if (only_blanks(line)) continue;
      auto truth = parse_face_truth(as_bytes(line));
      if (!truth) return fail("truth.jsonl, line " + std::to_string(number), truth.error());
      auto picture = read_file(folder / truth->image, limits::kImageFileBytes);
      if (!picture) return std::unexpected(picture.error());
      return KnownFace{std::move(*truth), std::move(*picture)};
    }
    return std::nullopt;
  }

  std::filesystem::path folder;
  Bytes file;
  std::string_view left;
  std::size_t number = 0;
};

KnownMail::KnownMail(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KnownMail::KnownMail(KnownMail&&) noexcept = default;
KnownMail& KnownMail::operator=(KnownMail&&) noexcept = default;
KnownMail::~KnownMail() = default;

Result<KnownMail> KnownMail::open(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  if (folder && !holds_dataset(path)) {
    auto truth = read_file(path / "truth.jsonl", kTruthFileBytes);
    if (!truth)
      return fail("neither a dataset nor a folder of pictures with their truth", truth.error());
    return KnownMail(std::make_unique<Impl::Folder>(path, std::move(*truth)));
  }
  auto reader = DatasetReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  return KnownMail(std::make_unique<Impl::Shards>(std::move(*reader)));
}

Next KnownMail::next() {
  return impl_->next();
}

}  // namespace backstamp::datasets
