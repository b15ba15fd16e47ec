#include "vision/pool/wire.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace backstamp::vision {
namespace {

using postal::NoReadCause;
using postal::Symbology;

constexpr auto kSymbologies = static_cast<std::uint8_t>(postal::kSymbologies);
constexpr std::uint8_t kCauses = static_cast<std::uint8_t>(NoReadCause::camera_lost) + 1;
constexpr std::uint8_t kNoSymbology = 255;
constexpr std::chrono::hours kLongestReading{1};  // no worker is given so long

class Writer {
 public:
  template <typename T>
  void number(T value) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
    out_.insert(out_.end(), from, from + sizeof value);
  }
  void bytes(ByteView value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void quad(const Quad& quad) {
    for (const Point& p : quad) {
      number(p.x);
      number(p.y);
    }
  }
  void rung(const std::string& name) {
    bytes(as_bytes(name).first(std::min(name.size(), kRungNameBytes)));
  }
  void margin(float value) { number(value >= 0 ? std::min(value, 1.0f) : -1.0f); }
  void flag(bool value) { number(static_cast<std::uint8_t>(value)); }
  void time(std::chrono::nanoseconds value) {
    constexpr std::chrono::nanoseconds kShortest{0};
    constexpr std::chrono::nanoseconds kLongest = kLongestReading;
    number(static_cast<std::int64_t>(std::clamp(value, kShortest, kLongest).count()));
  }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Once something was missing or out of range, `good` stays false and every value is zero.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}
  template <typename T>
  T number() {
    T value{};
    if (!good || in_.size() < sizeof value) {
      good = false;
      return value;
    }
    std::memcpy(&value, in_.data(), sizeof value);
    in_ = in_.subspan(sizeof value);
    return value;
  }
  float real() {
    const auto value = number<float>();
    if (!std::isfinite(value)) good = false;
    return good ? value : 0;
  }
  std::uint8_t below(std::uint8_t end) {
    const auto value = number<std::uint8_t>();
    if (value >= end) good = false;
    return good ? value : std::uint8_t{0};
  }
  bool flag() { return below(2) != 0; }
  std::size_t count(std::size_t most) {
    const auto value = number<std::uint32_t>();
    if (value > most) good = false;
    return good ? value : 0;
  }
  ByteView bytes(std::size_t most) {
    const std::size_t length = count(most);
    if (in_.size() < length) good = false;
    if (!good) return {};
    const ByteView value = in_.first(length);
    in_ = in_.subspan(length);
    return value;
  }
  Quad quad() {
    Quad quad;
    for (Point& p : quad) p = {real(), real()};
    return quad;
  }
  void rung(std::string& name) {
    const ByteView read = bytes(kRungNameBytes);
    if (!is_printable(read)) good = false;
    name.assign(good ? as_text(read) : std::string_view());
  }
  float margin() {
    const float value = real();
    if (value != -1 && !(value >= 0 && value <= 1)) good = false;
    return good ? value : -1;
  }
  std::chrono::nanoseconds time() {
    const std::chrono::nanoseconds value(number<std::int64_t>());
    if (value.count() < 0 || value > kLongestReading) good = false;
    return good ? value : std::chrono::nanoseconds{};
  }
  bool at_end() const { return good && in_.empty(); }
  bool good = true;

 private:
  ByteView in_;
};

void encode(Writer& out, const Reading& reading) {
  out.number(static_cast<std::uint8_t>(reading.symbology));
  out.bytes(reading.content);
  out.bytes(as_bytes(reading.text));
  out.quad(reading.outline);
  out.number(reading.module_px);
  out.number(reading.contrast);
  out.number(static_cast<std::int32_t>(reading.repaired_bars));
  out.margin(reading.correction_margin);
  out.time(reading.spent);
  out.flag(reading.gs1);
  out.rung(reading.rung);
}

void decode(Reader& in, Reading& reading) {
  reading.symbology = static_cast<Symbology>(in.below(kSymbologies));
  const ByteView content = in.bytes(limits::kSymbolContentBytes);
  reading.content.assign(content.begin(), content.end());
  to_utf8(in.bytes(3 * limits::kSymbolContentBytes), reading.text);
  reading.outline = in.quad();
  reading.module_px = in.real();
  reading.contrast = in.real();
  reading.repaired_bars = in.number<std::int32_t>();
  reading.correction_margin = in.margin();
  reading.spent = in.time();
  reading.gs1 = in.flag();
  in.rung(reading.rung);
}

void encode(Writer& out, const Candidate& candidate) {
  out.quad(candidate.outline);
  out.number(candidate.looks_like ? static_cast<std::uint8_t>(*candidate.looks_like)
                                  : kNoSymbology);
  out.number(candidate.module_px);
  out.number(candidate.score);
  out.number(candidate.contrast);
  out.margin(candidate.correction_margin);
  out.number(static_cast<std::uint8_t>(candidate.cause));
}

