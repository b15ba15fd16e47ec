#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "base/clock.h"
#include "station/capture/aravis_driver.h"
#include "station/capture/aravis_glib.h"

namespace backstamp::station::capture {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Looking for cameras takes a second, whoever asks: what one found serves all who ask meanwhile.
std::vector<CameraSeen> look_around(milliseconds fresh) {
  // Never destroyed: a thread that waits for a dead camera may outlive main().
  static auto& mutex = *new std::mutex;
  static auto& seen = *new std::vector<CameraSeen>;
  static SteadyTime looked{};
  const std::lock_guard lock(mutex);
  if (looked != SteadyTime{} && std::chrono::steady_clock::now() - looked < fresh) return seen;
  arv_update_device_list();
  seen.clear();
  const unsigned found = std::min(arv_get_n_devices(), 256u);
  for (unsigned i = 0; i < found; ++i) {
    const char* id = arv_get_device_id(i);
    if (id == nullptr) continue;
    seen.push_back({id, printable(arv_get_device_vendor(i)), printable(arv_get_device_model(i)),
                    printable(arv_get_device_serial_nbr(i)), printable(arv_get_device_address(i))});
  }
  looked = std::chrono::steady_clock::now();
  return seen;
}

bool is_ip(const std::string& address) {
  in_addr parsed{};
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1;
}

/// What aravis is asked to open: an address where there is one, since a list of devices keeps those
/// that are long gone.
std::optional<std::string> find(const std::string& wanted) {
  for (const CameraSeen& camera : look_around(500ms)) {
    if (camera.id != wanted && camera.serial != wanted && camera.address != wanted) continue;
    return is_ip(camera.address) ? camera.address : camera.id;
  }
  return std::nullopt;
}

}  // namespace

OpenDriver aravis_opener(CameraConfig config, std::shared_ptr<vision::FrameRing> ring) {
  return [config = std::move(config), ring = std::move(ring),
          last = std::string()]() mutable -> Result<std::unique_ptr<Driver>> {
    if (is_ip(config.address)) return open_aravis(config, config.address, ring);
    // Where it was a moment ago it mostly is still, and asking there is quick.
    if (!last.empty()) {
      auto driver = open_aravis(config, last, ring);
      if (driver && (config.address == (*driver)->identity().serial ||
                     config.address.ends_with("-" + (*driver)->identity().serial))) {
        return driver;
      }
      last.clear();
    }
    const auto where = find(config.address);
    if (!where) {
      return fail(ErrorKind::not_found, "no camera \"" + config.address + "\" answers");
    }
    auto driver = open_aravis(config, *where, ring);
    if (driver && is_ip(*where)) last = *where;
    return driver;
  };
}

std::vector<CameraSeen> aravis_cameras() {
  return look_around(0ms);
}

}  // namespace backstamp::station::capture
