// A message of the log as journald, RFC 5424 and people want it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace backstamp::log {

struct Entry {
  UtcTime time{};
  Severity severity = Severity::info;
  std::string id;
  std::string message;  ///< valid UTF-8
  LogFields fields;     ///< values are valid UTF-8
};

inline constexpr std::size_t kMessageBytes = 256u << 10;
inline constexpr std::size_t kValueBytes = 64u << 10;
inline constexpr std::size_t kFields = 32;

/// Bounded and made valid UTF-8: what a Logger takes in.
Entry make_entry(UtcTime time, Severity severity, std::string_view id, std::string_view message,
                 const LogFields& fields);

/// One datagram of journald's native protocol (systemd, "Native Journal Protocol"): values with a
/// line break or another control character carry their length. Fields become BACKSTAMP_NAME.
std::string journal_entry(const Entry& entry, std::string_view program);

/// One line of RFC 5424, with its line feed; control characters in it are spelled "\n", "\t",
/// "\x1b". Facility daemon (3). Structured data stand in "backstamp@32473", the enterprise number
/// that RFC 5612 keeps for those who have none.
std::string rfc5424_line(const Entry& entry, std::string_view program, std::string_view host,
                         int process);

/// "2026-11-26T07:30:01.000123Z warning camera-lost: no frame for 5.0 s source=LANE-2/front".
std::string plain_line(const Entry& entry);

}  // namespace backstamp::log