void decode(Reader& in, Candidate& candidate) {
  candidate.outline = in.quad();
  candidate.looks_like.reset();
  const auto symbology = in.number<std::uint8_t>();
  if (symbology < kSymbologies)
    candidate.looks_like = static_cast<Symbology>(symbology);
  else if (symbology != kNoSymbology)
    in.good = false;
  candidate.module_px = in.real();
  candidate.score = in.real();
  candidate.contrast = in.real();
  candidate.correction_margin = in.margin();
  candidate.cause = static_cast<NoReadCause>(in.below(kCauses));
}

void encode(Writer& out, const RungCost& cost) {
  out.rung(cost.rung);
  out.number(cost.tries);
  out.number(cost.reads);
  out.time(cost.spent);
}

void decode(Reader& in, RungCost& cost) {
  in.rung(cost.rung);
  cost.tries = in.number<std::uint32_t>();
  cost.reads = in.number<std::uint32_t>();
  cost.spent = in.time();
}

constexpr std::uint8_t kFacingMarks = 5;

void encode(Writer& out, const FacingMark& mark) {
  out.number(static_cast<std::uint8_t>(mark.kind - 'A'));
  out.flag(mark.upside_down);
  out.quad(mark.outline);
}

FacingMark decode_facing_mark(Reader& in) {
  FacingMark mark;
  mark.kind = static_cast<char>('A' + in.below(kFacingMarks));
  mark.upside_down = in.flag();
  mark.outline = in.quad();
  return mark;
}

/// A list of at most `most` things. It never has more elements than there are bytes for, whatever
/// number is written before them.
template <typename T>
void decode(Reader& in, std::vector<T>& list, std::size_t most) {
  const std::size_t count = in.count(most);
  if (list.size() > count) list.resize(count);
  for (std::size_t i = 0; i < count && in.good; ++i) {
    if (i == list.size()) list.emplace_back();
    decode(in, list[i]);
  }
}

}  // namespace

bool is_printable(ByteView text) {
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) { return c > 0x1F && c < 0x7F; });
}

bool lies_within(const WireRequest& request, std::uint64_t bytes) {
  const std::uint64_t width = request.width_px;
  const std::uint64_t height = request.height_px;
  if (width == 0 || height == 0 || width > limits::kImageSide_px ||
      height > limits::kImageSide_px || width * height > limits::kImagePixels ||
      request.stride_bytes < width || request.offset > bytes)
    return false;
  return (height - 1) * request.stride_bytes + width <= bytes - request.offset;
}

std::array<std::uint8_t, kRepairLimits> encode_repair(const RepairLimits& limits) {
  std::array<std::uint8_t, kRepairLimits> bytes{};
  for (std::size_t i = 0; i < kRepairLimits; ++i)
    bytes[i] = static_cast<std::uint8_t>(limits.*repair_limits()[i].value);
  return bytes;
}

std::optional<RepairLimits> decode_repair(const std::array<std::uint8_t, kRepairLimits>& bytes) {
  RepairLimits limits;
  for (std::size_t i = 0; i < kRepairLimits; ++i) limits.*repair_limits()[i].value = bytes[i];
  return limits.valid() ? std::optional(limits) : std::nullopt;
}

Bytes encode_face_reading(const FaceReading& reading) {
  Writer out;
  const std::size_t readings = std::min(reading.readings.size(), limits::kReadingsPerFrame);
  out.number(static_cast<std::uint32_t>(readings));
  for (std::size_t i = 0; i < readings; ++i) encode(out, reading.readings[i]);
  const std::size_t candidates = std::min(reading.unread.size(), kCandidatesPerFrame);
  out.number(static_cast<std::uint32_t>(candidates));
  for (std::size_t i = 0; i < candidates; ++i) encode(out, reading.unread[i]);
  const std::size_t rungs = std::min(reading.rungs.size(), kRungsPerFrame);
  out.number(static_cast<std::uint32_t>(rungs));
  for (std::size_t i = 0; i < rungs; ++i) encode(out, reading.rungs[i]);
  out.flag(reading.facing_mark.has_value());
  if (reading.facing_mark) encode(out, *reading.facing_mark);
  out.number(static_cast<std::uint8_t>(reading.cause));
  out.number(reading.effort);
  out.flag(reading.ended_by_clock);
  out.time(reading.elapsed);
  out.time(reading.cpu);
  return out.take();
}

bool decode_face_reading(ByteView bytes, FaceReading& into) {
  Reader in(bytes);
  decode(in, into.readings, limits::kReadingsPerFrame);
  decode(in, into.unread, kCandidatesPerFrame);
  decode(in, into.rungs, kRungsPerFrame);
  into.facing_mark.reset();
  if (in.flag()) into.facing_mark = decode_facing_mark(in);
  into.cause = static_cast<NoReadCause>(in.below(kCauses));
  into.effort = in.number<std::uint32_t>();
  into.ended_by_clock = in.flag();
  into.elapsed = in.time();
  into.cpu = in.time();
  const bool read = into.cause == NoReadCause::none;
  return in.at_end() && read != into.readings.empty();
}

std::optional<FaceReading> decode_face_reading(ByteView bytes) {
  FaceReading reading;
  if (!decode_face_reading(bytes, reading)) return std::nullopt;
  return reading;
}

}  // namespace backstamp::vision
