// The 4-state readers. Two bytes say what follows: with bit 7 of the second one soft bars (three
// bytes each), with bit 6 letters, else rows of pixels whose width they are.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "postal/australia_post.h"
#include "postal/imb_bars.h"
#include "postal/japan_post.h"
#include "postal/kix.h"
#include "postal/mailmark_bars.h"
#include "postal/postnet.h"
#include "postal/rm4scc_bars.h"
#include "vision/four_state/four_state.h"
#include "vision/four_state/row_readers.h"

using namespace backstamp;

namespace {

constexpr std::size_t kMostBars = 200;

bool well_formed(const vision::Reading& reading) {
  const std::string& text = reading.text;
  switch (reading.symbology) {
    case postal::Symbology::imb:
      return postal::Imb::parse(text).has_value();
    case postal::Symbology::mailmark:
      return postal::Mailmark::parse(text).has_value();
    case postal::Symbology::rm4scc:
      return postal::decode_rm4scc(postal::encode_rm4scc(text)).has_value();
    case postal::Symbology::kix:
      return postal::Kix::parse(text).has_value();
    case postal::Symbology::australia_post:
      return postal::AustraliaPost::parse(text).has_value();
    case postal::Symbology::japan_post:
      return postal::parse_japan_post(text).has_value();
    case postal::Symbology::postnet:
      return postal::postnet_has(postal::TallBars::two_of_five, static_cast<int>(text.size()));
    case postal::Symbology::planet:
      return postal::postnet_has(postal::TallBars::three_of_five, static_cast<int>(text.size()));
    default:
      return false;
  }
}

void check(const vision::Reading& reading) {
  BACKSTAMP_ASSERT(well_formed(reading));
  BACKSTAMP_ASSERT(as_text(reading.content) == reading.text && reading.module_px > 0);
  BACKSTAMP_ASSERT(reading.correction_margin >= 0 && reading.correction_margin <= 1);
}

void read_soft_bars(ByteView bytes) {
  vision::four_state::BarSequence sequence;
  sequence.pitch_px = 9;
  sequence.up = {0, -14};
  sequence.down = {0, 14};
  const auto soft = [](std::uint8_t byte) { return (static_cast<float>(byte) - 128) / 80; };
  for (std::size_t i = 0; i + 3 <= bytes.size() && i < 3 * kMostBars; i += 3) {
    const float x = 9 * static_cast<float>(sequence.bars.size());
    sequence.bars.push_back(
        {{x, 50}, static_cast<float>(bytes[i]) / 128, soft(bytes[i + 1]), soft(bytes[i + 2])});
  }
  // The run of present bars, as the sampler gives it: some places may stand beside it.
  int first = 0, last = static_cast<int>(sequence.bars.size()) - 1;
  const auto absent = [&](int k) {
    return sequence.bars[static_cast<std::size_t>(k)].presence < 0.45f;
  };
  while (first <= last && absent(first)) ++first;
  while (last >= first && absent(last)) --last;
  if (first > last) return;
  sequence.first = first;
  sequence.last = last;
  const auto row = vision::four_state::read_row(sequence, vision::Formats::all());
  if (row.attempt.reading) check(*row.attempt.reading);
}

void read_letters(std::string_view letters) {
  if (const auto code = postal::decode_mailmark(letters))
    BACKSTAMP_ASSERT(postal::encode_mailmark(*code) == letters);
  if (const auto text = postal::decode_rm4scc(letters))
    BACKSTAMP_ASSERT(postal::encode_rm4scc(*text) == letters);
  if (const auto text = postal::decode_kix(letters))
    BACKSTAMP_ASSERT(postal::encode_kix(*text) == letters);
  if (const auto code = postal::decode_australia_post(letters))
    BACKSTAMP_ASSERT(postal::AustraliaPost::parse(code->text()).value() == *code);
  if (const auto text = postal::decode_japan_post(letters))
    BACKSTAMP_ASSERT(postal::encode_japan_post(*text) == letters);
  for (const auto kind : {postal::TallBars::two_of_five, postal::TallBars::three_of_five})
    if (const auto text = postal::decode_postnet(kind, letters))
      BACKSTAMP_ASSERT(postal::encode_postnet(kind, *text) == letters);
  // What a symbol says, too.
  if (const auto code = postal::Mailmark::parse(letters)) BACKSTAMP_ASSERT(code->text() == letters);
  if (const auto code = postal::Kix::parse(letters)) BACKSTAMP_ASSERT(code->text() == letters);
  if (const auto code = postal::AustraliaPost::parse(letters))
    BACKSTAMP_ASSERT(code->text() == letters);
  if (const auto text = postal::parse_japan_post(letters))
    BACKSTAMP_ASSERT(postal::decode_japan_post(postal::encode_japan_post(*text)).value() == *text);
}

void read_pixels(const std::uint8_t* data, std::size_t size) {
  const int width = 1 + (data[0] | (data[1] & 7) << 8);
  const int height =
      static_cast<int>(std::min<std::size_t>((size - 2) / static_cast<std::size_t>(width), 4096));
  if (height == 0) return;
  const vision::ImageView face{data + 2, width, height, width};
  vision::Effort effort;
  const auto result = vision::read_four_state(face, vision::Formats::all(), effort);
  for (const vision::Reading& reading : result.readings) check(reading);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const ByteView rest(data + 2, size - 2);
  if (data[1] & 0x80) {
    read_soft_bars(rest);
  } else if (data[1] & 0x40) {
    read_letters(as_text(rest));
  } else {
    read_pixels(data, size);
  }
  return 0;
}
