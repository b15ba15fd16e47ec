// A tar from front to back, whoever made it: names, types and sizes are hostile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "datasets/shard/name.h"

namespace backstamp::datasets {

/// What stands in front of a member.
struct TarHeader {
  std::string name;           ///< as it stands in the tar, for messages (made printable)
  Result<MemberName> parsed;  ///< or why the member is refused: name, link, device, size
  std::uint64_t size_bytes = 0;
};

/// Reads ustar, pax and GNU tar by libarchive, without decompression. Thread-bound.
class TarStream {
 public:
  static Result<TarStream> open(const std::filesystem::path& path);
  /// The next member that is not a folder; none at the end. An Error ends the stream.
  Result<std::optional<TarHeader>> next();
  /// The content of the member that next() gave last. Fails (invalid) when it is cut off.
  Result<Bytes> content();

  TarStream(TarStream&&) noexcept;
  TarStream& operator=(TarStream&&) noexcept;
  ~TarStream();

 private:
  struct Impl;
  explicit TarStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace backstamp::datasets
