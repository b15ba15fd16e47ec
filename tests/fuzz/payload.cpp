// The payload grammar: the first byte chooses the symbology, the rest is its content.
#include "postal/payload.h"

#include "base/assert.h"
#include "base/limits.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

bool printable(const std::string& text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7E) return false;
  return true;
}

/// No field is out of bounds for a line of text or for the one who draws it.
void check_fields(const ParsedPayload& parsed) {
  std::size_t size = 0;
  const std::vector<PayloadField> fields = fields_of(parsed.payload);
  for (const PayloadField& field : fields) {
    BACKSTAMP_ASSERT(!field.name.empty() && !field.value.empty());
    BACKSTAMP_ASSERT(printable(field.name) && printable(field.value));
    size += field.name.size() + field.value.size();
  }
  // Four characters for a byte, as in "\x1d", at most; and the names.
  BACKSTAMP_ASSERT(fields.size() <= 64 && size <= 4 * limits::kSymbolContentBytes + 2048);
  BACKSTAMP_ASSERT(fields.empty() == (parsed.status == PayloadStatus::malformed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto symbology = static_cast<Symbology>((data[0] & 0x7F) % kSymbologies);
  const bool gs1 = (data[0] & 0x80) != 0;
  const ByteView content(data + 1, size - 1);
  const auto parsed = parse_payload(symbology, content, gs1);
  if (!parsed) return 0;
  BACKSTAMP_ASSERT(content.size() <= limits::kSymbolContentBytes);
  BACKSTAMP_ASSERT(!parsed->kind.empty() && !parsed->reason.empty());
  BACKSTAMP_ASSERT(printable(parsed->reason) && parsed->reason.size() < 256);
  const bool malformed = parsed->status == PayloadStatus::malformed;
  BACKSTAMP_ASSERT(malformed == std::holds_alternative<std::monostate>(parsed->payload));
  check_fields(*parsed);
  if (const auto printed = print_payload(parsed->payload)) {
    const auto again = parse_payload(symbology, *printed);
    BACKSTAMP_ASSERT(again && again->kind == parsed->kind && again->status == parsed->status);
    BACKSTAMP_ASSERT(again->payload == parsed->payload);
    BACKSTAMP_ASSERT(print_payload(again->payload) == printed);
  } else {
    BACKSTAMP_ASSERT(malformed || std::holds_alternative<Token>(parsed->payload));
  }
  return 0;
}
