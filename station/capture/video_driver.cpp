#include "station/capture/video_driver.h"

#include <dlfcn.h>

#include <utility>

#include "base/process.h"

namespace backstamp::station::capture {
namespace {

Result<OpenVideo> load(const std::filesystem::path& module) {
  std::vector<std::filesystem::path> places{module};
  if (module.empty()) {
    const char* name = "backstamp_video.so";
    places = {program_folder() / name, program_folder() / ".." / BACKSTAMP_MODULE_DIR / name};
  }
  for (const auto& place : places) {
    void* handle = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) continue;
    if (void* found = ::dlsym(handle, "backstamp_open_video")) {
      return reinterpret_cast<OpenVideo>(found);
    }
  }
  return fail(ErrorKind::unavailable,
              "cameras of kind video need backstamp_video.so, which is not installed (it is built "
              "where OpenCV's videoio is)");
}

}  // namespace

OpenDriver video_opener(std::string address, AcquireSlot acquire, std::filesystem::path module) {
  return [address = std::move(address), acquire = std::move(acquire),
          module = std::move(module)]() -> Result<std::unique_ptr<Driver>> {
    const auto open = load(module);
    if (!open) return std::unexpected(open.error());
    Error error{ErrorKind::unavailable, address + ": cannot be opened"};
    std::unique_ptr<Driver> driver((*open)(address, acquire, error));
    if (driver == nullptr) return std::unexpected(error);
    return driver;
  };
}

}  // namespace backstamp::station::capture
