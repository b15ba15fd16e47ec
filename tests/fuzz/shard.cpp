// Any bytes as a tar from a stranger: samples or errors, and an end.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/file.h"
#include "datasets/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const UniqueFd file(::memfd_create("shard", MFD_CLOEXEC));
  if (!file || !write_all(file.get(), {data, size})) return 0;
  auto reader = datasets::DatasetReader::open("/proc/self/fd/" + std::to_string(file.get()));
  if (!reader) return 0;
  // A header block of 512 bytes stands before every member and every error.
  for (std::size_t i = 0; i <= size / 512 + 4; ++i) {
    auto sample = reader->next();
    if (sample && !*sample) return 0;
  }
  std::abort();
}
