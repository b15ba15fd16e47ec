// Any bytes as a stream of events: the same events whether they come whole or byte by byte.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/http/sse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace backstamp::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  EventParser whole;
  EventParser pieces;
  std::vector<ServerEvent> from_whole;
  std::vector<ServerEvent> from_pieces;
  const bool whole_sound = whole.feed(bytes, from_whole).has_value();
  bool pieces_sound = true;
  for (std::size_t i = 0; i < size && pieces_sound; ++i) {
    pieces_sound = pieces.feed(bytes.substr(i, 1), from_pieces).has_value();
  }
  BACKSTAMP_ASSERT(whole_sound == pieces_sound && from_whole.size() == from_pieces.size());
  for (std::size_t i = 0; i < from_whole.size(); ++i) {
    BACKSTAMP_ASSERT(from_whole[i].data == from_pieces[i].data);
    // Written again, lines of data gain up to seven bytes each, so a huge event may not fit.
    const bool small = from_whole[i].data.size() <= kServerEventBytes / 8;
    const bool plain = from_whole[i].event.find('\0') == std::string::npos;
    BACKSTAMP_ASSERT(!small || !plain || write_event(from_whole[i]).has_value());
  }
  return 0;
}
