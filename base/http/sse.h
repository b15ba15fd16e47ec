// Server-sent events (WHATWG HTML, section 9.2 "Server-sent events"), written and parsed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/http.h"

namespace backstamp::http {

inline constexpr std::size_t kServerEventBytes = 1u << 20;  ///< one event, all its lines

/// An event as it goes over the wire. Fails (internal) when its id or type holds a line break or
/// a zero byte, or when it is over the limit.
Result<std::string> write_event(const ServerEvent& event);

/// Parses a stream in pieces of any size. The id of an event is the last one seen, as browsers
/// have it; an event without data is not an event; comments, retry and unknown fields are skipped.
class EventParser {
 public:
  /// Appends the events that are complete to `events`. Fails: limit (an event over the limit),
  /// invalid (not UTF-8); the stream must then be given up.
  Result<void> feed(std::string_view bytes, std::vector<ServerEvent>& events);

 private:
  Result<void> take_line(std::vector<ServerEvent>& events);

  std::string line_;
  std::size_t held_bytes_ = 0;  ///< of the event so far
  bool first_line_ = true;      ///< may start with a byte order mark
  bool after_return_ = false;   ///< a line feed now belongs to the carriage return before it
  bool has_data_ = false;
  std::string id_;
  ServerEvent next_;
};

}  // namespace backstamp::http
