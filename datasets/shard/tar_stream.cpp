#include "datasets/shard/tar_stream.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/limits.h"

namespace backstamp::datasets {

struct TarStream::Impl {
  std::filesystem::path path;
  std::uint64_t file_bytes = 0;
  struct archive* tar = nullptr;
  std::uint64_t size_bytes = 0;  // of the current member
  std::string name;              // of the current member
  bool ended = false;

  ~Impl() {
    if (tar != nullptr) archive_read_free(tar);
  }

  std::unexpected<Error> failed(std::string_view where) {
    ended = true;
    const char* const text = archive_error_string(tar);
    return fail(ErrorKind::invalid, path.string() + ": " + std::string(where) + ": " +
                                        (text != nullptr ? text : "damaged"));
  }
};

namespace {

std::string printable(const char* name) {
  std::string text;
  for (; name != nullptr && *name != 0 && text.size() < 120; ++name) {
    text += *name >= ' ' && *name < 0x7F ? *name : '?';
  }
  return text.empty() ? "(no name)" : text;
}

Result<MemberName> judge(struct archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_filetype(entry) != AE_IFREG) {
    return fail(ErrorKind::invalid, "is not a regular file (links and devices are refused)");
  }
  if (!archive_entry_size_is_set(entry) || archive_entry_sparse_count(entry) > 0) {
    return fail(ErrorKind::invalid, "has no plain size");
  }
  const la_int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<std::uint64_t>(size) > limits::kImageFileBytes) {
    return fail(ErrorKind::limit,
                "is over the limit of " + std::to_string(limits::kImageFileBytes >> 20) + " MiB");
  }
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) return fail(ErrorKind::invalid, "has no name");
  return parse_member_name(name);
}

}  // namespace

TarStream::TarStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarStream::TarStream(TarStream&&) noexcept = default;
TarStream& TarStream::operator=(TarStream&&) noexcept = default;
TarStream::~TarStream() = default;

Result<TarStream> TarStream::open(const std::filesystem::path& path) {
  std::error_code error;
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->file_bytes = std::filesystem::file_size(path, error);
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    return fail(missing ? ErrorKind::not_found : ErrorKind::io,
                path.string() + ": " + error.message());
  }
  impl->tar = archive_read_new();
  if (impl->tar == nullptr) return fail(ErrorKind::internal, "libarchive: out of memory");
  archive_read_support_format_tar(impl->tar);
  if (archive_read_open_filename(impl->tar, path.c_str(), 64u << 10) != ARCHIVE_OK) {
    return impl->failed("not a tar");
  }
  return TarStream(std::move(impl));
}

Result<std::optional<TarHeader>> TarStream::next() {
  Impl& impl = *impl_;
  while (!impl.ended) {
    const std::string after = impl.name.empty() ? "at the start" : "after " + impl.name;
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(impl.tar, &entry);
    if (status == ARCHIVE_EOF) {
      impl.ended = true;
      // Two blocks of zeros end a tar; libarchive takes a file cut between members for a whole.
      const auto end = static_cast<std::uint64_t>(archive_read_header_position(impl.tar));
      if (impl.file_bytes < end + 512) {
        return fail(ErrorKind::invalid,
                    impl.path.string() + ": " + after + ": cut off (no end of archive)");
      }
      break;
    }
    if (status < ARCHIVE_WARN) return impl.failed(after);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    TarHeader header{printable(archive_entry_pathname(entry)), judge(entry), 0};
    if (header.parsed) header.size_bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
    impl.name = header.name;
    impl.size_bytes = header.size_bytes;
    return std::optional(std::move(header));
  }
  return std::optional<TarHeader>();
}

Result<Bytes> TarStream::content() {
  Impl& impl = *impl_;
  Bytes content(static_cast<std::size_t>(impl.size_bytes));
  std::size_t filled = 0;
  while (filled < content.size()) {
    const la_ssize_t got =
        archive_read_data(impl.tar, content.data() + filled, content.size() - filled);
    if (got < 0) return impl.failed(impl.name);
    if (got == 0)
      return fail(ErrorKind::invalid, impl.path.string() + ": " + impl.name + ": cut off");
    filled += static_cast<std::size_t>(got);
  }
  return content;
}

}  // namespace backstamp::datasets
