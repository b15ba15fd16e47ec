#include "programs/fake-camera/loopback.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "base/file.h"

namespace backstamp::fake_camera {
namespace {

std::optional<in_addr> shown;

void show(sockaddr* address) {
  if (address != nullptr && address->sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address)->sin_addr = *shown;
  }
}

}  // namespace

void listen_on(const std::string& address) {
  in_addr parsed{};
  if (inet_pton(AF_INET, address.c_str(), &parsed) != 1) return;
  if ((ntohl(parsed.s_addr) >> 24) == 127) shown = parsed;
}

bool port_is_free(const std::string& address) {
  constexpr std::uint16_t kControlPort = 3956;
  sockaddr_in wanted{};
  wanted.sin_family = AF_INET;
  wanted.sin_port = htons(kControlPort);
  if (inet_pton(AF_INET, address.c_str(), &wanted.sin_addr) != 1) return false;
  const UniqueFd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe &&
         ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) == 0;
}

}  // namespace backstamp::fake_camera

/// Takes the place of the C library's function in this program, the libraries' calls included.
extern "C" int getifaddrs(struct ifaddrs** list) {
  using Real = int (*)(struct ifaddrs**);
  static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "getifaddrs"));
  if (real == nullptr) return -1;
  const int result = real(list);
  if (result != 0 || !backstamp::fake_camera::shown) return result;
  for (ifaddrs* entry = *list; entry != nullptr; entry = entry->ifa_next) {
    if ((entry->ifa_flags & IFF_LOOPBACK) == 0) continue;
    backstamp::fake_camera::show(entry->ifa_addr);
    backstamp::fake_camera::show(entry->ifa_broadaddr);
  }
  return result;
}
