// The body of a registration request, as a hostile client sends it.
#include "base/assert.h"
#include "datacenter/communication/api_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const auto codes = datacenter::parse_codes(as_text({data, size}), 7);
  if (!codes) return 0;
  BACKSTAMP_ASSERT(!codes->empty() && codes->size() <= datacenter::kCodesPerRequest);
  for (const datacenter::Registration& piece : *codes) {
    BACKSTAMP_ASSERT(postal::parse_canonical(piece.code) && piece.token.meter == 7);
  }
  return 0;
}
