// How a test tells the failing PKCS#11 module when its device goes.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <new>
#include <stdexcept>

namespace backstamp::test {

/// Shared by test and module, which may be in different processes.
struct ShimControl {
  std::atomic<int> gone{0};              ///< not 0: every call answers CKR_DEVICE_REMOVED
  std::atomic<int> calls_until_gone{0};  ///< above 0: after so many calls it is gone by itself
  std::atomic<int> refused_calls{0};
};
static_assert(std::atomic<int>::is_always_lock_free);

/// Makes the control file and points the environment to it and to the module behind the shim; for
/// modules that are loaded from now on, here and in children.
class Shim {
 public:
  Shim(const std::filesystem::path& control_file, const std::filesystem::path& module) {
    const int fd = ::open(control_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(ShimControl)) != 0) throw std::runtime_error("no shim");
    void* mapped = ::mmap(nullptr, sizeof(ShimControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (mapped == MAP_FAILED) throw std::runtime_error("no shim");
    control_ = new (mapped) ShimControl;
    ::setenv("BACKSTAMP_SHIM_CONTROL", control_file.c_str(), 1);
    ::setenv("BACKSTAMP_SHIM_MODULE", module.c_str(), 1);
  }
  ~Shim() { ::munmap(control_, sizeof(ShimControl)); }
  Shim(const Shim&) = delete;
  Shim& operator=(const Shim&) = delete;

  void go_away() { control_->gone = 1; }
  void go_away_after(int calls) { control_->calls_until_gone = calls; }
  void come_back() {
    control_->calls_until_gone = 0;
    control_->gone = 0;
  }
  bool gone() const { return control_->gone != 0; }
  int refused_calls() const { return control_->refused_calls; }

 private:
  ShimControl* control_;
};

}  // namespace backstamp::test
