// Identification codes: every parser, and its printer as the inverse.
#include <array>

#include "base/assert.h"
#include "postal/imb_bars.h"
#include "postal/money.h"
#include "postal/symbology.h"
#include "postal/token/code_packing.h"

using namespace backstamp;
using namespace backstamp::postal;

namespace {

void check_code(const MailpieceCode& code) {
  const std::string text = canonical(code);
  const auto parsed = parse_canonical(text);
  BACKSTAMP_ASSERT(parsed.has_value() && canonical(*parsed) == text);
  const auto packed = pack_code(code);
  BACKSTAMP_ASSERT(packed.has_value() != std::holds_alternative<Mailmark>(code));
  if (packed) BACKSTAMP_ASSERT(unpack_code(*packed).value() == code);
  if (const auto* imb = std::get_if<Imb>(&code)) {
    BACKSTAMP_ASSERT(decode_imb(encode_imb(*imb)).value() == *imb);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView content(data, size);
  const std::string_view text = as_text(content);
  for (const Symbology symbology : {Symbology::imb, Symbology::code128, Symbology::mailmark}) {
    if (const auto code = identify(symbology, content)) check_code(*code);
  }
  if (const auto code = parse_canonical(text)) {
    BACKSTAMP_ASSERT(canonical(*code) == text);
    check_code(*code);
  }
  if (const auto code = unpack_code(content)) {
    BACKSTAMP_ASSERT(as_text(pack_code(*code).value()) == text);
    check_code(*code);
  }
  if (const auto money = Money::parse(text)) {
    BACKSTAMP_ASSERT(Money::parse(money->to_string()).value() == *money);
  }
  if (const auto bars = parse_imb_letters(text)) {
    BACKSTAMP_ASSERT(to_letters(*bars) == text);
    if (const auto code = decode_imb(*bars)) BACKSTAMP_ASSERT(encode_imb(*code) == *bars);
  }
  return 0;
}
