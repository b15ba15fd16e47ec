// Keys and the time over loopback: pushed when they are published, asked for otherwise.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "base/limits.h"
#include "tests/unit/uplink/center.h"
#include "tests/unit/uplink/relay.h"
#include "tests/unit/uplink/station.h"
#include "uplink/link/keys_in_parts.h"

namespace backstamp::uplink {
namespace {

using namespace std::chrono_literals;
using test::Center;
using test::Station;
using test::wait_until;

/// Keys are bytes here: what they mean is not the uplink's to know.
Bytes keys_of(std::uint64_t sequence, std::size_t size = 1000) {
  Bytes bytes(size, static_cast<std::uint8_t>(sequence));
  for (std::size_t i = 0; i < bytes.size(); i += 97) bytes[i] = static_cast<std::uint8_t>(i >> 8);
  return bytes;
}

/// The data center's shelf.
struct Shelf {
  PublishedKeys published() {
    return {[this](const std::string&, const KeysHeldMessage& held) { return lacking(held); },
            [this] {
              return Bytes{1, 2, static_cast<std::uint8_t>(sequence.load())};
            }};
  }
  std::optional<KeysToSend> lacking(const KeysHeldMessage& held) {
    ++asked;
    if (held.sequence >= sequence) return std::nullopt;
    return KeysToSend{sequence, std::make_shared<const Bytes>(keys_of(sequence, size))};
  }
  std::atomic<std::uint64_t> sequence{1};
  std::atomic<std::size_t> size{1000};
  std::atomic<unsigned> asked{0};
};

/// A station's memory of keys.
struct Memory {
  StationKeys keys() {
    return {[this] {
              return KeysHeldMessage{{1, 2, 3}, held};
            },
            [this](const Bytes& file) { return take(file); },
            [this](const Bytes& statement) {
              const std::lock_guard lock(mutex);
              time = statement;
            }};
  }
  KeysTaken take(const Bytes& file) {
    const std::lock_guard lock(mutex);
    ++came;
    if (answer != KeysTaken::taken) return answer;
    last = file;
    ++held;
    return KeysTaken::taken;
  }
  Bytes file() {
    const std::lock_guard lock(mutex);
    return last;
  }
  Bytes last_time() {
    const std::lock_guard lock(mutex);
    return time;
  }
  std::mutex mutex;
  std::atomic<std::uint64_t> held{0};
  std::atomic<unsigned> came{0};
  KeysTaken answer = KeysTaken::taken;
  Bytes last;
  Bytes time;
};

struct Line {
  Line() : center({{station.keys.public_key, "leeds-7"}}) {
    center.stop();
    center.publish_by(shelf.published());
    center.start("tcp://127.0.0.1:0");
  }
  Sender connect(std::chrono::milliseconds tell_every = 30s) {
    auto options = station.sender_options(center.endpoint(), center.keys().public_key);
    options.station_keys = memory.keys();
    options.tell_keys_every = tell_every;
    return std::move(Sender::start(options, *station.log).value());
  }
  Station station;
  Shelf shelf;
  Memory memory;
  Center center;
};

}  // namespace

TEST_CASE("a station that connects is brought the keys that it lacks, and the time") {
  Line line;
  const auto sender = line.connect();
  CHECK(wait_until([&] { return line.memory.held == 1; }));
  CHECK(line.memory.file() == keys_of(1));
  CHECK(line.memory.last_time() == Bytes{1, 2, 1});
}

TEST_CASE("what is published reaches a connected station at once, events or none") {
  Line line;
  const auto sender = line.connect();
  REQUIRE(wait_until([&] { return line.memory.held == 1; }));
  line.station.append(1, 2000);
  const auto from = std::chrono::steady_clock::now();
  line.shelf.sequence = 2;
  line.center.publish();
  CHECK(wait_until([&] { return line.memory.held == 2; }));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - from;
  WARN("published keys were taken after " << took.count() << " ms");
  CHECK(line.memory.file() == keys_of(2));
  CHECK(wait_until([&] { return line.memory.last_time() == Bytes{1, 2, 2}; }));
}

TEST_CASE("the largest bundle comes in parts, while events go on") {
  Line line;
  line.shelf.size = limits::kKeyBundleBytes;
  line.station.append(1, 500);
  auto sender = line.connect();
  CHECK(sender.drain(20s));
  CHECK(wait_until([&] { return line.memory.held == 1; }));
  CHECK(line.memory.file() == keys_of(1, limits::kKeyBundleBytes));
}

TEST_CASE("keys that a station refuses are not sent to it in a circle") {
  Line line;
  line.memory.answer = GENERATE(KeysTaken::refused, KeysTaken::want_whole);
  const auto sender = line.connect(200ms);
  REQUIRE(wait_until([&] { return line.shelf.asked >= 10; }));
  CHECK(line.memory.came <= 2);  // the whole once more, where a delta did not fit
}

TEST_CASE("a station that was cut off is brought what was published meanwhile") {
  Line line;
  const std::string endpoint = line.center.endpoint();
  const auto sender = line.connect();
  REQUIRE(wait_until([&] { return line.memory.held == 1; }));
  line.center.stop();
  line.shelf.sequence = 2;
  line.center.start(endpoint);
  CHECK(wait_until([&] { return line.memory.held == 2; }));
}

TEST_CASE("parts that do not follow each other make no whole") {
  link::KeysInParts parts;
  const Bytes ten(10, 7);
  CHECK_FALSE(parts.add({1, 30, 0, ten}));
  CHECK_FALSE(parts.add({1, 30, 20, ten}));  // a part is missing
  CHECK_FALSE(parts.add({1, 30, 10, ten}));
  CHECK_FALSE(parts.add({1, 30, 0, ten}));
  CHECK_FALSE(parts.add({2, 30, 10, ten}));  // of another bundle
  CHECK_FALSE(parts.add({1, 30, 10, ten}));
  CHECK_FALSE(parts.add({1, 20, 0, ten}));
  CHECK(parts.add({1, 20, 10, ten}) == Bytes(20, 7));
  CHECK_FALSE(parts.add({1, 20, 10, ten}));
  CHECK(parts.add({3, 10, 0, ten}) == ten);
}

TEST_CASE("messages of keys and time have one encoding and keep to their ranges") {
  const Message messages[] = {KeysHeldMessage{{1, 2, 3, 4, 5, 6, 7, 8}, 12},
                              KeysMessage{12, 100, 90, Bytes(10, 7)}, TimeMessage{Bytes(80, 9)}};
  for (const Message& message : messages) {
    const Bytes bytes = serialize_message(message).value();
    CHECK(parse_message(bytes).value() == message);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      CHECK_FALSE(parse_message(ByteView(bytes).first(at)).has_value());
    }
  }
  for (const KeysMessage& keys :
       {KeysMessage{0, 10, 0, Bytes(10)}, KeysMessage{1, 10, 0, {}}, KeysMessage{1, 0, 0, Bytes(1)},
        KeysMessage{1, 10, 10, Bytes(1)}, KeysMessage{1, 10, 5, Bytes(6)},
        KeysMessage{1, limits::kKeyBundleBytes + 1, 0, Bytes(1)},
        KeysMessage{1, limits::kKeyBundleBytes, 0, Bytes(kKeysPartBytes + 1)},
        KeysMessage{1, 10, ~std::uint64_t{0}, Bytes(2)}}) {
    CHECK_FALSE(serialize_message(keys).has_value());
  }
  CHECK_FALSE(serialize_message(TimeMessage{}).has_value());
  CHECK_FALSE(serialize_message(TimeMessage{Bytes(kTimeStatementBytes + 1)}).has_value());
}

}  // namespace backstamp::uplink
