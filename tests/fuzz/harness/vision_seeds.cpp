// Seeds of the targets that take pictures, bars or what workers answer.
#include <algorithm>

#include "datasets/synthesizer.h"
#include "postal/australia_post.h"
#include "postal/bar_letters.h"
#include "postal/imb_bars.h"
#include "postal/japan_post.h"
#include "postal/mailmark_bars.h"
#include "postal/postnet.h"
#include "postal/rm4scc_bars.h"
#include "tests/fuzz/harness/seeds.h"
#include "tests/unit/vision/tiny_pictures.h"
#include "vision/pool/wire.h"

namespace backstamp {
namespace {

/// Pixels as the targets take them: the width less one in two bytes, then the rows.
void seed_pixels(const std::string& target, int width, const Bytes& pixels) {
  Bytes input{static_cast<std::uint8_t>(width - 1), static_cast<std::uint8_t>((width - 1) >> 8)};
  input.insert(input.end(), pixels.begin(), pixels.end());
  seed(target, input);
}

const std::string kLetters{'\0', '\x40'};  // says that letters follow

/// Pixels of bars, soft bars, and their letters, as the target four_state takes them.
void bars_seed(const std::string& letters, int pitch) {
  const int count = static_cast<int>(letters.size());
  const int width = (count + 2) * pitch;
  const int height = 8 * pitch;
  Bytes pixels(static_cast<std::size_t>(width * height), 230);
  for (int y = pitch; y < height - pitch; ++y) {
    for (int bar = 0; bar < count; ++bar) {
      const char letter = letters[static_cast<std::size_t>(bar)];
      const bool middle = y >= 3 * pitch && y < 5 * pitch;
      const bool above = y < 3 * pitch;
      if (!middle && !(above ? postal::has_ascender(letter) : postal::has_descender(letter)))
        continue;
      for (int x = 0; x < pitch / 2; ++x) {
        pixels[static_cast<std::size_t>(y * width + (bar + 1) * pitch + x)] = 30;
      }
    }
  }
  seed_pixels("four_state", width, pixels);
  if (pitch == 6) seed_pixels("read_face", width, pixels);
  Bytes soft{0, 0x80};
  for (const char letter : "  " + letters + "  ") {
    const bool bar = letter != ' ';
    soft.push_back(bar ? 128 : 0);
    soft.push_back(bar && postal::has_ascender(letter) ? 208 : 48);
    soft.push_back(bar && postal::has_descender(letter) ? 208 : 48);
  }
  seed("four_state", soft);
  seed("four_state", kLetters + letters);
}

void four_state_seeds() {
  for (const int pitch : {4, 6}) {
    bars_seed(postal::to_letters(postal::encode_imb(kImb)), pitch);
    for (const char* text : {"21B2254800659JW5O9QA6Y", "11000000000000000XY11     "})
      bars_seed(postal::encode_mailmark(postal::Mailmark::parse(text).value()), pitch);
    bars_seed(postal::encode_rm4scc("SW1A1AA1A"), pitch);
    bars_seed(postal::encode_kix("1231FZ13XHS"), pitch);
    for (const char* text : {"1112345678", "5912345678AB#1x", "6212345678ABCDE 0xyz"})
      bars_seed(postal::encode_australia_post(postal::AustraliaPost::parse(text).value()), pitch);
    bars_seed(postal::encode_japan_post("15400233-16-4-205"), pitch);
    bars_seed(postal::encode_postnet(postal::TallBars::two_of_five, "12345"), pitch);
    bars_seed(postal::encode_postnet(postal::TallBars::three_of_five, "1234567890123"), pitch);
  }
  for (const char* text :
       {"21B2254800659JW5O9QA6Y", "1231FZ13XHS", "5912345678AB#1x", "15400233-16-4-205"}) {
    seed("four_state", kLetters + text);
  }
}

void matrix_seed(postal::Symbology symbology) {
  datasets::FaceRequest request;
  request.face_class = datasets::FaceClass::clean;
  request.symbols = {{symbology, Bytes{'B', 'A', 'C', 'K'}}};
  const auto face = datasets::synthesize_face(request, 1).value();
  float left = 1e9F, top = 1e9F, right = 0, bottom = 0;
  for (const vision::Point corner : face.symbols.at(0).outline) {
    left = std::min(left, corner.x), right = std::max(right, corner.x);
    top = std::min(top, corner.y), bottom = std::max(bottom, corner.y);
  }
  const vision::ImageView view = face.picture.view();
  const int from_x = std::max(0, static_cast<int>(left) - 16);
  const int from_y = std::max(0, static_cast<int>(top) - 16);
  const int to_x = std::min({view.width_px, static_cast<int>(right) + 16, from_x + 1024});
  const int to_y = std::min(view.height_px, static_cast<int>(bottom) + 16);
  Bytes pixels;
  for (int y = from_y; y < to_y; ++y) {
    pixels.insert(pixels.end(), view.row(y) + from_x, view.row(y) + to_x);
  }
  seed_pixels("read_face", to_x - from_x, pixels);
  if (symbology == postal::Symbology::pdf417) seed_pixels("stacked_read", to_x - from_x, pixels);
  if (symbology != postal::Symbology::code128) return;
  // The middle of the picture, upright, nine tenths of its sides; and some characters.
  Bytes boxed{128, 128, 0, 115, 115};
  boxed.insert(boxed.end(), pixels.begin(), pixels.end());
  boxed.insert(boxed.end(), {168, 97, 98, 99, 135});
  seed_pixels("linear", to_x - from_x, boxed);
}

/// A request for a face in the input or the ring, as worker_request has them.
void request_seed(std::uint32_t in_ring, std::uint32_t width, std::uint32_t height,
                  std::uint32_t stride) {
  vision::WireRequest request{.width_px = width, .height_px = height, .stride_bytes = stride};
  request.in_ring = in_ring;
  request.offset = in_ring * 64;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&request);
  seed("worker_request", ByteView(bytes, sizeof request));
}

}  // namespace

void vision_seeds() {
  four_state_seeds();
  for (const auto symbology :
       {postal::Symbology::data_matrix, postal::Symbology::qr_code, postal::Symbology::aztec,
        postal::Symbology::pdf417, postal::Symbology::code128}) {
    matrix_seed(symbology);
  }
  for (const char* picture : {vision::kTinyJpeg, vision::kTinyWebp, vision::kTinyTiff}) {
    seed("image_header", from_hex(picture).value());
  }
  // Rows, columns, level, erasures, errors; then two bytes a word: text, bytes, numbers.
  seed("stacked_words", from_hex("0c0403040200000123012c0384000a").value());
  seed("stacked_words", from_hex("14060407030000039c00a300ee01b002fe00f4").value());
  seed("stacked_words", from_hex("05020100010000038600010270").value());
  seed("image_header", "P5\n2 2\n255\n\x10\x20\x30\x40");
  seed("image_header", from_hex("89504e470d0a1a0a0000000d49484452000000020000000208000000"
                                "0057dd52f80000000e49444154789c6360606060f8cf0000040501011d"
                                "0b6f0d0000000049454e44ae426082")
                           .value());
  vision::FaceReading reading;
  reading.readings.resize(1);
  reading.readings[0].symbology = postal::Symbology::imb;
  reading.readings[0].content = {'1', '2'};
  reading.readings[0].text = "12";
  reading.readings[0].rung = "imb";
  reading.unread.resize(2);
  seed("face_reading", vision::encode_face_reading(reading));
  request_seed(0, 32, 32, 32);
  request_seed(1, 20, 30, 64);
}

}  // namespace backstamp
