// Any bytes as the target of a request and as the URL of a server.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/http/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto target = parse_target(bytes)) {
    BACKSTAMP_ASSERT(target->path.starts_with('/') && header_safe(target->path));
    BACKSTAMP_ASSERT(!target->segments.empty());
    match_segments(split_pattern("/v1/*/codes"), target->segments);
  }
  if (const auto url = parse_server_url(bytes)) BACKSTAMP_ASSERT(header_safe(url->authority));
  return 0;
}
