#include "meter/moment.h"

#include <algorithm>
#include <ctime>

#include "base/file.h"
#include "base/sha256.h"

namespace backstamp::meter {
namespace {

constexpr const char* kBootFile = "/proc/sys/kernel/random/boot_id";

std::uint64_t read_boot() {
  const auto text = read_file(kBootFile, 4096);
  if (!text) return 0;
  const Sha256 digest = sha256(*text);
  std::uint64_t boot = 0;
  for (int i = 0; i < 8; ++i) boot = boot << 8 | digest[static_cast<std::size_t>(i)];
  return boot;
}

}  // namespace

Moment Moment::now() {
  static const std::uint64_t boot = read_boot();
  timespec up{};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  // A clock beyond all sense is taken for the nearest time that can be put on record.
  const UtcTime last = std::chrono::sys_days(std::chrono::year(9000) / 1 / 1);
  return {std::clamp(utc_now(), UtcTime{}, last), boot,
          std::chrono::seconds(up.tv_sec) + std::chrono::microseconds(up.tv_nsec / 1000)};
}

UtcTime earliest_utc(const Moment& before, const Moment& now) {
  if (before.boot == 0 || now.boot == 0) return before.utc;
  const bool same_start = before.boot == now.boot && now.up >= before.up;
  return before.utc + (same_start ? now.up - before.up : now.up);
}

}  // namespace backstamp::meter
