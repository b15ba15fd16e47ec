// A target with a fault that no seed shows and mutation of one finds: the harness must find it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kSound = "canary";
  const bool sound = std::equal(data, data + size, kSound.begin(), kSound.end());
  if (size == kSound.size() && !sound && data[0] == 'c') {
    std::puts("canary: found");
    std::exit(1);
  }
  return 0;
}
