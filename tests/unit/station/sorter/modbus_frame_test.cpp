#include "station/sorter/modbus_frame.h"

#include <catch2/catch_test_macros.hpp>

namespace {

using namespace backstamp;
using namespace backstamp::station::modbus;

constexpr Extent kExtent{1000, 100};

Bytes frame(Bytes body) {
  Bytes bytes{0, 1, 0, 0, 0, static_cast<std::uint8_t>(body.size() + 1), 1};
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::optional<Exception> refused(const Bytes& body) {
  const Bytes bytes = frame(body);
  const auto request = parse(bytes, kExtent);
  REQUIRE(request.has_value());
  if (request->has_value()) return std::nullopt;
  return request->error();
}

bool nonsense(const Bytes& body) {
  const Bytes bytes = frame(body);
  return !parse(bytes, kExtent).has_value();
}

}  // namespace

TEST_CASE("the four functions are understood") {
  const Bytes read = frame({4, 0x03, 0x00, 0, 125});
  const auto reading = parse(read, kExtent).value().value();
  CHECK(reading.function == Function::read_input);
  CHECK(reading.address == 768);
  CHECK(reading.count == 125);
  CHECK(reading.values.empty());
  const Bytes single = frame({6, 0, 9, 0x12, 0x34});
  const auto one = parse(single, kExtent).value().value();
  CHECK(one.count == 1);
  CHECK(one.value(0) == 0x1234);
  const Bytes multiple = frame({16, 0, 98, 0, 2, 4, 1, 2, 3, 4});
  const auto two = parse(multiple, kExtent).value().value();
  CHECK(two.address == 98);
  CHECK(two.value(1) == 0x0304);
  CHECK_FALSE(refused({3, 0, 0, 0, 100}).has_value());
}

TEST_CASE("every other function is refused, whatever follows") {
  for (int function = 0; function < 256; ++function) {
    if (function == 3 || function == 4 || function == 6 || function == 16) continue;
    CHECK(refused({static_cast<std::uint8_t>(function)}) == Exception::function);
    CHECK(refused({static_cast<std::uint8_t>(function), 0, 0, 0, 1, 255}) == Exception::function);
  }
}

TEST_CASE("addresses beyond the registers and counts that are too large are refused") {
  CHECK(refused({3, 0, 100, 0, 1}) == Exception::address);
  CHECK(refused({3, 0, 99, 0, 2}) == Exception::address);
  CHECK(refused({3, 0xFF, 0xFF, 0, 125}) == Exception::address);
  CHECK(refused({4, 0x03, 0xE7, 0, 2}) == Exception::address);
  CHECK(refused({6, 0, 100, 0, 1}) == Exception::address);
  CHECK(refused({3, 0, 0, 0, 0}) == Exception::value);
  CHECK(refused({3, 0, 0, 0, 126}) == Exception::value);
  CHECK(refused({4, 0, 0, 0xFF, 0xFF}) == Exception::value);
  CHECK(refused({16, 0, 0, 0, 0, 0}) == Exception::value);
  CHECK(refused({16, 0, 0, 0, 124, 248}) == Exception::value);
}

TEST_CASE("lengths that contradict each other are nonsense") {
  CHECK(nonsense({3}));
  CHECK(nonsense({3, 0, 0, 0}));
  CHECK(nonsense({3, 0, 0, 0, 1, 0}));
  CHECK(nonsense({6, 0, 0, 0, 1, 0}));
  CHECK(nonsense({16, 0, 0, 0, 1}));
  CHECK(nonsense({16, 0, 0, 0, 1, 2, 0}));
  CHECK(nonsense({16, 0, 0, 0, 1, 2, 0, 0, 0}));
  CHECK(nonsense({16, 0, 0, 0, 2, 2, 0, 0}));
  CHECK(nonsense({16, 0, 0, 0, 1, 255, 0, 0}));
}

TEST_CASE("a front that is no frame is told as soon as it can be") {
  CHECK(front_length(Bytes{}).value() == std::nullopt);
  CHECK(front_length(Bytes{0, 1, 0}).value() == std::nullopt);
  CHECK_FALSE(front_length(Bytes{0, 1, 0, 1}).has_value());
  CHECK_FALSE(front_length(Bytes{0, 1, 0, 0, 0, 0}).has_value());
  CHECK_FALSE(front_length(Bytes{0, 1, 0, 0, 0, 1}).has_value());
  CHECK_FALSE(front_length(Bytes{0, 1, 0, 0, 0, 255}).has_value());
  CHECK_FALSE(front_length(Bytes{0, 1, 0, 0, 1, 0}).has_value());
  CHECK(front_length(Bytes{0, 1, 0, 0, 0, 254}).value() == 260);
  const Bytes whole = frame({3, 0, 0, 0, 1});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(parse(ByteView(whole).first(size), kExtent).has_value());
  }
}
