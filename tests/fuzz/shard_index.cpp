// Any bytes as an index or a manifest: refused, or they mean exactly what they say.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "datasets/shard/index.h"
#include "datasets/shard/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const std::string_view text = as_text(ByteView(data, size));
  const auto index = datasets::parse_index(text);
  if (index && datasets::print_index(*index) != text) std::abort();
  const auto manifest = datasets::parse_manifest(text);
  if (!manifest) return 0;
  const auto printed = datasets::print_manifest(*manifest);
  if (!printed) std::abort();
  const auto again = datasets::parse_manifest(*printed);
  if (!again || *again != *manifest) std::abort();
  return 0;
}
