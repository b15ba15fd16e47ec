// What a meter reads as text: a line of a batch, and a notice of the data center.
#include <cstddef>
#include <cstdint>
#include <string>

#include "meter/batch.h"
#include "meter/data_center.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Date today(std::chrono::year(2026) / 11 / 22);
  if (const auto request = meter::parse_batch_line(text, today)) {
    meter::PrintedPiece piece;
    (void)meter::minted_line(text, piece);
  }
  if (const auto notice = meter::parse_notice({"12", "read", text})) (void)meter::to_json(*notice);
  return 0;
}
