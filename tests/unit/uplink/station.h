// A station for tests: a spool and keys.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "tests/unit/uplink/events.h"
#include "uplink/sender.h"

namespace backstamp::uplink::test {

struct Station {
  explicit Station(const std::string& station_name = "leeds-7")
      : name(station_name), keys(*generate_curve_keys()) {
    open();
  }

  void open() {
    EventLogOptions options;
    options.directory = folder.path() / "spool";
    options.station = name;
    options.segment_bytes = 64 << 10;
    log.emplace(std::move(*EventLog::open(options)));
  }

  SenderOptions sender_options(const std::string& endpoint, const std::string& server_key) const {
    SenderOptions options;
    options.endpoint = endpoint;
    options.keys = keys;
    options.server_public_key = server_key;
    options.resend_after = std::chrono::milliseconds(300);
    return options;
  }

  void append(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t piece = first; piece <= last; ++piece)
      REQUIRE(log->append(sample_event(piece)).has_value());
    REQUIRE(log->wait_committed(last, std::chrono::seconds(10)).has_value());
  }

  Folder folder;
  std::string name;
  CurveKeyPair keys;
  std::optional<EventLog> log;
};

}  // namespace backstamp::uplink::test
