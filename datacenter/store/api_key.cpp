#include "datacenter/store/api_key.h"

#include <sys/random.h>

#include <array>

namespace backstamp::datacenter {

Result<std::string> make_api_key() {
  std::array<std::uint8_t, 32> secret{};
  if (getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return fail(ErrorKind::internal, "no random numbers from the system");
  }
  return "bsk_" + to_hex(secret);
}

}  // namespace backstamp::datacenter
