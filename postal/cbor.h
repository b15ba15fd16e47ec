// The little of CBOR that tokens, bundles and messages are made of, in its deterministic form only
// (RFC 8949 section 4.2.1): integers, byte and text strings, arrays, maps, tags; definite lengths,
// shortest heads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace backstamp::postal::cbor {

/// Major types (RFC 8949 section 3.1) by number.
enum class Major : std::uint8_t {
  natural = 0,
  negative = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6
};

/// Appends items to bytes.
class Writer {
 public:
  /// A head alone: an integer, or the count of an array or map, or a tag.
  void head(Major major, std::uint64_t argument);
  void natural(std::uint64_t value) { head(Major::natural, value); }
  void bytes(ByteView value);
  void text(std::string_view value);
  /// Bytes that are well-formed items already.
  void raw(ByteView items) { out_.insert(out_.end(), items.begin(), items.end()); }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Reads items one by one; each call yields none, and reads nothing, when the next item is not
/// exactly what was asked for in deterministic form. Borrows its bytes.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  std::optional<std::uint64_t> head(Major major);
  /// Is the next head this one? Then it is consumed.
  bool expect(Major major, std::uint64_t argument);
  /// A natural number of at most `most`.
  std::optional<std::uint64_t> natural(std::uint64_t most);
  std::optional<ByteView> bytes();
  /// The bytes of a text; whether they are UTF-8 is the caller's to ask.
  std::optional<std::string_view> text();
  std::size_t remaining() const { return rest_.size(); }
  bool at_end() const { return rest_.empty(); }

 private:
  std::optional<ByteView> string(Major major);

  ByteView rest_;
};

}  // namespace backstamp::postal::cbor
