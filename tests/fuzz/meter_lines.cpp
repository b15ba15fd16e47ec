// What a meter reads as text: a line of a batch, a notice of the data center, and what that knows.
#include <cstddef>
#include <cstdint>
#include <string>

#include "meter/batch.h"
#include "base/assert.h"
#include "meter/synchronise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Date today(std::chrono::year(2026) / 11 / 22);
  if (const auto request = meter::parse_batch_line(text, today)) {
    meter::PrintedPiece piece;
    (void)meter::minted_line(text, piece);
  }
  if (const auto notice = meter::parse_notice({"12", "read", text})) (void)meter::to_json(*notice);
  if (const auto known = meter::parse_known_meter(text)) {
    BACKSTAMP_ASSERT(known->at >= UtcTime{} && known->ascending.mills >= 0);
  }
  return 0;
}
