#include "datasets/shard/file_digest.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "base/sha256.h"

namespace backstamp::datasets {

Result<std::string> file_digest(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(system_error("open " + path.string(), errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) {
    return std::unexpected(system_error("stat " + path.string(), errno));
  }
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::invalid, path.string() + ": not a file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return to_hex(sha256({}));
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (map == MAP_FAILED) return std::unexpected(system_error("map " + path.string(), errno));
  ::madvise(map, size, MADV_SEQUENTIAL);
  const Sha256 digest = sha256({static_cast<const std::uint8_t*>(map), size});
  ::munmap(map, size);
  return to_hex(digest);
}

}  // namespace backstamp::datasets
