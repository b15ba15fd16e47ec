// Fields of messages, records and snapshots, on deterministic CBOR: writing, and reading that
// remembers the first fault, so that a parser reads straight down and asks once at its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "base/clock.h"
#include "base/sha256.h"
#include "datacenter/meterbox/order.h"
#include "datacenter/meterbox/protocol.h"
#include "postal/cbor.h"

namespace backstamp::datacenter::meterbox {

inline constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
inline constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
/// The most that an amount may be, $1,000,000,000,000, in mills: sums of thousands cannot overflow.
inline constexpr std::uint64_t kMostMills = 1'000'000'000'000'000;

class FieldWriter {
 public:
  FieldWriter& array(std::uint64_t count) {
    out_.head(postal::cbor::Major::array, count);
    return *this;
  }
  FieldWriter& natural(std::uint64_t value) {
    out_.natural(value);
    return *this;
  }
  FieldWriter& bytes(ByteView value) {
    out_.bytes(value);
    return *this;
  }
  FieldWriter& text(std::string_view value) {
    out_.text(value);
    return *this;
  }
  FieldWriter& money(postal::Money value) {
    return natural(static_cast<std::uint64_t>(value.mills));
  }
  FieldWriter& date(Date value) {
    return natural(
        static_cast<std::uint64_t>(std::chrono::sys_days(value).time_since_epoch().count()));
  }
  FieldWriter& time(UtcTime value) {
    return natural(static_cast<std::uint64_t>(value.time_since_epoch().count()));
  }
  FieldWriter& registers(const Registers& value);
  FieldWriter& anchor(const Anchor& value) {
    return array(2).natural(value.version).bytes(value.chain);
  }
  Bytes take() { return out_.take(); }

 private:
  postal::cbor::Writer out_;
};

class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : in_(bytes) {}

  /// An array of exactly `count`.
  void array(std::uint64_t count) {
    good_ = good_ && in_.expect(postal::cbor::Major::array, count);
  }
  /// An array of at most `most`; its count.
  std::size_t count(std::size_t most) {
    const auto value = good_ ? in_.head(postal::cbor::Major::array) : std::nullopt;
    good_ = value.has_value() && *value <= most;
    return good_ ? static_cast<std::size_t>(*value) : 0;
  }
  std::uint64_t natural(std::uint64_t most) {
    const auto value = good_ ? in_.natural(most) : std::nullopt;
    good_ = value.has_value();
    return value.value_or(0);
  }
  std::uint32_t natural32(std::uint64_t most = kMost32) {
    return static_cast<std::uint32_t>(natural(std::min(most, kMost32)));
  }
  Bytes bytes(std::size_t most) {
    const auto value = good_ ? in_.bytes() : std::nullopt;
    good_ = value.has_value() && value->size() <= most;
    return good_ ? Bytes(value->begin(), value->end()) : Bytes{};
  }
  std::string text(std::size_t most) {
    const auto value = good_ ? in_.text() : std::nullopt;
    good_ = value.has_value() && value->size() <= most && to_utf8(as_bytes(*value)) == *value;
    return good_ ? std::string(*value) : std::string{};
  }
  postal::Money money() { return {static_cast<std::int64_t>(natural(kMostMills))}; }
  Date date() {
    constexpr std::uint64_t kLastDay = 0xFFFF;  // as in a token
    return Date{std::chrono::sys_days(std::chrono::days(static_cast<int>(natural(kLastDay))))};
  }
  UtcTime time() {
    constexpr std::uint64_t kLast_us = 253'402'300'799'999'999;  // the year 9999
    return UtcTime{std::chrono::microseconds(static_cast<std::int64_t>(natural(kLast_us)))};
  }
  Sha256 hash() {
    const auto value = good_ ? in_.bytes() : std::nullopt;
    Sha256 made{};
    good_ = value.has_value() && value->size() == made.size();
    if (good_) std::copy(value->begin(), value->end(), made.begin());
    return made;
  }
  Registers registers();
  Anchor anchor() {
    array(2);
    Anchor value;
    value.version = natural(kMost64);
    value.chain = hash();
    return value;
  }
  void refuse_unless(bool sound) { good_ = good_ && sound; }
  bool good() const { return good_; }
  bool at_good_end() const { return good_ && in_.at_end(); }
  std::size_t remaining() const { return in_.remaining(); }

 private:
  postal::cbor::Reader in_;
  bool good_ = true;
};

/// A request as an item of a message or a record.
void write_request(FieldWriter& out, const Request& request);
Request read_request(FieldReader& in);

/// The list of persons as an item of a record or a snapshot.
void write_people(FieldWriter& out, const std::vector<Person>& people);
std::vector<Person> read_people(FieldReader& in, std::size_t most);

}  // namespace backstamp::datacenter::meterbox
