#include "postal/cbor.h"

namespace backstamp::postal::cbor {

void Writer::head(Major major, std::uint64_t argument) {
  const auto first = static_cast<unsigned>(major) << 5;
  if (argument < 24) {
    out_.push_back(static_cast<std::uint8_t>(first | argument));
    return;
  }
  const unsigned size_code = argument <= 0xFF         ? 0
                             : argument <= 0xFFFF     ? 1
                             : argument <= 0xFFFFFFFF ? 2
                                                      : 3;
  out_.push_back(static_cast<std::uint8_t>(first | (24 + size_code)));
  for (int shift = (8 << size_code) - 8; shift >= 0; shift -= 8) {
    out_.push_back(static_cast<std::uint8_t>(argument >> shift));
  }
}

void Writer::bytes(ByteView value) {
  head(Major::bytes, value.size());
  raw(value);
}

void Writer::text(std::string_view value) {
  head(Major::text, value.size());
  raw(as_bytes(value));
}

std::optional<std::uint64_t> Reader::head(Major major) {
  if (rest_.empty() || rest_[0] >> 5 != static_cast<unsigned>(major)) return std::nullopt;
  const unsigned information = rest_[0] & 31u;
  if (information < 24) {
    rest_ = rest_.subspan(1);
    return information;
  }
  if (information > 27) return std::nullopt;  // reserved, or of indefinite length
  const std::size_t size = std::size_t{1} << (information - 24);
  if (rest_.size() < 1 + size) return std::nullopt;
  std::uint64_t argument = 0;
  for (const std::uint8_t byte : rest_.subspan(1, size)) argument = argument << 8 | byte;
  // The shortest form only: what fits half the size (or the first byte) must stand there.
  const std::uint64_t least = size == 1 ? 24 : std::uint64_t{1} << (size * 4);
  if (argument < least) return std::nullopt;
  rest_ = rest_.subspan(1 + size);
  return argument;
}

bool Reader::expect(Major major, std::uint64_t argument) {
  const ByteView before = rest_;
  if (head(major) == argument) return true;
  rest_ = before;
  return false;
}

std::optional<std::uint64_t> Reader::natural(std::uint64_t most) {
  const ByteView before = rest_;
  const auto value = head(Major::natural);
  if (value && *value <= most) return value;
  rest_ = before;
  return std::nullopt;
}

std::optional<ByteView> Reader::string(Major major) {
  const ByteView before = rest_;
  const auto size = head(major);
  if (!size || *size > rest_.size()) {
    rest_ = before;
    return std::nullopt;
  }
  const ByteView value = rest_.first(static_cast<std::size_t>(*size));
  rest_ = rest_.subspan(value.size());
  return value;
}

std::optional<ByteView> Reader::bytes() {
  return string(Major::bytes);
}

std::optional<std::string_view> Reader::text() {
  const auto value = string(Major::text);
  if (!value) return std::nullopt;
  return as_text(*value);
}

}  // namespace backstamp::postal::cbor
