// Any bytes as a shard that a crash left: what is whole of it is read, and mended it is a shard.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "datasets/dataset.h"
#include "datasets/inspect.h"

namespace {

/// In memory where there is such a place: nothing here needs to outlive a power cut.
std::filesystem::path own_folder() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code ignored;
  const bool there = std::filesystem::is_directory(memory, ignored);
  const auto above = there ? memory : std::filesystem::temp_directory_path();
  return above / ("open-shard-" + std::to_string(::getpid()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  static const std::filesystem::path folder = own_folder();
  std::filesystem::remove_all(folder);
  std::uint64_t there = 0;
  {
    if (!datasets::DatasetWriter::append({folder})) return 0;
    const UniqueFd file(::creat((folder / "shard-000000.tar").c_str(), 0600));
    if (!file || !write_all(file.get(), {data, size})) return 0;
    auto reader = datasets::DatasetReader::open(folder);
    if (!reader) std::abort();
    for (auto sample = reader->next(); !sample || *sample; sample = reader->next()) {
      if (!sample) std::abort();  // only what is whole is offered
      ++there;
    }
    if (there != reader->sample_count()) std::abort();
  }
  if (!datasets::DatasetWriter::append({folder})) std::abort();
  const auto found = datasets::verify_dataset(folder, {});
  if (!found || !found->faults.empty() || found->samples != there) std::abort();
  std::filesystem::remove_all(folder);
  return 0;
}
